"""Ingest: from a source's batch to alerts and a durable record; the process that must never wait for the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import structlog

from lanner.audit.batch import SAMPLE_BYTES, Batch, Reject
from lanner.audit.decode import Refusal, decode
from lanner.audit.event import Event
from lanner.detect.alert import Alert
from lanner.detect.engine import Engine
from lanner.outputs.throttle import Throttle
from lanner.pipeline.committer import Committer, Prepared
from lanner.pipeline.counts import Counts
from lanner.pipeline.delivery import Lane
from lanner.pipeline.redelivery import RedeliveryFilter
from lanner.state.spool import Record
from lanner.state.store import NewAlert

_LOG = structlog.get_logger("lanner.ingest")


class Detector:
    """Decodes lines and matches events; the engine can be exchanged between two batches.

    `failures` counts events on which the engine broke; they are archived like any other.
    """

    def __init__(self, engine: Engine, throttle: Throttle) -> None:
        self.engine = engine
        self.failures = 0
        self._throttle = throttle

    def alerts(self, events: Sequence[Event]) -> list[NewAlert]:
        """Return the alerts of events in order, each marked where the throttle keeps it from outputs."""
        return [
            NewAlert(alert, event.raw, throttled=not self._throttle.allow())
            for event in events
            for alert in self._process(event)
        ]

    def _process(self, event: Event) -> list[Alert]:
        try:
            return self.engine.process(event)
        except Exception:  # noqa: BLE001 - an event that breaks the engine must not end the watch over all others
            self.failures += 1
            _LOG.exception("detection failed on an event; please report this", audit_id=event.head.audit_id)
            return []

    def alerts_of(self, record: Record) -> list[NewAlert]:
        """Detect again in a record of the spool."""
        return self.alerts([event for line in record.lines for event in decode(line).events])


class Ingest:
    """What sources emit into; several sources' threads may call, one batch is handled at a time."""

    def __init__(
        self,
        detector: Detector,
        committer: Committer,
        lanes: Sequence[Lane],
        redelivery: RedeliveryFilter,
        counts: Counts,
    ) -> None:
        self._detector, self._committer, self._lanes = detector, committer, lanes
        self._redelivery, self._counts = redelivery, counts
        self._lock = threading.Lock()

    def exchange(self, engine: Engine) -> None:
        """Use another engine from the next batch on."""
        self._detector.engine = engine

    def emit(self, batch: Batch, *, repeats: bool = False) -> None:
        """Take a batch; returns when it is detected and queued. `repeats`: its source may send events again."""
        with self._lock:
            # Batches are committed in the order in which outputs were offered them: a cursor says "all up to here".
            self._committer.submit(self._prepare(batch, repeats=repeats))

    def _prepare(self, batch: Batch, *, repeats: bool) -> Prepared:
        events, offsets, rejects = _decode(batch)
        digests: list[bytes] = []
        if repeats:
            events, offsets, digests = self._without_repeats(events, offsets)
        alerts = self._detector.alerts(events)
        delivered = self._offer(alerts)
        self._counts.add(batch, events, len(alerts), len(rejects))
        return Prepared(
            source=batch.source,
            origin=batch.origin,
            received=time.time(),
            checkpoint=batch.checkpoint,
            lines=[event.raw for event in events],
            offsets=offsets,
            rejects=rejects,
            alerts=alerts,
            digests=digests,
            delivered=delivered,
            durable=batch.durable,
        )

    def _without_repeats(self, events: list[Event], offsets: list[int]) -> tuple[list[Event], list[int], list[bytes]]:
        digests = self._redelivery.first_time([event.raw for event in events])
        fresh = [index for index, digest in enumerate(digests) if digest is not None]
        self._counts.duplicates += len(events) - len(fresh)
        return [events[i] for i in fresh], [offsets[i] for i in fresh], [digest for digest in digests if digest]

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
        rejects += [_reject(batch, offset, refusal) for refusal in decoded.refusals]
    if rejects:
        first = rejects[0]
        place = f"{first.origin}:{first.offset}"
        _LOG.warning("not audit events, kept in quarantine", count=len(rejects), reason=first.reason, place=place)
    return events, offsets, rejects


def _reject(batch: Batch, offset: int, refusal: Refusal) -> Reject:
    return Reject(
        source=batch.source,
        origin=batch.origin,
        offset=offset,
        reason=refusal.reason,
        size=len(refusal.raw),
        sample=refusal.raw[:SAMPLE_BYTES],
    )
