"""Tests and changes of text as Falco makes them: bytes of the C locale, so case is ASCII's case."""

from __future__ import annotations

import base64
import binascii
import re
import string

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)
_NUMBER = re.compile(r"0[xX]([0-9a-fA-F]+)|[+]?([0-9]+)")


def ascii_lower(text: str) -> str:
    """Lower the ASCII letters and leave all others."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def ascii_upper(text: str) -> str:
    """Raise the ASCII letters and leave all others."""
    return text.upper() if text.isascii() else text.translate(_UPPER)


def basename(text: str) -> str:
    """Return what follows the last slash."""
    return text.rpartition("/")[2]


def decode_base64(text: str) -> str | None:
    """Decode standard Base64 with or without padding; None where it is not, or where unused bits are set (Falco)."""
    bare = text.rstrip("=")
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    if base64.b64encode(data).decode().rstrip("=") != bare:
        return None
    return data.decode("utf-8", "surrogateescape")


def parse_number(text: str) -> int | None:
    """Read an unsigned number: its leading decimal digits, or hexadecimal after 0x; None where there are none."""
    found = _NUMBER.match(text)
    if found is None:
        return None
    return int(found.group(1), 16) if found.group(1) else int(found.group(2))
