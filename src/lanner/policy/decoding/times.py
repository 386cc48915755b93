"""Go's time.Parse of RFC 3339, for its messages only: a policy's times mean nothing to kube-apiserver."""

from __future__ import annotations

import calendar
import re

_LAYOUT = "2006-01-02T15:04:05Z07:00"
_ELEMENTS = (
    ("2006", r"\d{4}"),
    ("-", "-"),
    ("01", r"\d\d"),
    ("-", "-"),
    ("02", r"\d\d"),
    ("T", "T"),
    ("15", r"\d\d"),
    (":", ":"),
    ("04", r"\d\d"),
    (":", ":"),
    ("05", r"\d\d(?:[.,]\d+)?"),
    ("Z07:00", r"Z|[-+]\d\d:\d\d"),
)


def time_mistake(text: str) -> str | None:
    """Return Go's message on a text that is no RFC 3339 time, None where it is one."""
    rest, taken = text, []
    for element, pattern in _ELEMENTS:
        found = re.match(pattern, rest, re.ASCII)
        if found is None:
            return f"parsing time {_quote(text)} as {_quote(_LAYOUT)}: cannot parse {_quote(rest)} as {_quote(element)}"
        taken.append(found[0])
        rest = rest[found.end() :]
        if (outside := _outside(taken)) is not None:
            return f"parsing time {_quote(text)}: {outside} out of range"
    return f"parsing time {_quote(text)}: extra text: {_quote(rest)}" if rest else _day(text, taken)


def _outside(taken: list[str]) -> str | None:
    """Say which part is out of its range as soon as it is read; Go looks at the day once the month is known."""
    number = len(taken)
    bounds = {3: ("month", 1, 12), 7: ("hour", 0, 23), 9: ("minute", 0, 59), 11: ("second", 0, 59)}
    if number not in bounds:
        return None
    name, least, most = bounds[number]
    return None if least <= int(taken[-1][:2]) <= most else name


def _day(text: str, taken: list[str]) -> str | None:
    year, month, day = int(taken[0]), int(taken[2]), int(taken[4])
    last = 29 if month == 2 and calendar.isleap(year) else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
    return None if 1 <= day <= last else f"parsing time {_quote(text)}: day out of range"


def _quote(text: str) -> str:
    """Quote as Go's package time does: bytes that are no ASCII in hexadecimal."""
    return '"' + "".join(_quoted(char) for char in text) + '"'


def _quoted(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if " " <= char < "\x80" else "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "replace"))
