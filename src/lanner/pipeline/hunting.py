"""Rules over the archive: SQL finds the events, the engine decides on them as it did on the stream."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from lanner.archive.fetching import Line
from lanner.archive.fieldreads import columns_read
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
from lanner.rules import ir
from lanner.rules.bodies import fields_in
from lanner.rules.falco.output import OutputFormat


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
    columns = columns_read(field for operand in _operands(engine, conditions) for field in fields_in(operand))
    asked = find_events(archive, conditions, selection, columns=columns, memory=memory, progress=progress, stop=stop)
    with asked as found:
        refused: dict[str, tuple[str, ...]] = {}
        for (name, _), parts in zip(named, found.refused, strict=True):
            if parts:
                refused[name] = tuple(dict.fromkeys((*refused.get(name, ()), *parts)))
        yield Hunt(found.events, refused, _alerts(engine, found.lines))


def _operands(engine: Engine, conditions: Iterable[ir.Condition]) -> Iterator[ir.Operand]:
    """Give all that detection looks at in an event."""
    for check in (check for condition in conditions for check in ir.checks_in(condition)):
        yield from (check.operand,) if isinstance(check, ir.Exists) else (check.left, check.right)
    for output in (*(rule.output for rule in engine.rules), *(each.output for each in engine.correlations)):
        yield from OutputFormat(output).operands
    for _, part in (seen for correlation in engine.correlations for seen in correlation.seen):
        yield from (*part.key, *part.values, *part.compared)
    for _, link in (link for correlation in engine.correlations for link in correlation.links):
        taken = (*link.key, *link.values, *link.compared)
        yield from (each for each in taken if not isinstance(each, int))


def event_of(line: bytes, item: int) -> Iterator[Event]:
    """Give the one event of a line, of several that which is asked for."""
    events = decode(line).events
    return iter(events if len(events) == 1 else events[item : item + 1])


def _alerts(engine: Engine, lines: Iterator[Line]) -> Iterator[bytes]:
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
