"""What ingest has done so far, for the page, doctor and metrics."""

from __future__ import annotations

import os
import time
from collections import deque
from typing import Any

import msgspec

from lanner.audit.batch import Batch
from lanner.audit.event import parse_time

RATE_SECONDS = 2.0
NOTES = 20


LOADED_AGAIN = "rules loaded again"
"""How a note begins that is no complaint."""


class SourceCounts(msgspec.Struct):
    """Counts of one source; `origin` is the file or peer it last read."""

    events: int = 0
    rejects: int = 0
    backlog_bytes: int = 0
    origin: str = ""


class Counts:
    """Counters since the process began, and the rate over the last seconds."""

    def __init__(self) -> None:
        self.started = time.time()
        self.events = self.alerts = self.rejects = self.duplicates = 0
        self.spool_bytes = 0
        self.spool_full = False
        self.sources: dict[str, SourceCounts] = {}
        self.notes: deque[str] = deque(maxlen=NOTES)
        self._newest: tuple[str, float] | None = None
        self._marks: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def add(self, batch: Batch, *, events: int, alerts: int, rejects: int, newest: str | None) -> None:
        """Count one batch; `newest` is the time of its last event."""
        self.events += events
        self.alerts += alerts
        self.rejects += rejects
        source = self.sources.setdefault(batch.source, SourceCounts())
        source.events += events
        source.rejects += rejects
        source.backlog_bytes, source.origin = batch.backlog_bytes, batch.origin
        if newest is not None:
            self._newest = (newest, time.time())

    def problem(self) -> str:
        """Say what is wrong in words, or nothing."""
        return "the spool is full: sources wait until the archive has caught up" if self.spool_full else ""

    def status(self) -> dict[str, Any]:
        """Return the counts as the status that ingest publishes."""
        sources = dict(self.sources)  # The threads of sources add to it.
        return {
            "started": self.started,
            "pid": os.getpid(),
            "events": self.events,
            "alerts": self.alerts,
            "rejects": self.rejects,
            "duplicates": self.duplicates,
            "events_per_second": self._rate(),
            "lag_seconds": self._lag(),
            "backlog_bytes": sum(source.backlog_bytes for source in sources.values()),
            "spool_bytes": self.spool_bytes,
            "sources": {name: msgspec.structs.asdict(source) for name, source in sources.items()},
            "notes": list(self.notes),
        }

    def _rate(self) -> float:
        now = time.monotonic()
        self._marks.append((now, self.events))
        while len(self._marks) > 2 and now - self._marks[1][0] > RATE_SECONDS:
            self._marks.popleft()
        since, before = self._marks[0]
        return (self.events - before) / max(now - since, 1e-9)

    def _lag(self) -> float | None:
        """Seconds between the newest event's stageTimestamp and its handling."""
        if self._newest is None:
            return None
        text, handled = self._newest
        return round(handled - parse_time(text) / 1e9, 6)
