"""Rules over the archive: SQL finds the events, the engine decides on them as it did on the stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from lanner.archive.hunting import find_events
from lanner.archive.selection import Selection
from lanner.archive.settings import HUNT_MEMORY
from lanner.archive.store import Archive
from lanner.audit.decode import decode
from lanner.detect.alert import Alert
from lanner.detect.engine import Engine


class Hunt(NamedTuple):
    """How many events SQL found for the engine to decide on, what SQL does not say by rule, and the alerts."""

    candidates: int
    refused: dict[str, tuple[str, ...]]
    alerts: Iterator[Alert]


@contextmanager
def hunt_rules(
    archive: Archive,
    engine: Engine,
    selection: Selection,
    *,
    memory: str = HUNT_MEMORY,
    progress: Callable[[float], Any] = lambda _share: None,
) -> Iterator[Hunt]:
    """Give the alerts that the engine's rules have in the archive, source by source in the order of arrival."""
    conditions = [rule.condition for rule in engine.rules]
    with find_events(archive, conditions, selection, memory=memory, progress=progress) as found:
        refused = {rule.name: parts for rule, parts in zip(engine.rules, found.refused, strict=True) if parts}
        yield Hunt(found.events, refused, _alerts(engine, found.lines))


def _alerts(engine: Engine, lines: Iterator[bytes]) -> Iterator[Alert]:
    for line in lines:
        for event in decode(line).events:
            yield from engine.process(event)
