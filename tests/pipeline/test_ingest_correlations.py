"""Correlations and incidents on the live stream: over restarts, changes of rules, and times when nothing comes."""

from __future__ import annotations

import msgspec
import pytest

from lanner.detect.engine import Engine
from lanner.detect.incidents import Incident
from lanner.outputs.throttle import Throttle, ThrottleSettings
from lanner.pipeline import ingest as module
from lanner.pipeline.committer import Committer
from lanner.pipeline.counts import Counts
from lanner.pipeline.delivery import Lane
from lanner.pipeline.ingest import Detector, Ingest
from lanner.pipeline.redelivery import RedeliveryFilter
from lanner.rules.loading import load_texts
from lanner.state.spool import SpoolReader, SpoolWriter
from lanner.state.store import Store

DOCUMENT = """
title: Twice
level: high
correlation:
  type: event_count
  events: {seen: ka.verb = get}
  group-by: [ka.user.name]
  timespan: 1h
  condition: {gte: 2}
---
title: Unanswered
level: low
correlation:
  type: absence
  events: {asked: ka.verb = create, answered: ka.verb = delete}
  group-by: [ka.user.name]
  timespan: 5s
"""


def make_event(name, second, verb="get"):
    return msgspec.json.encode(
        {
            "kind": "Event",
            "auditID": name,
            "stage": "ResponseComplete",
            "verb": verb,
            "user": {"username": "eve"},
            "sourceIPs": ["192.0.2.7"],
            "stageTimestamp": f"2024-05-01T10:20:{second:02d}.000000Z",
        }
    )


def make_engine(text=DOCUMENT):
    return Engine([], correlations=load_texts([("c.yaml", text)]).require().correlations)


class Life:
    """One life of ingest on a data folder; `end` leaves orderly, or as a kill would."""

    def __init__(self, folder, output, engine):
        self.store = Store(folder.state)
        last = self.store.sequence() or 0
        lane = Lane(output, self.store)
        lane._behind = False
        self.committer = Committer(SpoolWriter(folder.spool, next_sequence=last + 1), self.store, [lane])
        self.committer.start()
        detector = Detector(engine, Throttle(ThrottleSettings()))
        detector.remember(*self.store.memory())
        detector.grouping.restore(self.store)
        self.ingest = Ingest(detector, self.committer, [lane], RedeliveryFilter(self.store), Counts())

    def end(self, *, orderly):
        if orderly:
            self.ingest.keep_memory()
        assert self.committer.close(10)
        alerts = [each.alert for each in reversed(self.store.alerts())]
        kept = self.store.memory()
        self.store.close()
        return alerts, kept


READING = """
- rule: Read
  desc: x
  condition: ka.verb = get
  output: x
  priority: WARNING
  source: k8s_audit
"""


@pytest.fixture
def live(folder, recorder):
    return lambda engine=None: Life(folder, recorder(), engine or make_engine())


@pytest.mark.parametrize("orderly", [True, False], ids=["after a stop", "after a kill"])
def test_what_was_seen_before_a_restart_still_counts(live, batch, orderly):
    first = live()
    first.ingest.emit(batch(make_event("a", 1)))
    alerts, (memory, hits, _) = first.end(orderly=orderly)
    assert alerts == []
    assert (memory is not None, len(hits)) == ((True, 0) if orderly else (False, 1))
    second = live()
    second.ingest.emit(batch(make_event("b", 2), make_event("later", 50, "watch"), make_event("c", 51)))
    ((alert, *_), _) = second.end(orderly=True)
    assert (alert.rule, alert.lanner.related) == ("Twice", ["a", "b"])


def test_what_was_told_before_a_restart_is_not_told_again(live, batch):
    first = live()
    first.ingest.emit(batch(make_event("a", 1), make_event("b", 2), make_event("c", 30)))
    told, _ = first.end(orderly=False)
    second = live()
    second.ingest.emit(batch(make_event("d", 31), make_event("e", 59)))
    both, _ = second.end(orderly=False)
    assert [alert.rule for alert in told] == [alert.rule for alert in both] == ["Twice"]


def test_a_change_of_rules_keeps_what_correlations_remember_that_stay(live, batch):
    life = live()
    life.ingest.emit(batch(make_event("a", 1)))
    life.ingest.exchange(make_engine(DOCUMENT.partition("---")[2] + "---" + DOCUMENT.partition("---")[0]))
    life.ingest.emit(batch(make_event("b", 2), make_event("c", 50)))
    alerts, _ = life.end(orderly=True)
    assert [alert.lanner.related for alert in alerts] == [["a", "b"]]


