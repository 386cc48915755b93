"""Which parts of an event are decoded for whom: an event that notes it, and the same asked of a field."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from time import thread_time_ns
from typing import Any, cast

import msgspec

from lanner.audit.decode import decode
from lanner.audit.event import Event, Head
from lanner.audit.fields import lookup
from lanner.rules import ir

PARTS = {"request": "requestObject", "response": "responseObject", "document": "the whole event"}
"""What an event decodes on first use, and what users call it."""

_PROBE = (
    b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete","verb":"create",'
    b'"stageTimestamp":"2026-01-02T03:04:05.000000Z","requestURI":"/?a=b","objectRef":{"resource":"pods"},'
    b'"requestObject":{},"responseObject":{}}'
)


class WatchedEvent(Event, gc=False, eq=False):
    """An event that notes which of PARTS were asked for, and what their decoding took in nanoseconds of this thread.

    A body that the event does not have is never noted.
    """

    asked: set[str] = msgspec.field(default_factory=set)
    spent: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def request(self) -> Any:
        return self._part("request")

    @property
    def response(self) -> Any:
        return self._part("response")

    @property
    def document(self) -> Any:
        self.asked.add("document")
        return self._part("document")

    def _part(self, part: str) -> Any:
        if part in self.spent:
            getattr(self.head, _TEXTS.get(part, "kind"))  # the head notes it
            return getattr(super(), part)
        started = thread_time_ns()
        value = getattr(super(), part)
        self.spent[part] = thread_time_ns() - started
        return value


_TEXTS = {"request": "request_object", "response": "response_object"}
_NOTED = {name: part for part, name in _TEXTS.items()}


class _WatchedHead:
    """A head that notes who looks at the text of a body, be it to decode it or to search it as it is."""

    __slots__ = ("_asked", "_head")

    def __init__(self, head: Head, asked: set[str]) -> None:
        self._head, self._asked = head, asked

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._head, name)
        if name in _NOTED and len(value):
            self._asked.add(_NOTED[name])
        return value


def watched(event: Event) -> WatchedEvent:
    """Return a fresh copy of an event, of which nothing is decoded."""
    asked: set[str] = set()
    return WatchedEvent(event.raw, cast(Head, _WatchedHead(event.head, asked)), event.number, asked=asked)


@cache
def parts_read(field: ir.Field) -> frozenset[str]:
    """Return which of PARTS a field decodes."""
    event = watched(decode(_PROBE).events[0])
    lookup(field.name, field.argument)(event)
    return frozenset(event.asked)


def fields_in(operand: ir.Operand) -> Iterator[ir.Field]:
    """Give the fields that an operand is made of."""
    match operand:
        case ir.Field():
            yield operand
        case ir.Call(_, items) | ir.Values(items):
            for item in items:
                yield from fields_in(item)
