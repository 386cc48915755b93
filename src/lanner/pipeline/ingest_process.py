"""The ingest process: builds the parts, recovers, runs the sources, publishes its status, ends in order."""

from __future__ import annotations

import gc
import math
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

import structlog

from lanner import outputs, sources
from lanner.audit.batch import Batch, Checkpoint
from lanner.audit.redaction.redactor import Redaction
from lanner.config.folders import DataFolder
from lanner.config.salt import load_salt
from lanner.detect.engine import Engine
from lanner.errors import GroundError, LannerError
from lanner.outputs.throttle import Throttle
from lanner.pipeline import rulebook
from lanner.pipeline.committer import Committer
from lanner.pipeline.counts import LOADED_AGAIN, Counts
from lanner.pipeline.delivery import CLOSE_SECONDS, Lane
from lanner.pipeline.ingest import Detector, Ingest
from lanner.pipeline.ingest_pooled import PooledIngest
from lanner.pipeline.policy_watch import PolicyWatch
from lanner.pipeline.recovery import open_store, recover
from lanner.pipeline.redelivery import RedeliveryFilter
from lanner.pipeline.workers.pool import Pool
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.pipeline.workers.task import Task
from lanner.settings.model import Settings
from lanner.sources.source import Source
from lanner.state import spool, trimming
from lanner.state.lock import held
from lanner.state.spool import SpoolWriter
from lanner.state.store import Store

TICK_SECONDS = 0.5
PRUNE_TICKS = 120
RULE_TICKS = 4
TRIM_TICKS = 4
DRAIN_SECONDS = 10.0
SWITCH_SECONDS = 0.0001
KEPT_ALERTS = 200_000
SEEN_SECONDS = 900.0  # kube-apiserver repeats a batch five times within some minutes, then drops it
SEGMENTS = 8
_LOG = structlog.get_logger("lanner.ingest")


def run(settings: Settings, stop: threading.Event, reload: threading.Event) -> None:
    """Ingest until `stop` is set; `reload` asks for the rules to be read again.

    Raises UsageError for rules that do not load, GroundError when the data folder or a source cannot be used.
    """
    # A thread that waits for the interpreter gets it within a tenth of a millisecond: the path to an alert is short,
    # and the thread that commits gives it away with each call to SQLite and the disk.
    sys.setswitchinterval(SWITCH_SECONDS)
    folder = DataFolder(settings.data_folder)
    with held(folder.lock("ingest"), wait_seconds=10):
        process = IngestProcess(settings, folder)
        try:
            process.start()
            process.run(stop, reload)
        finally:
            process.close()


def redaction_of(settings: Settings, folder: DataFolder) -> Redaction | None:
    """Return what redacts, None where the settings say that nothing does; raises GroundError for a bad salt."""
    return Redaction(settings.redaction, load_salt(folder.salt)) if settings.redaction.enabled else None


def build_engine(settings: Settings, redaction: Redaction | None = None) -> Engine:
    """Load and compile the rules; raises UsageError when one does not load."""
    loaded = rulebook.load_rules(settings.rules)
    return Engine(
        loaded.rules,
        correlations=loaded.correlations,
        matching=settings.rules.matching,
        minimum_priority=settings.rules.priority,
        hostname=settings.host,
        shown=redaction.redactor().redact_event if redaction else None,
    )


def rule_set(settings: Settings, redaction: Redaction | None, engine: Engine) -> RuleSet:
    """Return an engine's rules in the form in which workers get them."""
    parts = tuple(engine.rules), settings.rules.matching, settings.host
    return RuleSet(*parts, correlations=tuple(engine.correlations), redaction=redaction)