def test_an_absence_is_told_when_nothing_comes_any_more(live, batch, monkeypatch, folder):
    life = live()
    life.ingest.emit(batch(make_event("a", 1, "create")))
    life.ingest.idle()
    clock = life.ingest._rested
    monkeypatch.setattr(module, "time", type("Later", (), {"monotonic": lambda: clock + 9, "time": lambda: 0.0}))
    life.ingest.idle()
    monkeypatch.undo()
    ((alert,), _) = life.end(orderly=False)
    assert (alert.rule, alert.lanner.related) == ("Unanswered", ["a"])
    assert [record.lines for record in SpoolReader(folder.spool, after=0).read()] == [
        [make_event("a", 1, "create")],
        [],
    ]


def test_alerts_say_their_incident_which_is_kept_and_goes_on_after_a_restart(live, batch, folder):
    first = live()
    first.ingest.emit(batch(make_event("a", 1), make_event("b", 2), make_event("c", 30)))
    ((alert,), _) = first.end(orderly=True)
    second = live()
    second.ingest.emit(batch(make_event("d", 31, "create"), make_event("e", 59)))
    alerts, _ = second.end(orderly=True)
    assert {each.lanner.incident for each in alerts} == {alert.lanner.incident}
    store = Store(folder.state)
    (row,) = store.incidents()
    incident = msgspec.json.decode(row.body, type=Incident)
    assert store.incident(row.id) == row
    store.close()
    assert (incident.rules, incident.actors, incident.addresses) == (
        {"Twice": 1, "Unanswered": 1},
        ["eve"],
        ["192.0.2.7"],
    )


def on_day(name, day):
    return make_event(name, 1).replace(b"2024-05-01", b"2024-05-%02d" % day)


@pytest.mark.parametrize("orderly", [True, False], ids=["after a stop", "after a kill"])
def test_habits_are_learnt_over_restarts(live, batch, orderly):
    engine = Engine(load_texts([("r.yaml", READING)]).require().rules)
    for day in range(1, 8):
        life = live(engine)
        life.ingest.emit(batch(on_day(f"day {day}", day)))
        alerts, (memory, _, since) = life.end(orderly=orderly)
        assert (memory is not None, len(since)) == ((True, 0) if orderly else (False, day))
        assert alerts[-1].priority == "Warning"
    last = live(engine)
    last.ingest.emit(batch(on_day("day 8", 8)))
    alerts, _ = last.end(orderly=orderly)
    assert (alerts[-1].priority, alerts[-1].lanner.habit.count) == ("Informational", 8)


def test_a_change_of_rules_keeps_habits(live, batch):
    engine = Engine(load_texts([("r.yaml", READING)]).require().rules)
    life = live(engine)
    life.ingest.emit(batch(*(on_day(f"day {day}", day) for day in range(1, 8))))
    life.ingest.exchange(Engine(load_texts([("r.yaml", READING + READING.replace("Read", "Also"))]).require().rules))
    life.ingest.emit(batch(on_day("day 8", 8)))
    alerts, _ = life.end(orderly=False)
    assert {each.rule: each.priority for each in alerts[-2:]} == {"Read": "Informational", "Also": "Warning"}


HANDED = """
title: Handed on
level: low
correlation:
  type: join
  events: {made: ka.verb = create, used: ka.verb = get}
  where: [used.lanner.address != made.lanner.address]
  timespan: 1h
  suppress: 1s
  incident-of: made
"""


def elsewhere(name, second, verb="get"):
    return make_event(name, second, verb).replace(b"192.0.2.7", b"198.51.100.9")


@pytest.mark.parametrize("orderly", [True, False], ids=["after a stop", "after a kill"])
@pytest.mark.parametrize("binds", [True, False])
def test_an_alert_joins_the_incident_of_who_made_an_earlier_event_where_it_asks_for_that(live, batch, binds, orderly):
    text = HANDED if binds else HANDED.replace("  incident-of: made\n", "")
    rules = load_texts([("r.yaml", READING.replace("ka.verb = get", "ka.verb = create"))]).require().rules
    engine = Engine(rules, correlations=load_texts([("c.yaml", text)]).require().correlations)
    first = live(engine)
    first.ingest.emit(batch(make_event("a", 1, "create")))
    first.end(orderly=orderly)
    second = live(engine)
    second.ingest.emit(batch(elsewhere("b", 2), elsewhere("c", 30, "watch"), elsewhere("d", 40)))
    alerts, _ = second.end(orderly=True)
    assert [each.rule for each in alerts] == ["Read", "Handed on"]
    assert alerts[1].lanner.links == (["address 192.0.2.7"] if binds else [])
    assert (alerts[0].lanner.incident == alerts[1].lanner.incident) is binds
