"""Makes batches durable: first the spool, then SQLite, then the source hears of it; several batches share a sync."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

import msgspec
import structlog

from lanner.audit.batch import Checkpoint, Reject
from lanner.errors import GroundError
from lanner.pipeline.delivery import Lane
from lanner.state.kept import Commit, IncidentRow, NewAlert
from lanner.state.spool import Record, SpoolWriter
from lanner.state.store import Store

QUEUED_BATCHES = 64
QUEUED_BYTES = 16 * 1024 * 1024
GROUP_BATCHES = 32
GROUP_BYTES = 8 * 1024 * 1024
RETRY_SECONDS = 1.0
LOOK_SECONDS = 0.2
_LOG = structlog.get_logger("lanner.ingest")


class Prepared(msgspec.Struct, kw_only=True):
    """A batch after detection: what becomes a record of the spool, its alerts, and who has been given them.

    `hits` are what correlations were given of it, packed; `memory` is what they remember after it, where it is kept.
    `incidents` are those that its alerts changed.
    """

    source: str
    origin: str
    received: float
    checkpoint: Checkpoint
    lines: list[bytes]
    offsets: list[int]
    rejects: list[Reject]
    alerts: list[NewAlert]
    digests: list[bytes]
    delivered: tuple[str, ...]
    durable: Callable[[], None] | None
    hits: bytes = b""
    memory: bytes = b""
    incidents: list[IncidentRow] = []


class _Waiting(queue.Queue[Prepared | None]):
    """Is full by number or by bytes, whichever comes first."""

    bytes = 0

    def _qsize(self) -> int:
        return self.maxsize if self.bytes >= QUEUED_BYTES else len(self.queue)

    def _put(self, item: Prepared | None) -> None:
        super()._put(item)
        self.bytes += _size(item)

    def _get(self) -> Prepared | None:
        item = super()._get()
        self.bytes -= _size(item)
        return item


class Committer:
    """Takes prepared batches in order; `submit` blocks while too many wait, which is the pipeline's back-pressure."""

    def __init__(self, spool: SpoolWriter, store: Store, lanes: Sequence[Lane]) -> None:
        self._spool, self._store, self._lanes = spool, store, lanes
        self._queue = _Waiting(QUEUED_BATCHES)
        self._room = threading.Event()
        self._room.set()
        self._abandon = threading.Event()
        self._finished = False
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self.problem = ""
        self.failure: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it has been started and not ended."""
        return self._thread.is_alive()

    def submit(self, prepared: Prepared) -> None:
        """Queue a batch; blocks while the queue is full. Once committing has ended it is let go, and never durable."""
        while not self._put(prepared) and self.alive:
            continue

    def _put(self, item: Prepared | None) -> bool:
        try:
            self._queue.put(item, timeout=LOOK_SECONDS)
        except queue.Full:
            return False
        return True

    def hold(self, *, full: bool) -> None:
        """Stop or go on committing: the spool must not outgrow its bound while the archive cannot keep up."""
        if full:
            self._room.clear()
        else:
            self._room.set()

    def close(self, seconds: float) -> bool:
        """Commit what is queued, within some seconds; returns whether all of it became durable."""
        self._room.set()
        deadline = threading.Timer(seconds, self._abandon.set)
        deadline.start()
        while not self._put(None) and self.alive:
            continue
        self._thread.join()
        deadline.cancel()
        return self._finished

    def _run(self) -> None:
        try:
            self._finished = self._commit_all()
        except Exception as error:  # noqa: BLE001 - a thread must not end unseen: the main thread raises what ended it
            self.failure = error

    def _commit_all(self) -> bool:
        while (group := self._next_group()) is not None:
            if not self._commit_until_done(group):
                return False
        return True

    def _next_group(self) -> list[Prepared] | None:
        """Wait for a batch and take those behind it whose alerts went to the same outputs; None at the end."""
        first = self._queue.get()
        if first is None:
            return None
        group, size = [first], _size(first)
        while len(group) < GROUP_BATCHES and size < GROUP_BYTES and self._queue.queue:
            following = self._queue.queue[0]
            if following is None or not _together(group, following):
                break
            group.append(self._queue.get())  # type: ignore[arg-type]  # None was ruled out; only this thread takes
            size += _size(following)
        return group

    def _commit_until_done(self, group: Sequence[Prepared]) -> bool:
        records = self._records(group)
        written = False
        while not self._abandon.is_set():
            self._room.wait()
            try:
                if not written:
                    self._spool.append(records)
                    written = True
                self._store.commit(_commit_of(records, group))
            except GroundError as error:
                self._complain(str(error))
                self._abandon.wait(RETRY_SECONDS)
            else:
                self._done(group)
                return True
        return False

    def _complain(self, problem: str) -> None:
        if problem != self.problem:
            _LOG.error(problem, hint="nothing is acknowledged until this works again; lanner keeps trying")
        self.problem = problem

    def _done(self, group: Sequence[Prepared]) -> None:
        if self.problem:
            _LOG.info("writing works again")
            self.problem = ""
        for prepared in group:
            if prepared.durable is not None:
                prepared.durable()
            if prepared.alerts:
                for lane in self._lanes:
                    lane.committed(delivered=lane.name in prepared.delivered)

    def _records(self, group: Sequence[Prepared]) -> list[Record]:
        first = self._spool.next_sequence
        return [
            Record(
                sequence=first + index,
                source=prepared.source,
                origin=prepared.origin,
                received=prepared.received,
                checkpoint=prepared.checkpoint,
                offsets=prepared.offsets,
                lines=prepared.lines,
                rejects=prepared.rejects,
            )
            for index, prepared in enumerate(group)
        ]


def _size(item: Prepared | None) -> int:
    return sum(map(len, item.lines)) if item else 0


def _delivered(group: Sequence[Prepared]) -> tuple[str, ...]:
    """Return the outputs that have all alerts of a group; none where there are no alerts to have."""
    return next((prepared.delivered for prepared in group if prepared.alerts), ())


def _together(group: Sequence[Prepared], following: Prepared) -> bool:
    alerting = [prepared for prepared in group if prepared.alerts]
    return not (alerting and following.alerts) or alerting[0].delivered == following.delivered


def _commit_of(records: Sequence[Record], group: Sequence[Prepared]) -> Commit:
    pairs = list(zip(records, group, strict=True))
    memories = [(record.sequence, prepared.memory) for record, prepared in pairs if prepared.memory]
    return Commit(
        sequence=records[-1].sequence,
        checkpoints={prepared.source: prepared.checkpoint for prepared in group},
        alerts=[alert for prepared in group for alert in prepared.alerts],
        rejects=[reject for prepared in group for reject in prepared.rejects],
        delivered=_delivered(group),
        digests=[digest for prepared in group for digest in prepared.digests],
        hits=[(record.sequence, prepared.hits) for record, prepared in pairs if prepared.hits],
        memory=memories[-1] if memories else None,
        incidents=list({row.id: row for prepared in group for row in prepared.incidents}.values()),
    )
