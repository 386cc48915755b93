"""A text that a regular expression may match: a guess, to be tried."""

from __future__ import annotations

from typing import NamedTuple

_MOST = 2000
_ENDS = {"n": "\n", "t": "\t", "d": "1", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "b": "", "B": ""}


def sample(pattern: str) -> str:
    """Return the shortest text that the pattern describes, by its first alternatives; what is not known stays out."""
    return _alternatives(pattern[:_MOST], 0).text


class _Part(NamedTuple):
    text: str
    end: int


def _alternatives(pattern: str, start: int) -> _Part:
    first = _sequence(pattern, start)
    end = first.end
    while end < len(pattern) and pattern[end] == "|":
        end = _sequence(pattern, end + 1).end
    return _Part(first.text, end)


def _sequence(pattern: str, start: int) -> _Part:
    found, position = [], start
    while position < len(pattern) and pattern[position] not in "|)":
        item = _item(pattern, position)
        times, position = _times(pattern, item.end)
        found.append(item.text * times)
    return _Part("".join(found), position)


def _item(pattern: str, start: int) -> _Part:
    character = pattern[start]
    if character == "(":
        begin = start + 1
        if pattern.startswith("?", begin):
            begin = pattern.find(":", begin) + 1 or len(pattern)
        inner = _alternatives(pattern, begin)
        return _Part(inner.text, inner.end + 1)
    if character == "[":
        return _set(pattern, start + 1)
    if character == "\\":
        return _Part(_ENDS.get(pattern[start + 1 : start + 2], pattern[start + 1 : start + 2]), start + 2)
    if character in "^$":
        return _Part("", start + 1)
    return _Part("a" if character == "." else character, start + 1)


def _set(pattern: str, start: int) -> _Part:
    end = pattern.find("]", start + 1 + pattern.startswith("^", start))
    end = len(pattern) if end < 0 else end
    members = pattern[start:end]
    if not members.startswith("^"):
        return _Part(members[:1], end + 1)
    return _Part(next((one for one in "ax1-" if one not in members), ""), end + 1)


def _times(pattern: str, position: int) -> tuple[int, int]:
    """Return how often the least is, and where the pattern goes on."""
    character = pattern[position : position + 1]
    if character in ("*", "?", "+"):
        lazy = pattern.startswith("?", position + 1)
        return int(character == "+"), position + 1 + lazy
    if character == "{":
        least, _, _ = pattern[position + 1 : (end := pattern.find("}", position))].partition(",")
        return (min(int(least), _MOST) if least.isdecimal() else 1), (end + 1 or len(pattern))
    return 1, position
