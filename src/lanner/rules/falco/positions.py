"""Finds the line and column of a character of a YAML scalar in the file it was written in."""

from __future__ import annotations

from lanner.config.yamltext import Scalar

_SKIPPED = " \t\r\n\\\"'"


def locate(source: str, scalar: Scalar, offset: int) -> tuple[int, int]:
    """Return line and column (from 1) of the offset in the scalar's text; the scalar's start where it cannot be told.

    Folding, indentation and quotes are followed by matching the text's characters with the file's, blanks aside.
    """
    start = _start(source, scalar)
    if start is None:
        return scalar.line, scalar.column
    position = _follow(source, start, scalar.text, offset)
    line_start = source.rfind("\n", 0, position) + 1
    return source.count("\n", 0, position) + 1, position - line_start + 1


def _start(source: str, scalar: Scalar) -> int | None:
    position = 0
    for _line in range(scalar.line - 1):
        position = source.find("\n", position) + 1
        if position == 0:
            return None
    position += scalar.column - 1
    if position >= len(source):
        return None
    if scalar.quoted and source[position] in "|>":
        position = source.find("\n", position) + 1
    return position or None


def _follow(source: str, position: int, text: str, offset: int) -> int:
    last = position
    for character in text[: offset + 1]:
        if character in _SKIPPED:
            continue
        found = source.find(character, position)
        if found < 0:
            return last
        last, position = found, found + 1
    return last
