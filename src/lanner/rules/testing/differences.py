"""What differs between an expected text and the one that was got, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

MAX_WORDS = 2_000
"""Comparing costs up to the square of this; what is longer is shown as one difference."""

MAX_SHOWN = 400
"""The longest run of equal or differing text that is shown whole, in characters."""

_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)


class Segment(NamedTuple):
    """A piece of text: in both ("same"), expected and not got ("expected"), or got and not expected ("got")."""

    kind: Literal["same", "expected", "got"]
    text: str

    def __str__(self) -> str:
        if self.kind == "same":
            return self.text
        return f"[-{self.text}-]" if self.kind == "expected" else f"{{+{self.text}+}}"


Line = tuple[Segment, ...]
"""A line to be shown: plain text, or text with differences."""


def plain(text: str) -> Line:
    """Return a line without differences."""
    return (Segment("same", text),)


def differences(expected: str, got: str) -> Line:
    """Return both texts as one, what differs told apart; long runs are cut in the middle."""
    left, right = _WORD.findall(expected), _WORD.findall(got)
    start = _equal(left, right)
    end = _equal(left[start:][::-1], right[start:][::-1])
    middle = _compare(left[start : len(left) - end], right[start : len(right) - end])
    tail = left[len(left) - end :] if end else []
    segments = [Segment("same", "".join(left[:start])), *middle, Segment("same", "".join(tail))]
    return tuple(Segment(segment.kind, shorten(segment.text)) for segment in segments if segment.text)


def nearest_text(expected: str, got: Sequence[str]) -> str:
    """Return that of the texts got (at least one) which is most like the expected one."""
    return max(got, key=lambda text: SequenceMatcher(None, expected, text, autojunk=True).quick_ratio())


def shorten(text: str) -> str:
    """Return the text, its middle left out where it is long."""
    if len(text) <= MAX_SHOWN:
        return text
    half = MAX_SHOWN // 2
    return f"{text[:half]} ... ({len(text) - 2 * half} characters) ... {text[-half:]}"


def _equal(left: Sequence[str], right: Sequence[str]) -> int:
    """Count the equal words at the start."""
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _compare(left: Sequence[str], right: Sequence[str]) -> Iterator[Segment]:
    if len(left) + len(right) > MAX_WORDS:
        yield from _changed("".join(left), "".join(right))
        return
    for tag, start, end, from_, to in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Segment("same", "".join(left[start:end]))
        else:
            yield from _changed("".join(left[start:end]), "".join(right[from_:to]))


def _changed(expected: str, got: str) -> Iterator[Segment]:
    if expected:
        yield Segment("expected", expected)
    if got:
        yield Segment("got", got)