class IngestProcess:
    """All parts of ingest and their order of start and end."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        self._settings, self._folder = settings, folder
        self._began = time.monotonic()
        self._counts = Counts()
        self._signature = rulebook.signature(settings.rules)
        self._throttle = Throttle(settings.throttle)
        self._redaction = redaction_of(settings, folder)
        redactor = self._redaction.redactor() if self._redaction else None
        detector = Detector(build_engine(settings, self._redaction), self._throttle, redactor, settings.habits)
        self._detector = detector
        self._store: Store = open_store(folder, self._note)
        # Outputs first: what recovery detects again is theirs too, even in a new database.
        self._lanes = [Lane(outputs.create(each), self._store) for each in settings.outputs]
        for name in self._store.keep_outputs([lane.name for lane in self._lanes]):
            self._note(f"output {name} is no longer configured; alerts are no longer kept for it")
        detector.remember(*self._store.memory())
        detector.grouping.restore(self._store)
        self._recovered = recover(settings, folder, self._store, detector, self._note)
        segment_bytes = min(spool.SEGMENT_BYTES, settings.spool.max_bytes // SEGMENTS)
        next_sequence = self._recovered.next_sequence
        self._spool = SpoolWriter(folder.spool, next_sequence=next_sequence, segment_bytes=segment_bytes)
        for damage in self._spool.damaged:
            self._note(damage)
        self._committer = Committer(self._spool, self._store, self._lanes)
        redelivery = RedeliveryFilter(self._store)
        self._policy = self._watch_policy()
        self._inline = Ingest(detector, self._committer, self._lanes, redelivery, self._counts, self._policy)
        self._pooled: PooledIngest | None = None
        self._stop_sources = threading.Event()
        self._threads: list[threading.Thread] = []
        self._failures: list[Exception] = []

    def _watch_policy(self) -> PolicyWatch | None:
        policy = self._settings.policy
        if not (policy.file and policy.watch):
            return None
        former = self._store.statuses().get("ingest", {}).get("policy", {})
        return PolicyWatch(policy, self._settings.host, self._note, former=former)

    def start(self) -> None:
        """Start outputs, committer and sources."""
        for lane in self._lanes:
            lane.start()
        self._committer.start()
        self._warn_of_no_rules()
        if self._settings.workers > 1:
            self._pooled = self._start_workers()
        # What lives now lives long: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        for each in self._settings.sources:
            self._start_source(sources.create(each, self._note), repeats=each.repeats)
        self._publish()

    @property
    def _ingest(self) -> Ingest | PooledIngest:
        return self._pooled or self._inline

    def _start_workers(self) -> PooledIngest:
        settings = self._settings
        rules = rule_set(settings, self._redaction, self._detector.engine)
        pool = Pool(rules, settings.workers, deadly=self._note_deadly, tell=_LOG.warning)
        pooled = PooledIngest(self._inline, pool, partial(rule_set, settings, self._redaction))
        pooled.start()
        return pooled

    def _note_deadly(self, task: Task, line: int) -> None:
        batch, _ = task.payload
        place = f"{batch.origin}:{batch.offsets[line]}"
        self._note(f"{place}: {task.refused[line]}; it goes to quarantine and not to the archive; please report this")

    def _start_source(self, source: Source, *, repeats: bool) -> None:
        checkpoint = self._recovered.checkpoints.get(source.id)

        def emit(batch: Batch) -> None:
            self._ingest.emit(batch, repeats=repeats)

        def work(start: Checkpoint | None) -> None:
            try:
                source.run(start, emit, self._stop_sources)
            except Exception as error:  # noqa: BLE001 - a source must not end unseen: the main thread raises what ended it
                self._failures.append(error)

        thread = threading.Thread(target=work, args=(checkpoint,), name=f"source {source.id}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def run(self, stop: threading.Event, reload: threading.Event) -> None:
        """Publish, prune and reload until told to stop; raises what ended a source."""
        tick = 0
        while not stop.wait(TICK_SECONDS):
            tick += 1
            self._watch_files(tick, reload)
            self._bound_spool()
            if tick % TRIM_TICKS == 0 or self._counts.spool_full:
                self._trim()
            self._bring_hunted()
            if self._pooled is None:
                self._inline.idle()
            self._publish()
            if tick % PRUNE_TICKS == 0:
                self._prune()
            if self._committer.failure is not None:
                raise self._committer.failure
            if self._pooled is not None and self._pooled.failure is not None:
                raise self._pooled.failure
            if self._failures:
                raise self._failures[0]

    def _watch_files(self, tick: int, reload: threading.Event) -> None:
        asked = reload.is_set()
        reload.clear()
        if self._policy is not None and (asked or tick % RULE_TICKS == 0):
            self._policy.reread(asked=asked)
        watched = self._settings.rules.watch and tick % RULE_TICKS == 0
        if not (asked or watched):
            return
        signature = rulebook.signature(self._settings.rules)
        if asked or signature != self._signature:
            self._signature = signature
            self._reload()

    def _reload(self) -> None:
        try:
            engine = build_engine(self._settings, self._redaction)
        except LannerError as error:
            self._note(f"the rules have a mistake, the old ones stay in force: {error}")
            return
        self._ingest.exchange(engine)
        loaded = f"{LOADED_AGAIN}: {len(engine.rules)} rules, {len(engine.correlations)} correlations"
        self._note(loaded, _LOG.info)
        self._warn_of_no_rules()

    def _warn_of_no_rules(self) -> None:
        if not self._detector.engine.rules:
            self._note("no rule is enabled: nothing will be detected; see rules.files and rules.select")

    def _bound_spool(self) -> None:
        size = spool.spool_bytes(self._folder.spool)
        # The newest segment is never deleted, so it alone must not be what fills the spool.
        full = size > self._settings.spool.max_bytes and len(spool.segments(self._folder.spool)) > 1
        self._committer.hold(full=full)
        self._counts.spool_bytes = size
        self._counts.spool_full = full

    def _bring_hunted(self) -> None:
        try:
            self._inline.bring_hunted(self._store)
        except GroundError as error:
            _LOG.warning(str(error))

    def _trim(self) -> None:
        """Delete what is archived. Lines are in clear here: the newest segment is ended so that they go, too."""
        try:
            archived = self._archived()
            self._spool.begin_anew(archived)
            trimming.trim(self._folder.spool, self._store, archived)
        except GroundError as error:
            _LOG.warning(str(error))

    def _archived(self) -> int:
        """Return the number up to which nobody needs the spool; 0 until the archiver has said it anew."""
        if not self._settings.archive.enabled:
            return self._store.sequence() or 0
        since = time.monotonic() - self._began
        said = self._store.statuses().get("archiver", {})
        return int(said.get("sequence", 0)) if said.get("age", math.inf) < since else 0

    def _publish(self) -> None:
        engine = self._detector.engine
        status = self._counts.status() | {
            "rules": len(engine.rules),
            "correlations": self._detector.teller.status(),
            "repeats": {"held_back": dict(self._detector.repeats.held_back)},
            "habits": self._detector.habits.status(),
            "incidents": {"open": self._detector.grouping.open},
            "matching": self._settings.rules.matching,
            "hostname": self._settings.host,
            "throttled": self._throttle.suppressed,
            "failures": self._detector.failures,
            "problem": self._committer.problem or self._counts.problem(),
            "workers": 1,
            "worker_restarts": 0,
        }
        if self._policy is not None:
            status["policy"] = self._policy.status()
        if self._pooled is not None:
            status |= self._pooled.status(status["problem"])
        try:
            self._store.set_status("ingest", status)
        except GroundError as error:
            _LOG.warning(str(error))

    def _prune(self) -> None:
        try:
            lost = self._store.prune(
                alerts=KEPT_ALERTS,
                outputs=[lane.name for lane in self._lanes],
                quarantine_bytes=self._settings.quarantine.max_bytes,
                seen_seconds=SEEN_SECONDS,
            )
        except GroundError as error:
            _LOG.warning(str(error))
        else:
            if lost:
                self._note(f"{lost} alerts were given up: an output has not taken any for too long")

    def _note(self, text: str, log: Callable[[str], None] | None = None) -> None:
        self._counts.notes.append(text)
        (log or _LOG.warning)(text)

    def close(self) -> None:
        """Stop the sources, make durable what they gave, hand the alerts on, publish the last status."""
        self._stop_sources.set()
        if self._committer.alive:
            deadline = time.monotonic() + DRAIN_SECONDS
            for thread in self._threads:
                thread.join(max(0.0, deadline - time.monotonic()))
            handed_on = self._pooled is None or self._pooled.drain(DRAIN_SECONDS)
            if handed_on:
                self._inline.keep_memory()
            if not (self._committer.close(DRAIN_SECONDS) and handed_on):
                _LOG.error(
                    "the last batches could not be written; their sources send or hold them again at the next start"
                )
        if self._pooled is not None:
            self._pooled.close()
        for lane in self._lanes:
            lane.stop()
        deadline = time.monotonic() + CLOSE_SECONDS
        for lane in self._lanes:
            lane.close(max(0.0, deadline - time.monotonic()))
        self._publish()
        self._spool.close()
        self._leave()
        self._store.close()

    def _leave(self) -> None:
        """Leave no line in clear behind where no archiver does that after this."""
        try:
            if not self._settings.archive.enabled:
                spool.retire(self._folder.spool, self._archived())
                trimming.trim(self._folder.spool, self._store, self._archived())
        except GroundError as error:
            _LOG.warning(str(error))
