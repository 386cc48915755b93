"""A deviation is told at once, then after the re-arm time with what was counted meanwhile."""

from __future__ import annotations

from lanner.policy import watch_ledger
from lanner.policy.watch_ledger import NS, Ledger
from lanner.policy.watch_model import Deviation, Kind, Witness


def deviation(second=0, *, kind=Kind.LOWER_LEVEL, rule=0, target="pods", events=1):
    witness = Witness(f"t{second}", second * NS, "a", "ResponseComplete", "dev", "get", target, "")
    return Deviation(kind, rule, "Request", "Metadata", witness, events)


def told(ledger, *found):
    return [count for _, count in ledger.add(found)]


def test_once_for_each_kind_and_rule():
    ledger = Ledger(rearm=60)
    assert told(ledger, deviation(), deviation(1), deviation(2, rule=1), deviation(3, kind=Kind.HIGHER_LEVEL)) == [
        1,
        1,
        1,
    ]
    assert ledger.counts["lower-level"] == 3
    assert ledger.counts["gone-silent"] == 0


def test_again_after_the_rearm_time_with_the_count_since():
    ledger = Ledger(rearm=60)
    assert told(ledger, deviation(0), deviation(30), deviation(59), deviation(60), deviation(61)) == [1, 3]
    (entry,) = ledger.entries()
    assert (entry.count, entry.first.witness.time, entry.last) == (5, "t0", "t61")


def test_events_behind_a_deviation_count_as_many():
    ledger = Ledger(rearm=60)
    assert told(ledger, deviation(kind=Kind.STAGE_MISSING, events=100)) == [100]
    assert ledger.counts["stage-missing"] == 100


def test_each_silent_resource_is_told_by_itself():
    found = (deviation(kind=Kind.GONE_SILENT, target=target) for target in ("pods", "secrets"))
    assert told(Ledger(rearm=60), *found) == [1, 1]


def test_what_blinds_comes_first():
    ledger = Ledger(rearm=0)
    told(ledger, deviation(kind=Kind.HIGHER_LEVEL), deviation(kind=Kind.LOWER_LEVEL), deviation(kind=Kind.NOT_DROPPED))
    assert [entry.first.kind for entry in ledger.entries()] == [
        Kind.LOWER_LEVEL,
        Kind.HIGHER_LEVEL,
        Kind.NOT_DROPPED,
    ]


def test_forgotten_it_is_told_anew_and_counts_stay():
    ledger = Ledger(rearm=60)
    told(ledger, deviation())
    ledger.forget()
    assert told(ledger, deviation(1)) == [1]
    assert ledger.counts["lower-level"] == 2


def test_the_number_of_entries_is_bounded(monkeypatch):
    monkeypatch.setattr(watch_ledger, "MAX_ENTRIES", 2)
    ledger = Ledger(rearm=0)
    assert told(ledger, *(deviation(rule=number) for number in range(5))) == [1, 1]
    assert ledger.counts["lower-level"] == 5
