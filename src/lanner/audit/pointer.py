"""Ways into decoded JSON, as Falco's plugins go them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

MISSING: Final = object()
"""Not there at all, unlike None, which is a JSON null."""

_PLACE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """Split a JSON pointer (RFC 6901); like Falco, tolerate a missing first slash."""
    parts = pointer.removeprefix("/").split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def member(value: Any, key: str) -> Any:
    """Return what an object has under a key, or a list at a place (digits, with a sign if need be), else MISSING."""
    if isinstance(value, dict):
        return value.get(key, MISSING)
    if isinstance(value, list) and _PLACE.fullmatch(key):
        place = int(key)
        return value[place] if 0 <= place < len(value) else MISSING
    return MISSING


def descend(value: Any, keys: Sequence[str]) -> Any:
    """Follow keys into a decoded value; MISSING where the way ends early."""
    for key in keys:
        value = value.get(key, MISSING) if type(value) is dict else member(value, key)
    return value
