"""Lets correlations and habits know the past: events of the archive go through them once more, and nothing is told.

Afterwards they know what they would know had lanner watched these events live.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from typing import Any, NamedTuple

from lanner.archive.hunting import find_events
from lanner.archive.selection import Selection
from lanner.archive.store import Archive
from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.config.folders import DataFolder
from lanner.detect.engine import Engine
from lanner.errors import GroundError
from lanner.outputs.throttle import Throttle, ThrottleSettings
from lanner.pipeline.hunting import event_of
from lanner.pipeline.ingest import Detector
from lanner.pipeline.ingest_process import build_engine
from lanner.pipeline.recovery import open_store
from lanner.settings.model import Settings
from lanner.state.lock import held
from lanner.state.spool import SpoolReader

WINDOW_EVENTS = 500_000
"""So many events of the archive, about, are looked at and put in the order of their time together."""
Tell = Callable[[float], Any]


class Seeded(NamedTuple):
    """How many events were looked at, and how many keys correlations and habits know by them."""

    events: int
    remembered: int
    habits: int


def seed(settings: Settings, folder: DataFolder, since: dt.datetime, tell: Tell, note: Callable[[str], None]) -> Seeded:
    """Put what the events since a time teach in the place of what was remembered.

    `tell` is told the share that is done. All or nothing: ended before, it changes nothing. Raises GroundError when
    lanner runs on the data folder, or has no archive in it, UsageError for rules that do not load.
    """
    if not settings.archive.enabled or not (settings.archive.catalog or folder.archive.exists()):
        raise GroundError(f"{folder.root} has no archive, so there is nothing to learn from")
    engine = build_engine(settings)  # what is archived was redacted already
    detector = Detector(engine, Throttle(ThrottleSettings()), habits=settings.habits)
    count = 0
    with held(folder.lock("ingest")), closing(open_store(folder, note)) as store:
        with closing(Archive.open(settings.archive, folder.archive, create=False)) as archive:
            position = archive.position()
            for event in _archived(archive, engine, since, tell):
                detector.learn(event)
                count += 1
        for event in _spooled(folder, after=position.sequence if position else 0, upto=store.sequence() or 0):
            if event.time_ns >= since.timestamp() * 1e9:
                detector.learn(event)
                count += 1
        store.keep_memory(detector.memory())
    return Seeded(count, detector.teller.correlator.remembered, detector.habits.remembered)


def _archived(archive: Archive, engine: Engine, since: dt.datetime, tell: Tell) -> Iterator[Event]:
    """Give, in the order of time, the events on which a rule or a part of a correlation may hold."""
    conditions = [rule.condition for rule in engine.rules]
    conditions += [part.condition for each in engine.correlations for _, part in each.seen]
    windows = list(_windows(since, dt.datetime.now(dt.UTC), 1 + archive.total_events() // WINDOW_EVENTS))
    for number, window in enumerate(windows):
        told = _share(tell, number, len(windows))
        with find_events(archive, conditions, window, by_time=True, progress=told) as found:
            for line, item in found.lines:
                yield from event_of(line, item)
        tell((number + 1) / len(windows))


def _spooled(folder: DataFolder, *, after: int, upto: int) -> Iterator[Event]:
    """Give the events that were detected and are not archived yet."""
    reader = SpoolReader(folder.spool, after=after)
    while records := reader.read(upto=upto):
        for record in records:
            yield from (event for line in record.lines for event in decode(line).events)


def _share(tell: Tell, number: int, windows: int) -> Tell:
    return lambda share: tell((number + share) / windows)


def _windows(since: dt.datetime, now: dt.datetime, many: int) -> Iterator[Selection]:
    """Give so many parts of the time since, one after the other; the last one has no end."""
    length = max(now - since, dt.timedelta(0)) / many
    for first, after in pairwise([*(since + length * number for number in range(many)), None]):
        yield Selection(since=first, until=after)
