"""What detection hands to correlations: an event that a part of a correlation matches, with the values it asks for."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from typing import Any

import msgspec

from lanner.audit.event import Event
from lanner.audit.fields_each import MARK
from lanner.detect.links import links_of_event
from lanner.rules import ir
from lanner.rules.correlation.chains import carried
from lanner.rules.correlation.model import Correlation, Part
from lanner.rules.evaluate import reader_of

Key = tuple[str, ...]
MOST_KEYS = 64
"""Keys that one event may have; more come only from lists of an attacker's making."""

LONGEST = 1024
"""Characters of a value that are kept; a longer one is known by its beginning and a digest."""

_SEPARATOR = ","


class Hit(msgspec.Struct, array_like=True):
    """An event that part `part` of correlation `correlation` matches.

    `time` is the event's in nanoseconds, `audit_id` and `number` are what alerts say of it, `keys` bind it to others,
    `raw` is its text, `place` its place in the order of arrival where somebody sets it. `carried` are values for the
    correlations that look at this one, `related` the events behind it where it is itself a correlation that fired.
    `bonds` are what binds an alert to the incident of whoever made it, where that is asked for.
    """

    correlation: int
    part: int
    time: int
    audit_id: str
    number: int
    keys: list[Key]
    value: str | None = None
    compared: tuple[str | None, ...] = ()
    raw: bytes = b""
    place: int = 0
    carried: tuple[tuple[str, ...], ...] = ()
    related: tuple[str, ...] = ()
    bonds: tuple[str, ...] = ()


class Reader:
    """Reads what a part of a correlation asks of an event that it matches, and what it carries for others."""

    def __init__(self, correlation: int, number: int, part: Part, carried: Sequence[ir.Operand] = ()) -> None:
        self._correlation, self._number = correlation, number
        self._key = [reader_of(operand) for operand in part.key]
        self._values = [reader_of(operand) for operand in part.values]
        self._compared = [reader_of(operand) for operand in part.compared]
        self._carried = [reader_of(operand) for operand in carried]
        self._binds = part.binds

    def read(self, event: Event, number: int) -> Hit | None:
        """Return the hit; None where a value of its key, or the value to look at, is absent."""
        parts = [_texts(extract(event)) for extract in self._key]
        if not all(parts):
            return None
        values = [_text(extract(event)) for extract in self._values]
        if None in values:
            return None
        audit_id = event.head.audit_id or ""
        compared = tuple([_text(extract(event)) for extract in self._compared])
        return Hit(
            self._correlation,
            self._number,
            event.time_ns,
            audit_id,
            number,
            keys_of(parts),
            together(values),
            compared,
            event.raw,
            carried=tuple([_texts(extract(event))[:MOST_KEYS] for extract in self._carried]),
            bonds=links_of_event(event) if self._binds else (),
        )


def readers(correlations: Sequence[Correlation]) -> list[tuple[ir.Condition, Reader]]:
    """Return the condition of each part of each correlation that is an event, and its reader."""
    above = carried(correlations)
    return [
        (part.condition, Reader(index, number, part, above[index]))
        for index, correlation in enumerate(correlations)
        for number, part in correlation.seen
    ]


def keys_of(parts: Sequence[Sequence[str]]) -> list[Key]:
    """Return the keys that the values of each field make together."""
    return list(itertools.islice(itertools.product(*parts), MOST_KEYS))


def together(values: Sequence[str | None]) -> str | None:
    """Return the values of several fields as one; None where there are none."""
    return MARK.join(map(str, values)) if values else None


def joined(texts: Sequence[str]) -> str | None:
    """Return the values of a field as one text; None where there are none."""
    return _short(_SEPARATOR.join(texts)) if texts else None


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(_short(str(item)) for item in value) if isinstance(value, list | tuple) else (_short(str(value)),)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return _short(_SEPARATOR.join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def _short(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"{text[: LONGEST - 65]}\u2026{digest}"
