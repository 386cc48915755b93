"""Which parts of an event are decoded for whom: an event that notes it, and the same asked of a field."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from time import thread_time_ns
from typing import Any

import msgspec

from lanner.audit.decode import decode
from lanner.audit.event import Event
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
    """An event that notes which of PARTS were asked for, and what their decoding took in nanoseconds of this thread."""

    asked: set[str] = msgspec.field(default_factory=set)
    spent: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def request(self) -> Any:
        return self._noted("request") if "request" in self.spent else self._timed("request")

    @property
    def response(self) -> Any:
        return self._noted("response") if "response" in self.spent else self._timed("response")

    @property
    def document(self) -> Any:
        return self._noted("document") if "document" in self.spent else self._timed("document")

    def _noted(self, part: str) -> Any:
        self.asked.add(part)
        return getattr(super(), part)

    def _timed(self, part: str) -> Any:
        started = thread_time_ns()
        value = self._noted(part)
        self.spent[part] = thread_time_ns() - started
        return value


def watched(event: Event) -> WatchedEvent:
    """Return a fresh copy of an event, of which nothing is decoded."""
    return WatchedEvent(event.raw, event.head, event.number)


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
