"""A YAML text as yaml-cpp reads it: byte by byte, with places counted in bytes, and its own idea of each sign."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import NamedTuple

_BLANK = r"[ \t]"
_BREAK = r"(?:\r\n|\n|\r)"
_GAP = r"[ \t\r\n]"
_INDICATORS = r",\[\]{}#&*!|>'\"%@`"

PATTERNS = {
    "blank": _BLANK,
    "break": _BREAK,
    "gap": _GAP,
    "document start": rf"---(?:{_GAP}|\Z)",
    "document end": rf"\.\.\.(?:{_GAP}|\Z)",
    "document": rf"(?:---|\.\.\.)(?:{_GAP}|\Z)",
    "entry": rf"-(?:{_GAP}|\Z)",
    "key": rf"\?{_GAP}",
    "value": rf":(?:{_GAP}|\Z)",
    "value in flow": r":[ \t\r\n,\]}]",
    "value in json": ":",
    "anchor": r"[^\[\]{}, \t\r\n]+",
    "anchor end": r"[?:,\]}%@` \t\r\n]",
    "plain": rf"(?!{_GAP}|[{_INDICATORS}]|[-?:](?:{_GAP}|\Z))",
    "plain in flow": rf"(?!{_GAP}|[?{_INDICATORS}]|[-:](?:{_BLANK}|\Z))",
    "scalar end": rf":(?:{_GAP}|\Z)|{_GAP}#",
    "scalar end in flow": rf":(?:[ \t\r\n,\]}}]|\Z)|[,?\[\]{{}}]|{_GAP}#",
    "single quote": "'(?!')",
    "double quote": '"',
    "escaped break": rf"\\{_BREAK}",
    "chomp": r"[+-][0-9]|[0-9][+-]|[+-]|[0-9]",
    "word": "[-0-9A-Za-z]",
    "tag": r"[-0-9A-Za-z#;/?:@&=+$_.~*'()]|%[0-9A-Fa-f]{2}",
    "uri": r"[-0-9A-Za-z#;/?:@&=+$,_.!~*'()\[\]]|%[0-9A-Fa-f]{2}",
    "rest of line": r"[^\r\n]*",
    "blanks": r"[ \t]*",
    "no gap": r"[^ \t\r\n]*",
    "nothing": r"\Z",
}
"""The pieces of YAML that decisions hang on, as regular expressions."""


class Mark(NamedTuple):
    """A place: line and column from 0, as yaml-cpp counts them."""

    position: int
    line: int
    column: int


class YamlCppError(Exception):
    """The text is no YAML to yaml-cpp: its words, and the place it gives."""

    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.mark, self.message = mark, message


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return a compiled pattern of the table."""
    return re.compile(PATTERNS[name])


class Stream:
    """The text and how far it is read; every character is one byte (Latin-1 of the UTF-8)."""

    def __init__(self, text: str) -> None:
        self.text = text.encode("utf-8", "surrogatepass").decode("latin-1")
        self.position = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", self.text))]
        self._at_margin = False

    def __bool__(self) -> bool:
        return self.position < len(self.text)

    def peek(self) -> str:
        """Return the next character, empty at the end."""
        return self.text[self.position : self.position + 1]

    def get(self, count: int = 1) -> str:
        """Read on and return what was read."""
        start = self.position
        self.position = min(start + count, len(self.text))
        return self.text[start : self.position]

    def match(self, name: str) -> int:
        """Return the length of a pattern's match here, -1 where it does not match."""
        found = pattern(name).match(self.text, self.position)
        return -1 if found is None else found.end() - self.position

    def at(self, name: str) -> bool:
        """Say whether a pattern matches here."""
        return pattern(name).match(self.text, self.position) is not None

    def take(self, name: str) -> str:
        """Read what a pattern matches here, nothing where it does not."""
        return self.get(max(0, self.match(name)))

    @property
    def begins_line(self) -> bool:
        """True in column 0."""
        return self.position == 0 or self.text[self.position - 1] == "\n"

    @property
    def column(self) -> int:
        """The column from 0."""
        return self.mark().column

    def to_margin(self) -> None:
        """Behave as if the last line had ended (yaml-cpp at the end of its input)."""
        self._at_margin = True

    def mark(self) -> Mark:
        """Return the place of the next character."""
        line = bisect_right(self._starts, self.position) - 1
        column = 0 if self._at_margin else self.position - self._starts[line]
        return Mark(self.position, line, column)


def as_text(bytes_as_text: str) -> str:
    """Return what a piece of a stream says."""
    return bytes_as_text.encode("latin-1").decode("utf-8", "replace")
