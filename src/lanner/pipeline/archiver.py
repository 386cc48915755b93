"""The archiver: turns records of the spool into Iceberg commits at its own pace, each event once, and trims the spool.

A commit says in its snapshot summary up to which record it goes. The events that wait for the end of their request are
written to a file named by that number before the commit, so that a restart takes up exactly what the snapshot says.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import structlog

from lanner.archive.change import ARCHIVED
from lanner.archive.codec import STEP_ROWS
from lanner.archive.noise import NoiseFilter
from lanner.archive.presets import drops_of
from lanner.archive.row import Row
from lanner.archive.stages import StageFilter
from lanner.archive.store import Archive
from lanner.audit.batch import Checkpoint
from lanner.audit.redaction.redactor import Redactor
from lanner.config.folders import DataFolder, sync_folder
from lanner.config.salt import load_salt
from lanner.errors import GroundError
from lanner.pipeline.compaction import compaction
from lanner.pipeline.scheduled_hunts import scheduled_hunts
from lanner.pipeline.upkeep import Upkeep
from lanner.settings.model import Settings
from lanner.state import spool, trimming
from lanner.state.lock import held
from lanner.state.spool import Record, SpoolReader
from lanner.state.store import Store

IDLE_SECONDS = 0.2
STATUS_SECONDS = 0.5
RETRY_SECONDS = 2.0
DRAIN_SECONDS = 20.0
READ_BYTES = 4 * 1024 * 1024
STEP_BYTES = 4 * 1024 * 1024
POSITION_BYTES = 16 * 1024 * 1024
RECORD_BYTES = 100
ORDINAL_BITS = 20
_LOG = structlog.get_logger("lanner.archive")


_TOTALS = {"total-records": "total_events", "total-files-size": "bytes", "total-data-files": "files"}


def _totals(archive: Archive) -> dict[str, int]:
    """Return the table's size as Iceberg keeps it in the newest snapshot's summary."""
    snapshot = archive.table.current_snapshot()
    found = snapshot.summary.additional_properties if snapshot and snapshot.summary else {}
    return {name: int(found.get(key, "0")) for key, name in _TOTALS.items()}


def run(settings: Settings, stop: threading.Event) -> None:
    """Archive until `stop` is set, then for some seconds what the spool still holds; the rest waits for the next start.

    Raises GroundError when it cannot begin or cannot read the spool.
    """
    folder = DataFolder(settings.data_folder)
    with held(folder.lock("archiver"), wait_seconds=10):
        archiver = Archiver(settings, folder)
        Upkeep(settings, stop).start()
        gc.freeze()  # pyiceberg's own objects live long and are many
        try:
            with compaction(settings, folder, archiver.hurried) as merging, scheduled_hunts(settings, folder) as hunts:
                archiver.background = lambda: merging.status() | hunts.status()
                archiver.run(stop)
        finally:
            archiver.close()
            gc.unfreeze()  # else DuckDB takes what it has for lost at the end, and says so


class Archiver:
    """The loop over the spool and what it gathers between two commits."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        self._settings, self._folder = settings.archive, folder
        self._position_bytes = min(POSITION_BYTES, settings.spool.max_bytes // 4)
        self._store = Store(folder.state)
        self._archive = Archive.open(settings.archive, folder.archive)
        position = self._archive.position()
        self._committed = position.sequence if position else 0
        self._checkpoints: dict[str, Checkpoint] = dict(position.checkpoints) if position else {}
        self._stages = self._load_held()
        self._noise = NoiseFilter(drops_of(settings.archive))
        redaction = settings.redaction
        self._redactor = Redactor(redaction, load_salt(folder.salt)) if redaction.enabled else None
        self._reader = SpoolReader(folder.spool, after=self._committed)
        self._last = self._committed
        self._rows: list[Row] = []
        self._encoded: list[pa.Table] = []
        self._events = self._bytes = self._row_bytes = self._read_bytes = 0
        self._since = time.monotonic()
        self._status: dict[str, Any] = {"events": 0, "commits": 0, "problem": "", "redacted": {}}
        self._published = 0.0
        self._hurried = False
        self.background: Callable[[], dict[str, Any]] = dict
        """Figures of what runs beside it, for its status."""

    def hurried(self) -> bool:
        """Say whether the last commit was full: events come as fast as they are archived."""
        return self._hurried

    def run(self, stop: threading.Event) -> None:
        """Read, gather and commit; on stop, archive what the spool still holds unless the disk refuses."""
        while not stop.is_set():
            busy = self._gather()
            if self._due() and not self._commit():
                stop.wait(RETRY_SECONDS)
            elif not busy:
                stop.wait(IDLE_SECONDS)
            self._publish()
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline and self._gather():
            if self._due() and not self._commit():
                return
        if self._commit():
            self._leave()
        self._publish(now=True)

    def _gather(self) -> bool:
        """Take records from the spool, unless enough wait for a commit already; returns whether there were any."""
        if self._full():
            return False
        # A record that SQLite does not know of may not be on the disk yet: its number could still be given again.
        records = self._reader.read(READ_BYTES, upto=self._store.sequence() or 0)
        for note in self._reader.damaged:
            _LOG.error(note)
        self._reader.damaged.clear()
        for record in records:
            self._take(record)
        return bool(records)

    def _take(self, record: Record) -> None:
        if self._last == self._committed:
            self._since = time.monotonic()
        ingested = int(record.received * 1_000_000)
        item = 0
        kept: list[Row] = []
        for index, (line, offset) in enumerate(zip(record.lines, record.offsets, strict=True)):
            item = item + 1 if index and record.offsets[index - 1] == offset else 0
            row = Row(
                raw=line,
                source=record.source,
                origin=record.origin,
                offset=offset,
                item=item,
                ordinal=(record.sequence << ORDINAL_BITS) + index,
                ingested=ingested,
            )
            if self._redactor is not None:
                row.redact(self._redactor)
            if self._noise.drops(row):
                self._stages.forget(row)
            else:
                kept += self._stages.feed(row)
        self._read_bytes += RECORD_BYTES + sum(map(len, record.lines))
        self._read_bytes += sum(len(reject.sample) for reject in record.rejects)
        self._add(kept + self._stages.expired(ingested))
        self._checkpoints[record.source] = record.checkpoint
        self._last = record.sequence

    def _add(self, rows: list[Row]) -> None:
        self._rows += rows
        self._events += len(rows)
        added = sum(len(row.raw) for row in rows)
        self._bytes += added
        self._row_bytes += added
        if len(self._rows) >= STEP_ROWS or self._row_bytes >= STEP_BYTES:
            self._encoded.append(self._archive.encode(self._rows))
            self._rows, self._row_bytes = [], 0

    def _full(self) -> bool:
        return self._events >= self._settings.commit_events or self._bytes >= self._settings.commit_bytes

    def _due(self) -> bool:
        """Say whether to commit; with nothing to write, only when the position would save much reading again."""
        waited = time.monotonic() - self._since >= self._settings.commit_seconds
        return self._full() or (waited and self._events > 0) or (waited and self._read_bytes >= self._position_bytes)

    def _commit(self) -> bool:
        if self._last == self._committed:
            return True
        dropped = Counter(self._stages.dropped) + Counter(self._noise.dropped)
        try:
            self._save_held()
            self._archive.append(
                self._rows,
                sequence=self._last,
                checkpoints=self._checkpoints,
                dropped=dropped,
                raw=Counter({ARCHIVED: self._bytes}) + self._stages.dropped_bytes + self._noise.dropped_bytes,
                redacted=self._redactor.counts if self._redactor else {},
                encoded=self._encoded,
            )
        except GroundError as error:
            self._complain(str(error))
            return False
        self._hurried = self._full()
        self._committed_all(self._events)
        return True

    def _committed_all(self, events: int) -> None:
        if self._status["problem"]:
            _LOG.info("archiving works again")
        self._status |= {
            "problem": "",
            "events": self._status["events"] + events,
            "commits": self._status["commits"] + 1,
        }
        self._committed = self._last
        self._rows, self._encoded = [], []
        self._events = self._bytes = self._row_bytes = self._read_bytes = 0
        pa.default_memory_pool().release_unused()
        self._since = time.monotonic()
        self._noise.clear()
        self._stages.clear()
        if self._redactor is not None:
            self._status["redacted"] = dict(Counter(self._status["redacted"]) + self._redactor.counts)
            self._redactor.counts.clear()
        try:
            self._tidy()
        except (OSError, GroundError) as error:
            self._complain(str(error))

    def _tidy(self) -> None:
        """Delete what the commit has made superfluous: older files of waiting events, segments that all have read."""
        for path in self._folder.held.glob("*.bin"):
            if path != self._held_path(self._committed):
                path.unlink(missing_ok=True)
        trimming.trim(self._folder.spool, self._store, self._committed)

    def _leave(self) -> None:
        """Delete the newest lines, too, where ingest has ended: they are in clear, and none would follow them."""
        try:
            with held(self._folder.lock("ingest")):
                spool.retire(self._folder.spool, min(self._committed, self._store.sequence() or 0))
                self._tidy()
        except (OSError, GroundError):
            pass  # ingest runs, or starts again: it looks after its spool

    def _complain(self, problem: str) -> None:
        if problem != self._status["problem"]:
            _LOG.error(problem, hint="events stay in the spool; lanner keeps trying")
        self._status["problem"] = problem

    def _held_path(self, sequence: int) -> Path:
        return self._folder.held / f"{sequence:020d}.bin"

    def _save_held(self) -> None:
        path = self._held_path(self._last)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._stages.dump())
                file.flush()
                os.fsync(descriptor)
            sync_folder(path.parent)
        except OSError as error:
            raise GroundError(f"cannot write {path}: {error.strerror}") from error

    def _load_held(self) -> StageFilter:
        path = self._held_path(self._committed)
        keep, hold = self._settings.keep_stages, self._settings.hold
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return StageFilter(keep, hold)
        except OSError as error:
            raise GroundError(f"cannot read {path}: {error.strerror}") from error
        try:
            return StageFilter.load(data, keep, hold)
        except GroundError as error:
            aside = path.replace(path.with_suffix(".damaged"))
            _LOG.error(f"{path}: {error}; it is kept as {aside.name}, and archiving goes on without those events")
            return StageFilter(keep, hold)

    def _follow_state(self) -> None:
        """Open the state anew when ingest has set a damaged one aside."""
        if self._store.replaced():
            self._store.close()
            self._store = Store(self._folder.state)

    def _publish(self, *, now: bool = False) -> None:
        if not now and time.monotonic() - self._published < STATUS_SECONDS:
            return
        self._published = time.monotonic()
        status = self._status | {"sequence": self._committed, "held": len(self._stages)}
        status |= _totals(self._archive) | self.background()
        try:
            self._follow_state()
            self._store.set_status("archiver", status)
        except GroundError as error:
            _LOG.warning(str(error))

    def close(self) -> None:
        """Give back the database and the catalog."""
        self._store.close()
        self._archive.close()
