"""Replacements in a text: each value's bytes give way to a mark, all other bytes stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lanner.audit.redaction.marks import Marker


class Edit(NamedTuple):
    """Bytes from `start` to `end` become `text`; `reason` is what they are counted under."""

    start: int
    end: int
    text: bytes
    reason: str


def settled(text: bytes, edits: Sequence[Edit], marker: Marker) -> Iterator[Edit]:
    """Give the edits in order and apart from each other: of two that overlap the outer one, or one over both."""
    last: Edit | None = None
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        if last is None or edit.start >= last.end:
            if last is not None:
                yield last
            last = edit
        elif edit.end > last.end:
            last = Edit(last.start, edit.end, marker.mark(text[last.start : edit.end]), last.reason)
    if last is not None:
        yield last


def spliced(text: bytes, edits: Sequence[Edit]) -> bytes:
    """Return the text with settled edits applied."""
    pieces: list[bytes] = []
    end = 0
    for edit in edits:
        pieces += (text[end : edit.start], edit.text)
        end = edit.end
    return b"".join((*pieces, text[end:]))
