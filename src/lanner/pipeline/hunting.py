"""Rules over the archive: SQL finds the events, the engine decides on them as it did on the stream."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from lanner.archive.hunting import find_events
from lanner.archive.selection import Selection
from lanner.archive.settings import HUNT_MEMORY
from lanner.archive.store import Archive
from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.detect.alert import encode_alert
from lanner.detect.correlate.hits import Hit
from lanner.detect.correlate.teller import Teller
from lanner.detect.engine import Engine
from lanner.detect.repeats import Repeats
from lanner.pipeline.order import Order


class Hunt(NamedTuple):
    """How many events SQL found for the engine to decide on, what SQL does not say by rule, and the encoded alerts."""

    candidates: int
    refused: dict[str, tuple[str, ...]]
    alerts: Iterator[bytes]


@contextmanager
def hunt_rules(
    archive: Archive,
    engine: Engine,
    selection: Selection,
    *,
    memory: str = HUNT_MEMORY,
    progress: Callable[[float], Any] = lambda _share: None,
    stop: threading.Event | None = None,
) -> Iterator[Hunt]:
    """Give the alerts that the engine's rules and correlations have, source by source in the order of arrival.

    When `stop` is set it ends with a KeyboardInterrupt.
    """
    named = [(rule.name, rule.condition) for rule in engine.rules]
    named += [(each.name, part.condition) for each in engine.correlations for _, part in each.seen]
    conditions = [condition for _, condition in named]
    asked = find_events(archive, conditions, selection, memory=memory, progress=progress, stop=stop)
    with asked as found:
        refused: dict[str, tuple[str, ...]] = {}
        for (name, _), parts in zip(named, found.refused, strict=True):
            if parts:
                refused[name] = tuple(dict.fromkeys((*refused.get(name, ()), *parts)))
        yield Hunt(found.events, refused, _alerts(engine, found.lines))


def event_of(line: bytes, item: int) -> Iterator[Event]:
    """Give the one event of a line, of several that which is asked for."""
    events = decode(line).events
    return iter(events if len(events) == 1 else events[item : item + 1])


def _alerts(engine: Engine, lines: Iterator[tuple[bytes, int]]) -> Iterator[bytes]:
    teller = Teller(engine.correlations, hostname=engine.hostname) if engine.correlations else None
    order = Order(teller, encode_alert, repeats=Repeats(engine.rules))
    hits: list[Hit] = []
    for place, (line, item) in enumerate(lines, 1):
        for event in event_of(line, item):
            alerts = engine.process(event, hits=hits)
            if alerts or hits:
                yield from order.add(place, [encode_alert(alert) for alert in alerts], hits)
                hits.clear()
    yield from order.finish()
