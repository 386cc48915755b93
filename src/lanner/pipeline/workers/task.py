"""A batch on its way through a worker, and which of its lines kills workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from lanner.pipeline.workers.protocol import Answer, Parts, Request
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.sources.pieces import Piece

DEADLY = 2
"""Deaths at a line until it is held to be the cause: one may be anybody's kill -9, or the system short of memory."""
DEADLY_REASON = "it kills detection"


class Task:
    """Lines to look at with certain rules; `serial` is their place in the order, `payload` whose they are.

    Instead of lines there may be a piece of text for the worker to cut. `refused` says of lines why they must not be
    looked at, `answer` is there when a worker has given it.
    """

    def __init__(
        self,
        serial: int,
        lines: list[bytes],
        rules: RuleSet,
        payload: Any,
        *,
        numbers: Sequence[int] = (),
        piece: Piece | None = None,
        refused: dict[int, str] | None = None,
        digests: bool = False,
    ) -> None:
        self.serial, self.lines, self.rules, self.payload = serial, lines, rules, payload
        self.content: Sequence[bytes | memoryview] = lines if piece is None else piece.data
        lengths = list(map(len, self.content))
        self.bytes = sum(lengths)
        self.lengths = lengths if piece is None else [self.bytes]
        self.numbers = numbers
        self.before = -1 if piece is None else piece.number
        self.refused = refused or {}
        self.digests = digests
        self.answer: Answer | None = None
        self._deaths: Counter[int] = Counter()

    def request(self, rules: bytes) -> Request:
        """Return the head of the request, with the rules where the worker has others."""
        return Request(self.lengths, self.numbers, self.before, self.refused, self.digests, rules)

    def blame(self, line: int) -> int | None:
        """Hear that a worker died at a line; returns the line when it is to be refused from now on."""
        self._deaths[line] += 1
        if self._deaths[line] < DEADLY or not self.content:
            return None
        self.refused[line] = f"{DEADLY_REASON} ({DEADLY} workers ended while they looked at it)"
        return line

    @property
    def found(self) -> Answer:
        """The answer of a batch that the pool has given back."""
        assert self.answer is not None
        return self.answer

    def events(self) -> tuple[list[bytes], Sequence[int]]:
        """Return the text of each event found, and the index of its line."""
        parts = self._parts()
        if not parts:
            return self.lines, range(len(self.lines))
        texts: list[bytes] = []
        places: list[int] = []
        for index, line in enumerate(self.lines):
            part = parts.get(index)
            found = [line] if part is None else [_text(line, event) for event in part.events]
            texts += found
            places += [index] * len(found)
        return texts, places

    def refusals(self) -> Iterator[tuple[int, str, bytes]]:
        """Yield what is no event: the index of its line, why, and its text."""
        for index, part in self._parts().items():
            for refused in part.refused:
                yield index, refused.reason, self.lines[index][refused.start : refused.end]

    def _parts(self) -> dict[int, Parts]:
        return {part.line: part for part in self.found.parts}


def _text(line: bytes, event: tuple[int, int] | bytes) -> bytes:
    return event if isinstance(event, bytes) else line[event[0] : event[1]]
