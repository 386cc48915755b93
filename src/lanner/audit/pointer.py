"""Ways into decoded JSON and its text, as Falco's plugins read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

MISSING: Final = object()
"""Not there at all, unlike None, which is a JSON null."""


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """Split a JSON pointer (RFC 6901); like Falco, tolerate a missing first slash."""
    parts = pointer.removeprefix("/").split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def descend(value: Any, keys: Sequence[str]) -> Any:
    """Follow keys (list places as digits) into a value; MISSING where the way ends early."""
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key, MISSING)
        elif isinstance(value, list):
            value = value[int(key)] if key.isdecimal() and len(key) < 10 and int(key) < len(value) else MISSING
        else:
            return MISSING
    return value


def collect(value: Any, keys: Sequence[str], index: int | None = None) -> list[Any] | None:
    """Follow keys through every list on the way, or through its item at `index`; None where the way ends early.

    A way that ends early below a list gives MISSING in its place. Rule: Falco's k8saudit plugin.
    """
    for position, key in enumerate(keys):
        if isinstance(value, list):
            if index is None:
                return _spread(value, keys[position:])
            if index >= len(value):
                return None
            value = value[index]
        value = value.get(key, MISSING) if isinstance(value, dict) else MISSING
        if value is MISSING:
            return None
    return [value]


def _spread(items: list[Any], keys: Sequence[str]) -> list[Any]:
    found: list[Any] = []
    for item in _flat(items):
        below = collect(item, keys)
        found.extend([MISSING] if below is None else below)
    return found


def _flat(items: list[Any]) -> Iterator[Any]:
    """Yield what stands in lists within lists, without recursion: a body may nest them as deep as it likes."""
    pending = [iter(items)]
    while pending:
        for item in pending[-1]:
            if isinstance(item, list):
                pending.append(iter(item))
                break
            yield item
        else:
            pending.pop()


def text_of(value: Any) -> str:
    """Return a string as it is and anything else as compact JSON, keys in their order; null is "null"."""
    if isinstance(value, str):
        return value
    try:
        return msgspec.json.encode(value).decode()
    except RecursionError:
        return ""


def texts_of(values: list[Any] | None) -> list[str] | None:
    """Return the texts of the values that are there; None where there are none."""
    return [text_of(value) for value in values if value is not MISSING] or None if values else None
