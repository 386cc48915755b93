"""Counting alerts by rule and values."""

from __future__ import annotations

from lanner.rules.suggest import sightings as module
from lanner.rules.suggest.sightings import FIELDS, Sightings, chosen


def row(user):
    return (user, *(None for _ in FIELDS[1:]))


def test_alerts_are_counted_by_rule_and_user_the_noisiest_first():
    found = Sightings()
    for user, seconds, baseline in (("a", 5.0, True), ("b", 9.0, True), ("b", 2.0, True), ("b", 30.0, False)):
        found.add("R", row(user), seconds, baseline=baseline, attack=False)
    groups = list(found.groups())
    assert [(group.user, group.baseline) for group in groups] == [("b", 2), ("a", 1)]
    (tally,) = groups[0].rows.values()
    assert (tally.first, tally.last, tally.rest, tally.attacks) == (2.0, 9.0, 1, 0)


def test_what_is_beyond_the_memory_is_counted(monkeypatch):
    monkeypatch.setattr(module, "MOST_KEYS", 1)
    found = Sightings()
    for user in ("a", "b", "a"):
        found.add("R", row(user), 1.0, baseline=True, attack=False)
    assert (found.passed_over, [group.user for group in found.groups()]) == (1, ["a"])


def test_values_are_chosen_in_the_order_asked_for():
    values = tuple(str(number) for number in range(len(FIELDS)))
    assert chosen(values, (FIELDS[3], FIELDS[0])) == ("3", "0")
