"""Imports finished logs, each line once: every commit says how far it reached, and a new run goes on from there."""

from __future__ import annotations

import gc
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol, get_args

import msgspec

from lanner.archive import summary
from lanner.archive.catalog import file_lock
from lanner.archive.change import ARCHIVED
from lanner.archive.errors import grounded
from lanner.archive.ledger import Ledger, Reached
from lanner.archive.noise import NoiseFilter
from lanner.archive.presets import drops_of
from lanner.archive.record import Record
from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings, Stage
from lanner.archive.stages import StageFilter
from lanner.archive.store import Archive
from lanner.archive.wire import read_record, usual_record
from lanner.archive.wrapping import Wrapped
from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.audit.redaction.redactor import Redactor
from lanner.errors import GroundError, SourceError

LEDGER_FILE = "imports.db"
SAMPLE_BYTES = 64 * 1024


class InputLine(Protocol):
    """A line of a log; `oversized` says that `data` is cut."""

    number: int
    offset: int
    data: bytes
    size: int
    oversized: bool


class Refused(msgspec.Struct, frozen=True):
    """A piece of a log that is no audit event; `sample` is the beginning of its text."""

    file: str
    line: int
    offset: int
    reason: str
    size: int
    sample: str


class Outcome(msgspec.Struct):
    """What an import did, in events and lines; `known` lines were imported before. `redacted` counts values."""

    lines: int = 0
    known: int = 0
    events: int = 0
    refused: int = 0
    dropped: Counter[str] = msgspec.field(default_factory=Counter)
    redacted: Counter[str] = msgspec.field(default_factory=Counter)


class Importer:
    """Imports logs into an archive; made by `importer`, which sees to it that there is one at a time.

    All stages and all events are kept unless `filtered`, which applies keep_stages and drop of the settings. `cluster`
    goes before the name that a provider's events say, and that before the one of the settings. Secret values are
    archived as they are unless there is a `redactor`.
    """

    def __init__(
        self,
        archive: Archive,
        settings: ArchiveSettings,
        *,
        source: str = "import",
        cluster: str = "",
        filtered: bool = False,
        redactor: Redactor | None = None,
        refused: Callable[[Refused], None] = lambda _refused: None,
    ) -> None:
        self._archive, self._settings, self._refused = archive, settings, refused
        self._source, self._cluster = source, cluster
        self._stages = StageFilter(settings.keep_stages if filtered else get_args(Stage), settings.hold)
        self._noise = NoiseFilter(drops_of(settings) if filtered else ())
        self._redactor = redactor
        self._ledger = Ledger(archive.folder / LEDGER_FILE)
        said = archive.carried().get(summary.IMPORT)
        if said:  # a commit whose import was killed before the ledger knew of it
            self._ledger.record(msgspec.json.decode(said, type=Reached))

    def close(self) -> None:
        """Close the ledger."""
        self._ledger.close()

    def run(self, name: str, read: Callable[[], Iterable[InputLine]]) -> Outcome:
        """Import one log, called `name`, which `read` reads from its beginning at each call.

        What it held when it was imported before is left out. Raises GroundError, and SourceError after all that
        is readable of a damaged log was archived.
        """
        start = self._ledger.furthest(_readable(read()))
        run = _Run(name, self._source, self._cluster, start.lines if start else 0, self._redactor)
        try:
            for line in read():
                if run.size >= self._settings.commit_bytes or len(run.rows) >= self._settings.commit_events:
                    self._commit(run, run.reached())
                self._take(run, line)
        except SourceError:
            self._commit(run, run.reached())
            raise
        # A last line that is no event may be half written: it is left unread, to be read whole another time.
        self._commit(run, run.before_refused or run.reached())
        return run.outcome

    def _take(self, run: _Run, line: InputLine) -> None:
        run.before_refused = None
        if run.outcome.lines >= run.outcome.known:
            refused = run.read(line)
            run.before_refused = run.reached() if refused else None
            for piece in refused:
                self._refused(piece)
        run.count(line)

    def _commit(self, run: _Run, reached: Reached) -> None:
        if reached.lines <= run.outcome.known:
            return
        rows = [kept for row in run.rows for kept in self._kept(row)] + self._stages.flush()
        dropped = self._noise.dropped + self._stages.dropped
        redacted = Counter(self._redactor.counts if self._redactor else {})
        raw = Counter({ARCHIVED: sum(len(row.raw) for row in rows)})
        raw += self._noise.dropped_bytes + self._stages.dropped_bytes
        self._archive.commit(rows, {summary.IMPORT: msgspec.json.encode(reached).decode()}, dropped, redacted, raw=raw)
        self._ledger.record(reached)
        run.committed(len(rows), dropped, redacted)
        if self._redactor:
            self._redactor.counts.clear()
        self._noise.clear()
        self._stages.clear()

    def _kept(self, row: Row) -> list[Row]:
        if self._noise.drops(row):
            self._stages.forget(row)
            return []
        return self._stages.feed(row)


