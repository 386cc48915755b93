"""Tests and changes of text as Falco makes them: bytes of the C locale, so case is ASCII's case."""

from __future__ import annotations

import base64
import binascii
import re
import string

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)
_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?)([0-9]+)")
_LARGEST = 2**64 - 1
_BOOLEANS = {"true": 1, "false": 0}


def ascii_lower(text: str) -> str:
    """Lower the ASCII letters and leave all others."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def ascii_upper(text: str) -> str:
    """Raise the ASCII letters and leave all others."""
    return text.upper() if text.isascii() else text.translate(_UPPER)


def basename(text: str) -> str:
    """Return what follows the last slash."""
    return text.rpartition("/")[2]


def to_bytes(text: str) -> bytes:
    """Return the bytes that Falco sees of a text; those that were no UTF-8 come out as they went in."""
    return text.encode("utf-8", "surrogateescape")


def until_nul(text: str) -> str:
    """Return what a C function sees of a text: it ends at the first NUL."""
    return text.partition("\0")[0]


def decode_base64(text: str) -> str | None:
    """Decode standard Base64 with up to two signs of padding or none; None where it is not, or unused bits are set.

    NULs at the end are lost, as in every text that Falco transforms.
    """
    bare = text.removesuffix("=").removesuffix("=")
    if text and not bare:
        return None
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    if base64.b64encode(data).decode().rstrip("=") != bare:
        return None
    return data.decode("utf-8", "surrogateescape").rstrip("\0")


def parse_number(text: str) -> int | None:
    """Read an unsigned 64-bit decimal number as sscanf does: None unless digits end the text.

    Blanks may stand before it; a sign is taken, and less than zero wraps around; what is too large is the largest.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    # Longer ones are too large; CPython refuses to read more than 4,300 digits.
    digits = found[2].lstrip("0")
    number = int(digits or "0") if len(digits) <= len(str(_LARGEST)) else _LARGEST + 1
    if number > _LARGEST:
        return _LARGEST
    return -number % (_LARGEST + 1) if found[1] == "-" else number


def parse_boolean(text: str) -> int | None:
    """Read `true` as 1 and `false` as 0; None for all else."""
    return _BOOLEANS.get(text)
