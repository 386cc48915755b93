"""One pass over JSON text that tells where each value stands; memory goes by depth, nothing is decoded."""

from __future__ import annotations

import re
from typing import Protocol

from lanner.audit.redaction.escaped import Span, json_string

_TOKEN = re.compile(
    rb'[ \t\r\n]*+(?:("[^"\\]*+(?:\\.[^"\\]*+)*+")|([{\[])|([}\]])|([:,])|([^\s{}\[\]:,"]++))', re.DOTALL
)  # fmt: skip
_UP_TO_BRACKET = re.compile(rb'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}]*+)*+([\[\]{}])', re.DOTALL)
_STRING, _OPEN, _CLOSE, _SIGN = 1, 2, 3, 4
LONGEST_KEY = 4096
BOOKKEEPING = b"managedFields"
"""Names who set which field and holds no values; often the larger part of an object. It is passed over."""


class OddTextError(ValueError):
    """Not JSON: the walk lost its way."""


class Frame:
    """An object or list that is being read, and what a listener notes about it."""

    __slots__ = ("held", "is_object", "key", "kind", "name", "parent", "pointer", "start", "value")

    def __init__(self, parent: Frame | None, key: bytes, start: int, *, is_object: bool) -> None:
        self.parent, self.key, self.start, self.is_object = parent, key, start, is_object
        self.kind: bytes | None = None
        self.name: bytes | None = None
        self.pointer: bytes | None = None
        self.value: Span | None = None
        self.held: list[tuple[bytes, bytes, int, int]] = []


class Listener(Protocol):
    """Is told of each value when it has been read, inner before outer."""

    def member(self, frame: Frame, key: bytes, start: int, end: int) -> None:
        """Hear of a value in a frame; items of lists have no key."""

    def close(self, frame: Frame) -> None:
        """Hear that an object or list has ended; called before it is told as a value."""


def walk(text: bytes, position: int, listener: Listener, key: bytes = b"") -> int:
    """Read the value at a position, `key` being its name; return where it ends. Raises OddTextError."""
    frame: Frame | None = None
    match = _TOKEN.match
    wants_key = False
    while True:
        found = match(text, position)
        if found is None:
            raise OddTextError(position)
        position, sort = found.end(), found.lastindex
        if sort == _SIGN:
            wants_key = frame is not None and frame.is_object and text[position - 1] == 0x2C
            continue
        if sort == _OPEN:
            if key == BOOKKEEPING:
                position = _skip(text, position)
                key = b""
                continue
            wants_key = text[position - 1] == 0x7B
            frame = Frame(frame, key, position - 1, is_object=wants_key)
            key = b""
            continue
        if sort == _CLOSE:
            if frame is None or frame.is_object != (text[position - 1] == 0x7D):
                raise OddTextError(position)
            listener.close(frame)
            start, key, frame = frame.start, frame.key, frame.parent
            wants_key = False
        else:
            start = found.start(sort or 0)
            if wants_key and sort == _STRING:
                key = json_string(text[start : min(position, start + LONGEST_KEY)])
                wants_key = False
                continue
        if frame is None:
            return position
        listener.member(frame, key, start, position)
        key = b""


def _skip(text: bytes, position: int) -> int:
    """Return the end of the object or list into which a position has just come."""
    depth = 1
    match = _UP_TO_BRACKET.match
    while depth:
        found = match(text, position)
        if found is None:
            raise OddTextError(position)
        position = found.end()
        depth += 1 if text[position - 1] in b"{[" else -1
    return position
