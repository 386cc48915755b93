"""From a source's batch to alerts, rejects and what is committed."""

from __future__ import annotations

import os

import pytest

from lanner.audit.redaction.redactor import Redactor
from lanner.audit.redaction.settings import RedactionSettings
from lanner.detect.alert import encode_alert
from lanner.detect.engine import Engine
from lanner.outputs.throttle import Throttle, ThrottleSettings
from lanner.pipeline.committer import Committer
from lanner.pipeline.counts import Counts
from lanner.pipeline.delivery import Lane
from lanner.pipeline.ingest import Detector, Ingest
from lanner.pipeline.policy_watch import PolicyWatch
from lanner.pipeline.redelivery import RedeliveryFilter
from lanner.policy.watch_settings import PolicySettings
from lanner.rules.falco.documents import load_texts
from lanner.state.spool import SpoolReader, SpoolWriter


@pytest.fixture
def policed(wired, tmp_path):
    """Ingest that compares with a policy under which each event of these tests is at too low a level."""
    path = tmp_path / "policy.yaml"
    path.write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Request}]\n")
    os.utime(path, (1, 1))
    settings = PolicySettings(file=str(path))
    wired._policy = PolicyWatch(settings, "h", lambda _: None, former={})
    return wired


def flush(ingest):
    assert ingest._committer.close(10)


def test_alerts_go_out_lines_and_alerts_are_kept_rejects_are_in_quarantine(wired, folder, store, event, batch):
    wired.emit(batch(event("a"), b"\x00garbage", event("b", attack=True)))
    flush(wired)
    assert wired.output.taken == ["b"]
    record = SpoolReader(folder.spool, after=0).read()[0]
    assert (record.lines, record.offsets) == ([event("a"), event("b", attack=True)], [0, 2])
    assert [(one.alert.rule, store.alert_event(one.id)) for one in store.alerts()] == [
        ("Exec", event("b", attack=True))
    ]
    assert [(piece.offset, piece.sample) for piece in store.quarantined()] == [(1, b"\x00garbage")]
    assert store.checkpoints()[0] == {"file:/a": {"offset": 3}}
    status = wired.counts.status()
    assert (status["events"], status["alerts"], status["rejects"]) == (2, 1, 1)
    assert status["sources"]["file:/a"]["origin"] == "/a"


def test_what_deviates_from_the_policy_is_alerted_on_after_what_rules_found(policed, store, event, batch):
    policed.emit(batch(event("a"), event("b", attack=True), event("c")))
    flush(policed)
    assert policed.output.taken == ["b", "a"]
    assert [one.alert.rule for one in store.alerts()] == ["Audit policy changed", "Exec"]
    assert store.alert_event(2) == event("a")


def test_a_repeated_batch_gives_its_events_once_and_is_still_acknowledged(wired, folder, store, event, batch):
    heard = []
    for _ in range(2):
        wired.emit(batch(event("a", attack=True), durable=lambda: heard.append(1)), repeats=True)
    flush(wired)
    assert wired.output.taken == ["a"]
    assert len(heard) == 2
    assert [len(record.lines) for record in SpoolReader(folder.spool, after=0).read()] == [1, 0]
    assert wired.counts.duplicates == 1


def test_a_source_that_does_not_repeat_may_send_the_same_event_twice(wired, event, batch):
    for _ in range(2):
        wired.emit(batch(event("a", attack=True)))
    assert wired.output.taken == ["a", "a"]


def test_an_event_that_breaks_the_engine_is_counted_and_kept(wired, folder, event, batch, monkeypatch):
    def broken(_: object) -> None:
        raise RecursionError("a defect")

    monkeypatch.setattr(wired.detector.engine, "process", broken)
    wired.emit(batch(event("a", attack=True)))
    flush(wired)
    assert wired.detector.failures == 1
    assert [len(record.lines) for record in SpoolReader(folder.spool, after=0).read()] == [1]


def test_rules_can_be_exchanged_while_a_source_is_held_up(wired, detector, event, batch):
    """The main thread must not wait for the queue: it is the one that hears of a stop."""
    with wired._lock:
        wired.exchange(Engine([]))
    wired.emit(batch(event("a", attack=True)))
    assert wired.output.taken == []


def test_counts_know_rate_lag_and_trouble(event):
    counts = Counts()
    assert counts.status()["lag_seconds"] is None
    assert counts.problem() == ""
    counts.spool_full = True
    assert "the spool is full" in counts.problem()


SECRET_RULES = """
- rule: Config
  desc: A config map is written
  condition: ka.target.resource=configmaps and ka.req.configmap.obj contains "S3cret"
  output: config (obj=%ka.req.configmap.obj)
  priority: WARNING
  source: k8s_audit
"""
CONFIG = (
    b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"c","stage":"ResponseComplete",'
    b'"requestURI":"/x","verb":"create","user":{"username":"eve"},"objectRef":{"resource":"configmaps"},'
    b'"requestObject":{"data":{"password":"S3cret"}},"stageTimestamp":"2024-05-01T10:20:30.000002Z"}'
)


def test_rules_see_secret_values_and_nothing_that_is_kept_or_sent_has_them(folder, store, recorder, until, batch):
    """The alert's output and fields, the event behind it, and what was refused; the spool keeps the line as it came."""
    redactor = Redactor(RedactionSettings(), bytes(32))
    engine = Engine(load_texts([("rules.yaml", SECRET_RULES)]).rules, shown=redactor.redact_event)
    output = recorder()
    sent = []
    output.send = sent.extend
    lane = Lane(output, store)
    lane.start()
    until(lambda: not lane._behind)
    committer = Committer(SpoolWriter(folder.spool), store, [lane])
    committer.start()
    detector = Detector(engine, Throttle(ThrottleSettings()), redactor)
    Ingest(detector, committer, [lane], RedeliveryFilter(store), Counts()).emit(batch(CONFIG, CONFIG[:-90]))
    assert committer.close(10)
    lane.close()
    (alert,) = sent
    kept = [encode_alert(alert), *(encode_alert(one.alert) for one in store.alerts()), store.alert_event(1)]
    assert all(b"S3cret" not in text and redactor.mark(b"S3cret") in text for text in kept)
    (reject,) = store.quarantined()
    assert b"S3cret" not in reject.sample
    assert SpoolReader(folder.spool, after=0).read()[0].lines == [CONFIG]
