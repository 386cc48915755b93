"""Ingest with workers does what ingest without them does, in the same order."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

from lanner.audit.redaction.redactor import Redaction
from lanner.audit.redaction.settings import RedactionSettings
from lanner.config.folders import DataFolder
from lanner.detect.engine import Engine
from lanner.outputs.throttle import Throttle, ThrottleSettings
from lanner.pipeline.committer import Committer
from lanner.pipeline.counts import Counts
from lanner.pipeline.delivery import Lane
from lanner.pipeline.ingest import Detector, Ingest
from lanner.pipeline.ingest_pooled import PooledIngest
from lanner.pipeline.ingest_process import build_engine
from lanner.pipeline.policy_watch import PolicyWatch
from lanner.pipeline.redelivery import RedeliveryFilter
from lanner.pipeline.workers.pool import Pool
from lanner.pipeline.workers.protocol import Failure
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.policy.watch_settings import PolicySettings
from lanner.rules.falco.documents import load_texts
from lanner.settings.model import Settings
from lanner.sources.history import read_lines
from lanner.state.spool import SpoolReader, SpoolWriter
from lanner.state.store import Store

REDACTION = Redaction(RedactionSettings(), bytes(32))
LOG = Path(__file__).parents[2] / "examples" / "audit.jsonl.zst"
RULE = """
- rule: {name}
  desc: d
  condition: ka.verb=create and ka.target.subresource=exec
  output: "%ka.auditid"
  priority: WARNING
  source: k8s_audit
