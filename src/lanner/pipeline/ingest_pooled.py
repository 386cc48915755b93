"""Ingest with worker processes: they decode and match, this process keeps the order and does all that is left."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from lanner.audit.batch import Batch, Reject
from lanner.detect.alert import decode_alert
from lanner.detect.correlate.hits import Hit
from lanner.detect.engine import Engine
from lanner.pipeline.ingest import Ingest, Seen, reject
from lanner.pipeline.redelivery import DIGEST_BYTES
from lanner.pipeline.workers.pool import Pool
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.pipeline.workers.task import Task
from lanner.state.kept import NewAlert

LOOK_SECONDS = 0.2


class PooledIngest:
    """What sources emit into; one thread hands on what the workers have answered, in order."""

    def __init__(self, ingest: Ingest, pool: Pool, rule_set: Callable[[Engine], RuleSet]) -> None:
        self._ingest, self._pool, self._rule_set = ingest, pool, rule_set
        self._rules, self._exchanges = pool.rules, deque[tuple[RuleSet, Engine]]()
        self._closing, self._abandoned = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="answers of workers", daemon=True)
        self.failure: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    def emit(self, batch: Batch, *, repeats: bool = False) -> None:
        """Take a batch; returns when it has its place, which is later while too many are in flight."""
        self._pool.submit(batch.lines, (batch, repeats), digests=repeats)

    def exchange(self, engine: Engine) -> None:
        """Use another engine's rules from the next batch on; those in flight keep theirs."""
        rules = self._rule_set(engine)
        self._exchanges.append((rules, engine))
        self._pool.rules = rules

    def _run(self) -> None:
        try:
            while not (self._abandoned.is_set() or (self._closing.is_set() and not self._pool.in_flight)):
                task = self._pool.take(LOOK_SECONDS)
                if task is None:
                    self._rest()
                else:
                    self._follow(task.rules)
                    self._finish(task)
        except Exception as error:  # noqa: BLE001 - a thread must not end unseen: the main thread raises what ended it
            self.failure = error

    def _follow(self, rules: RuleSet) -> None:
        """Correlate by the rules that a batch was looked at with: hits name correlations by their number."""
        while self._exchanges and self._rules is not rules:
            self._rules, engine = self._exchanges.popleft()
            self._ingest.detector.exchange(engine)

    def _rest(self) -> None:
        if not self._pool.in_flight:
            self._follow(self._pool.rules)
        self._ingest.rest()

    def _finish(self, task: Task) -> None:
        batch, repeats = task.payload
        lines, places = task.events()
        offsets = batch.offsets if lines is task.lines else [batch.offsets[index] for index in places]
        fresh: Sequence[int] = range(len(lines))
        digests: list[bytes] = []
        if repeats:
            every = _digests(task)
            fresh = self._ingest.first_time(every)
            lines, offsets = [lines[index] for index in fresh], [offsets[index] for index in fresh]
            digests = [every[index] for index in fresh]
        alerts = self._alerts(task, lines, fresh)
        hits = _hits(task, fresh)
        seen = Seen(
            lines=lines,
            offsets=offsets,
            rejects=[*batch.rejects, *_rejects(task, batch)],
            alerts=[*alerts, *self._ingest.detector.correlate(hits), *self._ingest.of_policy(lines)],
            digests=digests,
            newest=task.found.newest if fresh else None,
            hits=self._ingest.detector.teller.correlator.pack(hits) if hits else b"",
        )
        self._ingest.finish(batch, seen)

    def _alerts(self, task: Task, lines: list[bytes], fresh: Sequence[int]) -> list[NewAlert]:
        """Admit the alerts of fresh events, and count those of them that broke the engine."""
        found, detector = task.found, self._ingest.detector
        if not (found.alerts or found.failures):
            return []
        place = {index: number for number, index in enumerate(fresh)}
        for failure in found.failures:
            if failure.event in place:
                detector.failed(failure.audit_id, failure.trace)
        shown = dict(found.shown)
        alerts = ((decode_alert(alert), index) for index, alert in found.alerts if index in place)
        return [
            detector.admit(alert, shown.get(index, lines[place[index]]))
            for alert, index in alerts
            if detector.repeats.tell(alert)
        ]

    def status(self, problem: str) -> dict[str, Any]:
        """Return what the status says of the workers, and any worse `problem` that there is already."""
        pool = self._pool
        return {"workers": pool.alive, "worker_restarts": pool.restarts, "problem": problem or pool.problem}

    def drain(self, seconds: float) -> bool:
        """Hand on what is in flight, once the sources have stopped; returns whether that was done in time."""
        self._closing.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def close(self) -> None:
        """End the workers; what is still in flight is let go and never durable."""
        self._closing.set()
        self._abandoned.set()
        self._thread.join(2 * LOOK_SECONDS)
        self._pool.close()


def _hits(task: Task, fresh: Sequence[int]) -> list[Hit]:
    if not task.found.hits:
        return []
    wanted = set(fresh)
    return [hit for index, hit in task.found.hits if index in wanted]


def _rejects(task: Task, batch: Batch) -> list[Reject]:
    return [reject(batch, batch.offsets[line], reason, text) for line, reason, text in task.refusals()]


def _digests(task: Task) -> list[bytes]:
    digests = task.found.digests
    return [digests[at : at + DIGEST_BYTES] for at in range(0, len(digests), DIGEST_BYTES)]