def _readable(lines: Iterable[InputLine]) -> Iterator[bytes]:
    """Give the lines up to the damage; the pass that imports them says what it is."""
    try:
        for line in lines:
            yield line.data
    except SourceError:
        return


class _Run:
    """One log on its way into the archive: what waits for a commit, and how far it was read."""

    def __init__(self, name: str, source: str, cluster: str, known: int, redactor: Redactor | None) -> None:
        self.outcome = Outcome(known=known)
        self.rows: list[Row] = []
        self.size = 0
        self.before_refused: Reached | None = None
        self._name, self._source, self._cluster, self._redactor = name, source, cluster, redactor
        self._digest = hashlib.sha256()
        self._ordinal = self._now = time.time_ns() // 1000

    def reached(self) -> Reached:
        return Reached(self.outcome.lines, self._digest.hexdigest())

    def count(self, line: InputLine) -> None:
        self._digest.update(line.data)
        self._digest.update(b"\n")
        self.outcome.lines += 1

    def read(self, line: InputLine) -> list[Refused]:
        """Make the line's rows; return what is no event."""
        if line.oversized:
            return [self._refuse(line, "line is too long", line.data, line.size)]
        record = usual_record(line.data)
        if record is not None:
            self.rows.append(self._row(line, 0, line.data, record))
            return []
        decoded = decode(line.data)
        for item, event in enumerate(decoded.events):
            self.rows.append(self._row_of(line, item, event))
        return [self._refuse(line, refusal.reason, refusal.raw, len(refusal.raw)) for refusal in decoded.refusals]

    def committed(self, rows: int, dropped: Counter[str], redacted: Counter[str]) -> None:
        self.outcome.events += rows
        self.outcome.dropped += dropped
        self.outcome.redacted += redacted
        self.rows, self.size = [], 0

    def _row_of(self, line: InputLine, item: int, event: Event) -> Row:
        row = self._row(line, item, event.raw, read_record(event.raw))
        row.cluster = row.cluster or event.cluster or None
        if event.line:
            self.size += len(event.line)
            row.wrapped = Wrapped(event.line, event.raw, whole=self._redactor is None)
        return row

    def _row(self, line: InputLine, item: int, raw: bytes, record: Record) -> Row:
        self._ordinal += 1
        self.size += len(raw)
        row = Row(
            raw=raw,
            source=self._source,
            origin=self._name,
            offset=line.offset,
            item=item,
            ordinal=self._ordinal,
            ingested=self._now,
            cluster=self._cluster or None,
            parsed=record,
        )
        if self._redactor is not None:
            row.redact(self._redactor)
        return row

    def _refuse(self, line: InputLine, reason: str, raw: bytes, size: int) -> Refused:
        self.outcome.refused += 1
        kept = self._redactor.redact_refused(raw) if self._redactor else raw
        sample = kept[:SAMPLE_BYTES].decode("utf-8", "replace")
        return Refused(self._name, line.number, line.offset, reason, size, sample)


@contextmanager
def importer(
    archive: Archive,
    settings: ArchiveSettings,
    *,
    source: str = "import",
    cluster: str = "",
    filtered: bool = False,
    redactor: Redactor | None = None,
    refused: Callable[[Refused], None] = lambda _refused: None,
) -> Iterator[Importer]:
    """Give the one importer of this archive; raises GroundError when another process imports."""
    lock = ExitStack()
    with lock, grounded(archive.folder):
        try:
            lock.enter_context(file_lock(archive.folder / "import.lock", wait=False))
        except BlockingIOError:
            raise GroundError(f"{archive.folder}: another import is running; try again when it is done") from None
        made = Importer(
            archive, settings, source=source, cluster=cluster, filtered=filtered, redactor=redactor, refused=refused
        )
        lock.callback(made.close)
        gc.freeze()  # pyiceberg's own objects live long and are many
        lock.callback(gc.unfreeze)
        yield made