"""


def rule_set(engine: Engine) -> RuleSet:
    correlations = tuple(engine.correlations)
    return RuleSet(tuple(engine.rules), hostname="h", correlations=correlations, redaction=REDACTION)


def engine(name: str = "Exec") -> Engine:
    return Engine(load_texts([("rules.yaml", RULE.format(name=name))]).rules, hostname="h")


class Wired:
    """Ingest on a data folder of its own, with or without workers; `end` makes all durable."""

    def __init__(
        self, root: Path, output, rules: Engine, *, workers: int, throttle: Throttle, policy: PolicyWatch | None
    ) -> None:
        self.folder, self.output = DataFolder(root), output
        self.store = Store(self.folder.state)
        self.lane = Lane(output, self.store)
        self.lane._behind = False
        self.committer = Committer(SpoolWriter(self.folder.spool), self.store, [self.lane])
        self.committer.start()
        self.detector, self.counts = Detector(rules, throttle, REDACTION.redactor()), Counts()
        redelivery = RedeliveryFilter(self.store)
        self.inline = Ingest(self.detector, self.committer, [self.lane], redelivery, self.counts, policy)
        self.ingest: Ingest | PooledIngest = self.inline
        self.told: list[str] = []
        if workers > 1:
            self.pool = Pool(rule_set(rules), workers, deadly=lambda *_: None, tell=self.told.append)
            self.ingest = PooledIngest(self.inline, self.pool, rule_set)
            self.ingest.start()

    def end(self) -> dict:
        """Return all that is left behind."""
        if isinstance(self.ingest, PooledIngest):
            assert self.ingest.drain(60)
        assert self.committer.close(30)
        records = SpoolReader(self.folder.spool, after=0).read(1 << 30)
        return {
            "taken": self.output.taken,
            "records": [(one.source, one.checkpoint, one.offsets, one.lines) for one in records],
            "rejects": [(one.offset, one.reason, one.sample) for record in records for one in record.rejects],
            "alerts": [(one.id, one.alert) for one in self.store.alerts(limit=5000)],
            "events": [self.store.alert_event(one.id) for one in self.store.alerts(limit=5000)],
            "counts": (self.counts.events, self.counts.alerts, self.counts.rejects, self.counts.duplicates),
            "lag": self.counts._newest and self.counts._newest[0],
            "throttled": self.detector._throttle.suppressed,
        }

    def close(self) -> None:
        if isinstance(self.ingest, PooledIngest):
            self.ingest.close()
        self.committer.close(1)
        self.lane.close()
        self.store.close()


@pytest.fixture
def wired(tmp_path, recorder):
    """Make ingests; all are closed."""
    made: list[Wired] = []

    def make(
        workers: int,
        rules: Engine | None = None,
        throttle: ThrottleSettings | None = None,
        policy: PolicySettings | None = None,
    ) -> Wired:
        throttled = Throttle(throttle or ThrottleSettings(), clock=lambda: 0.0)
        root, used = tmp_path / str(len(made)), rules or engine()
        watch = PolicyWatch(policy, "h", lambda _: None, former={}) if policy else None
        made.append(Wired(root, recorder(), used, workers=workers, throttle=throttled, policy=watch))
        return made[-1]

    yield make
    for one in made:
        one.close()


def both(wired, batches, **more) -> dict:
    """Send batches through ingest without and with workers; they leave the same behind."""
    ends = []
    for workers in (1, 2):
        one = wired(workers, **more)
        for made, repeats in batches():
            one.ingest.emit(made, repeats=repeats)
        ends.append(one.end())
    assert ends[0] == ends[1]
    return ends[1]


def test_a_real_log_in_batches_of_any_size_with_rubbish_between_leaves_the_same_behind(wired, batch):
    lines = [line.data for line in read_lines(LOG)][:3000]

    def batches():
        chance, at = random.Random(3), 0
        while at < len(lines):
            some = lines[at : at + chance.choice([0, 1, 7, 400])]
            if chance.random() < 0.3:
                some = [*some, b'{"kind":"EventList","items":[' + b",".join([*some[:3], b"1"]) + b"]}", b"rubbish"]
            yield batch(*some, source=chance.choice(["file:/a", "file:/b"]), at=at), False
            at += max(1, len(some))

    left = both(wired, batches, rules=build_engine(Settings(hostname="h"), REDACTION))
    assert any(b"lanner:redacted:" in kept for kept in left["events"])
    assert left["rejects"]


def test_repeated_events_are_passed_over_with_their_alerts(wired, batch, event):
    def batches():
        for names in (["a", "b"], ["b", "c", "b"], ["a"], ["d", "c"]):
            items = b",".join(event(name, attack=True) for name in names)
            yield batch(b'{"kind":"EventList","items":[' + items + b"]}"), True

    left = both(wired, batches)
    assert left["taken"] == ["a", "b", "c", "d"]
    assert left["counts"] == (4, 4, 0, 4)


def test_the_parent_compares_events_with_the_policy(wired, batch, event, tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Request}]\n")
    os.utime(path, (1, 1))

    def batches():
        yield batch(event("a"), event("b", attack=True)), False
        yield batch(event("c", attack=True), event("b", attack=True)), True

    left = both(wired, batches, policy=PolicySettings(file=str(path)))
    assert left["taken"] == ["b", "a", "c", "b"]


def test_the_throttle_sees_alerts_in_order(wired, batch, event):
    def batches():
        for number in range(30):
            yield batch(*(event(f"{number}-{one}", attack=True) for one in range(3))), False

    left = both(wired, batches, throttle=ThrottleSettings(rate=1, max_burst=10))
    assert len(left["taken"]) == 10
    assert left["throttled"] == 80


def test_killed_workers_change_nothing(wired, batch, event):
    def batches():
        for number in range(200):
            yield batch(*(event(f"{number}-{one}", attack=one == 5) for one in range(10)), at=number * 10), False

    plain, killed = wired(1), wired(2)
    for made, _ in batches():
        plain.ingest.emit(made)
    chance = random.Random(1)
    for index, (made, _) in enumerate(batches()):
        killed.ingest.emit(made)
        if index % 40 == 20:
            seats = [seat.process for seat in killed.pool._seats if seat.process]
            if seats:
                os.kill(chance.choice(seats).pid, signal.SIGKILL)
    assert plain.end() == killed.end()
    assert killed.ingest.status("")["worker_restarts"] == len(killed.told) > 0


def test_rules_are_exchanged_between_two_batches(wired, batch, event):
    one = wired(2)
    for number in range(40):
        if number % 10 == 0:
            one.ingest.exchange(engine(f"Rule {number}"))
        one.ingest.emit(batch(event(str(number), attack=True)))
    alerts = one.end()["alerts"]
    assert [alert.rule for _, alert in reversed(alerts)] == [f"Rule {number // 10 * 10}" for number in range(40)]


def test_an_event_that_breaks_the_engine_in_a_worker_is_counted_and_kept(wired, batch, event):
    """Nothing that can be loaded breaks the engine, so the answer is broken on its way."""
    one = wired(2)
    real = one.pool._finished

    def finished():
        task = real()
        if task is not None:
            task.found.failures.append(Failure(0, "a", "Traceback"))
        return task

    one.pool._finished = finished
    one.ingest.emit(batch(event("a")))
    assert one.end()["records"][0][3] == [event("a")]
    assert one.detector.failures == 1


def test_batches_are_acknowledged_once_durable(wired, batch, event):
    heard = []
    one = wired(2)
    for number in range(5):
        one.ingest.emit(batch(event(str(number)), durable=lambda number=number: heard.append(number)))
    one.end()
    assert heard == list(range(5))


def test_what_breaks_the_order_of_answers_is_told(wired, batch, event, until, monkeypatch):
    one = wired(2)
    monkeypatch.setattr(one.inline, "finish", lambda *_: 1 / 0)
    one.ingest.emit(batch(event("a")))
    assert isinstance(until(lambda: one.ingest.failure), ZeroDivisionError)
    assert one.ingest.status("worse")["problem"] == "worse"
