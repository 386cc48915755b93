"""Finds the line and column of a character of a YAML scalar in the file it was written in."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from lanner.config.yamltext import Scalar

_SKIPPED = " \t\r\n\\\"'"


class Source:
    """The text of a rules file; the starts of its lines are found once, when the first position is asked for."""

    def __init__(self, text: str) -> None:
        self.text = text

    def locate(self, scalar: Scalar, offset: int) -> tuple[int, int]:
        """Return line and column (from 1) of an offset in the scalar's text; the scalar's start where it is unknown.

        Folding, indentation and quotes are followed by matching the text's characters with the file's, blanks aside.
        """
        start = self._start(scalar)
        if start is None:
            return scalar.line, scalar.column
        position = _follow(self.text, start, scalar.text, offset)
        line = bisect_right(self._lines, position)
        return line, position - self._lines[line - 1] + 1

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def _start(self, scalar: Scalar) -> int | None:
        if not 0 < scalar.line <= len(self._lines):
            return None
        position = self._lines[scalar.line - 1] + scalar.column - 1
        if position >= len(self.text):
            return None
        if scalar.quoted and self.text[position] in "|>":
            position = self.text.find("\n", position) + 1
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
