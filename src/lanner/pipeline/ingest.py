"""Ingest: from a source's batch to alerts and a durable record; the process that must never wait for the others."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Sequence

import msgspec
import structlog

from lanner.audit.batch import SAMPLE_BYTES, Batch, Reject
from lanner.audit.decode import decode
from lanner.audit.event import Event, event_time
from lanner.audit.redaction.redactor import Redactor
from lanner.detect.alert import Alert
from lanner.detect.correlate.hits import Hit
from lanner.detect.correlate.teller import Teller
from lanner.detect.engine import Engine
from lanner.detect.habits import Habits, HabitSettings
from lanner.detect.repeats import Repeats
from lanner.outputs.throttle import Throttle
from lanner.pipeline.committer import Committer, Prepared
from lanner.pipeline.counts import Counts
from lanner.pipeline.delivery import Lane
from lanner.pipeline.grouping import LiveGrouping
from lanner.pipeline.policy_alerts import Warned
from lanner.pipeline.policy_watch import PolicyWatch
from lanner.pipeline.redelivery import RedeliveryFilter, digest_of
from lanner.state.kept import NewAlert, StoredAlert
from lanner.state.spool import Record
from lanner.state.store import Store

IDLE_SECONDS = 1.0
JOURNAL_BYTES = 32 * 1024 * 1024
"""Hits and alerts that a restart reads again at most; then what is remembered is written as a whole."""
ALERT_BYTES = 2000
"""What an alert counts among them."""
_USUAL = HabitSettings()
_ENCODE = msgspec.msgpack.Encoder().encode
_MEMORY = msgspec.msgpack.Decoder(tuple[bytes, bytes])
_NO_EVENT = b"{}"
_HUNTS = Batch(source="hunts", origin="hunts", lines=[], offsets=[], checkpoint={})
"""Stands for the last batch where there was none yet."""
_LOG = structlog.get_logger("lanner.ingest")


class Seen(msgspec.Struct, kw_only=True):
    """What was found in a batch: its events with their places, what was refused, the alerts in order.

    `digests` are those of events from a source that may send them again, `newest` is the time of the last event, `hits`
    are packed for the case of a restart.
    """

    lines: list[bytes]
    offsets: list[int]
    rejects: list[Reject]
    alerts: list[NewAlert]
    digests: list[bytes]
    newest: str | None
    hits: bytes = b""


class Detector:
    """Matches events and correlates them; the engine can be exchanged between two batches.

    `failures` counts events on which the engine broke; they are archived like any other. What is stored of events is
    what the engine shows of them; what it does not see goes through the `redactor`, unless there is none.
    """

    def __init__(
        self,
        engine: Engine,
        throttle: Throttle,
        redactor: Redactor | None = None,
        habits: HabitSettings = _USUAL,
    ) -> None:
        self.failures = 0
        self._throttle, self._redactor = throttle, redactor
        self.engine = engine
        self.teller = Teller(engine.correlations, hostname=engine.hostname)
        self.repeats = Repeats(engine.rules)
        self._learning = habits
        self.habits = Habits(habits, engine.rules, engine.correlations)
        self.grouping = LiveGrouping()

    def exchange(self, engine: Engine) -> None:
        """Use another engine; correlations that it has as well go on with what they remember."""
        teller = Teller(engine.correlations, hostname=engine.hostname)
        teller.correlator.load(self.teller.correlator.dump())
        repeats = Repeats(engine.rules)
        repeats.follow(self.repeats)
        habits = Habits(self._learning, engine.rules, engine.correlations)
        habits.follow(self.habits)
        self.engine, self.teller, self.repeats, self.habits = engine, teller, repeats, habits

    def look_at(self, events: Sequence[Event]) -> tuple[list[NewAlert], bytes]:
        """Return the alerts of events in order, marked where the throttle keeps them from outputs; and packed hits."""
        hits: list[Hit] = []
        found = ((alert, event) for event in events for alert in self._process(event, hits))
        alerts = [self.admit(alert, self.engine.shown(event).raw) for alert, event in found if self.repeats.tell(alert)]
        return [*alerts, *self.correlate(hits)], self.teller.correlator.pack(hits) if hits else b""

    def correlate(self, hits: Sequence[Hit]) -> list[NewAlert]:
        """Return the alerts of correlations that fire; hits come here in the order of the stream."""
        return [self.admit(told.alert, told.event) for told in self.teller.take(hits)] if hits else []

    def pass_time(self, nanoseconds: int) -> list[NewAlert]:
        """Return the alerts of correlations that fire because so much time has passed since the newest hit."""
        upto = self.teller.correlator.newest + nanoseconds
        return [self.admit(told.alert, told.event) for told in self.teller.advance(upto)]

    @property
    def remembers(self) -> bool:
        """Whether there is anything to remember."""
        return bool(self.teller.correlations or self.habits.remembered)

    def memory(self) -> bytes:
        """Return what correlations and habits know, for `remember`."""
        return _ENCODE((self.teller.correlator.dump(), self.habits.dump()))

    def remember(self, memory: bytes | None, hits: Sequence[bytes], alerts: Sequence[Alert]) -> None:
        """Take what was known before a restart, and the hits and alerts that came since; nothing is told."""
        correlator = self.teller.correlator
        if memory is not None:
            known, habits = _MEMORY.decode(memory)
            correlator.load(known)
            self.habits.load(habits)
        for packed in hits:
            for _ in correlator.take(correlator.unpack(packed)):
                continue  # it was told before the restart
        for alert in alerts:
            self.habits.learn(alert)

    def learn(self, event: Event) -> None:
        """Let correlations and habits know an event; nothing is told."""
        hits: list[Hit] = []
        for alert in self._process(event, hits):
            if self.repeats.tell(alert):
                self.habits.learn(alert)
        for told in self.teller.take(hits):
            self.habits.learn(told.alert)

    def admit(self, alert: Alert, kept: bytes) -> NewAlert:
        """Give an alert its incident and pass it by the throttle; alerts come here in the order of the stream.

        `kept` is what may be stored of its event.
        """
        self.grouping.place(alert, self.habits)
        return NewAlert(alert, kept, throttled=not self._throttle.allow())

    def redacted(self, event: bytes) -> bytes:
        """Return what may be stored of an event that the engine has not shown."""
        if self._redactor is None:
            return event
        found = decode(event).events
        return self._redactor.redact(event, found[0].head) if found else self._redactor.redact_refused(event)

    def kept(self, rejects: Sequence[Reject]) -> list[Reject]:
        """Return refused lines as they may be kept."""
        if self._redactor is None:
            return list(rejects)
        redact = self._redactor.redact_refused
        return [msgspec.structs.replace(reject, sample=redact(reject.sample)[:SAMPLE_BYTES]) for reject in rejects]

    def _process(self, event: Event, hits: list[Hit]) -> list[Alert]:
        try:
            return self.engine.process(event, 0, hits)
        except Exception:  # noqa: BLE001 - an event that breaks the engine must not end the watch over all others
            self.failed(event.head.audit_id or "", traceback.format_exc())
            return []

    def failed(self, audit_id: str, trace: str) -> None:
        """Count and tell an event on which the engine broke."""
        self.failures += 1
        _LOG.error("detection failed on an event; please report this", audit_id=audit_id, trace=trace)

    def look_again(self, record: Record) -> tuple[list[NewAlert], bytes]:
        """Detect again in a record of the spool; see `look_at`."""
        return self.look_at([event for line in record.lines for event in decode(line).events])


class Ingest:
    """What sources emit into; several sources' threads may call, one batch is handled at a time."""

    def __init__(  # noqa: PLR0917 - the parts of ingest
        self,
        detector: Detector,
        committer: Committer,
        lanes: Sequence[Lane],
        redelivery: RedeliveryFilter,
        counts: Counts,
        policy: PolicyWatch | None = None,
    ) -> None:
        self.detector, self.redelivery, self.counts, self._policy = detector, redelivery, counts, policy
        self._committer, self._lanes = committer, lanes
        self._lock = threading.Lock()
        self._coming: Engine | None = None
        self._hunted: deque[StoredAlert] = deque()
        self._brought = 0
        self._last: Batch | None = None
        self._rested = time.monotonic()
        self._journal = 0

    def exchange(self, engine: Engine) -> None:
        """Use another engine from the next batch on."""
        self._coming = engine  # a batch under way may be held up by the disk: nobody waits for it here

    def emit(self, batch: Batch, *, repeats: bool = False) -> None:
        """Take a batch; returns when it is detected and queued. `repeats`: its source may send events again."""
        with self._lock:
            self._follow()
            # Batches are committed in the order in which outputs were offered them: a cursor says "all up to here".
            self.finish(batch, self._look_at(batch, repeats=repeats))

    def _look_at(self, batch: Batch, *, repeats: bool) -> Seen:
        events, offsets, rejects = _decode(batch)
        digests: list[bytes] = []
        if repeats:
            digests = [digest_of(event.raw) for event in events]
            fresh = self.first_time(digests)
            events, offsets = [events[i] for i in fresh], [offsets[i] for i in fresh]
            digests = [digests[i] for i in fresh]
        alerts, hits = self.detector.look_at(events)
        return Seen(
            lines=[event.raw for event in events],
            offsets=offsets,
            rejects=rejects,
            alerts=alerts + self._of_policy(events),
            digests=digests,
            newest=event_time(events[-1].head) if events else None,
            hits=hits,
        )

    def _of_policy(self, events: Sequence[Event]) -> list[NewAlert]:
        return self._admitted(self._policy.alerts(events)) if self._policy else []

    def of_policy(self, lines: Sequence[bytes]) -> list[NewAlert]:
        """Return what the watch over the audit policy says of events that a worker has decoded."""
        return self._admitted(self._policy.alerts_of_lines(lines)) if self._policy else []

    def _admitted(self, warned: Sequence[Warned]) -> list[NewAlert]:
        return [self.detector.admit(alert, self.detector.redacted(event)) for alert, event in warned]

    def first_time(self, digests: Sequence[bytes]) -> list[int]:
        """Return the indexes of events that were not seen before, and count the others."""
        fresh = [index for index, first in enumerate(self.redelivery.first_time(digests)) if first]
        self.counts.duplicates += len(digests) - len(fresh)
        return fresh

    def finish(self, batch: Batch, seen: Seen) -> None:
        """Offer the alerts to the outputs and queue the batch to be committed; called in the order of the stream."""
        self._tell_hunted()
        delivered = self._offer(seen.alerts)
        rejects = len(seen.rejects)
        if rejects:
            first = seen.rejects[0]
            place = f"{first.origin}:{first.offset}"
            _LOG.warning("not audit events, kept in quarantine", count=rejects, reason=first.reason, place=place)
        self.counts.add(batch, events=len(seen.lines), alerts=len(seen.alerts), rejects=rejects, newest=seen.newest)
        self._committer.submit(
            Prepared(
                source=batch.source,
                origin=batch.origin,
                received=time.time(),
                checkpoint=batch.checkpoint,
                lines=seen.lines,
                offsets=seen.offsets,
                rejects=self.detector.kept(seen.rejects),
                alerts=seen.alerts,
                digests=seen.digests,
                delivered=delivered,
                durable=batch.durable,
                hits=seen.hits,
                memory=self._memory(len(seen.hits) + ALERT_BYTES * len(seen.alerts)),
                incidents=self.detector.grouping.changes() if seen.alerts else [],
            )
        )
        self._last, self._rested = batch, time.monotonic()

    def _follow(self) -> None:
        if self._coming is not None:
            self.detector.exchange(self._coming)
            self._coming = None

    def idle(self) -> None:
        """Let time pass for correlations, and take an exchanged engine, while nothing comes; called now and then."""
        if self._lock.acquire(blocking=False):
            try:
                self._follow()
                self.rest()
            finally:
                self._lock.release()

    def rest(self) -> None:
        """As `idle`, for the one thread that finishes batches."""
        self._tell_hunted()
        waited = time.monotonic() - self._rested
        if self._last is None or waited < IDLE_SECONDS:
            return
        self._rested = time.monotonic()
        alerts = self.detector.pass_time(int(waited * 1e9))
        if alerts:
            self._submit_nothing(alerts, b"")

    def bring_hunted(self, store: Store) -> None:
        """Take what hunts have found since, to be told before the next batch; called now and then, by one thread."""
        if not self._hunted:
            found = store.hunted(after=self._brought)
            if found:
                self._brought = found[-1].id
                self._hunted.extend(found)

    def _tell_hunted(self) -> None:
        """Make ordinary alerts of what hunts have found; the commit that keeps these says that they were told."""
        found = [self._hunted.popleft() for _ in range(len(self._hunted))]
        if found:
            alerts = [self.detector.admit(each.alert, _NO_EVENT) for each in found]
            for new, each in zip(alerts, found, strict=True):
                new.match = each.id
            self._submit_nothing(alerts, b"")

    def keep_memory(self) -> None:
        """Have what is remembered kept, at an orderly end; batches were all finished."""
        with self._lock:
            if self._last is not None and self.detector.remembers:
                self._submit_nothing([], self.detector.memory())

    def _submit_nothing(self, alerts: list[NewAlert], memory: bytes) -> None:
        """Queue a record without lines, at the place where the last batch ended."""
        last = self._last or _HUNTS
        self.counts.alerts += len(alerts)
        self._committer.submit(
            Prepared(
                source=last.source,
                origin=last.origin,
                received=time.time(),
                checkpoint=last.checkpoint,
                lines=[],
                offsets=[],
                rejects=[],
                alerts=alerts,
                digests=[],
                delivered=self._offer(alerts),
                durable=None,
                memory=memory,
                incidents=self.detector.grouping.changes(),
            )
        )

    def _memory(self, journal: int) -> bytes:
        """Return what is to be remembered when enough was written since it was last kept, else nothing."""
        self._journal += journal
        if self._journal < JOURNAL_BYTES:
            return b""
        self._journal = 0
        return self.detector.memory()

    def _offer(self, alerts: Sequence[NewAlert]) -> tuple[str, ...]:
        if not alerts:
            return ()
        wanted = [new.alert for new in alerts if not new.throttled]
        return tuple(lane.name for lane in self._lanes if lane.offer(wanted))


def _decode(batch: Batch) -> tuple[list[Event], list[int], list[Reject]]:
    events: list[Event] = []
    offsets: list[int] = []
    rejects = list(batch.rejects)
    for line, offset in zip(batch.lines, batch.offsets, strict=True):
        decoded = decode(line)
        events += decoded.events
        offsets += [offset] * len(decoded.events)
        rejects += [reject(batch, offset, refusal.reason, refusal.raw) for refusal in decoded.refusals]
    return events, offsets, rejects


def reject(batch: Batch, offset: int, reason: str, text: bytes) -> Reject:
    """Return what goes to quarantine of a piece of a batch."""
    return Reject(
        source=batch.source,
        origin=batch.origin,
        offset=offset,
        reason=reason,
        size=len(text),
        sample=text[:SAMPLE_BYTES],
    )
