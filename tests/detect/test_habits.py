"""What an actor does as a habit is told at a lower priority; all else in full, and nothing is left out."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.detect.alert import Alert, Habit, Origin
from lanner.detect.habits import Habits, HabitSettings
from lanner.detect.incidents import Grouping
from lanner.rules import ir
from lanner.rules.correlation.model import Correlation
from lanner.rules.ruleset import Rule

DAY = 86_400
START = int(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp())
BACKUP = {
    "actor": "backup",
    "credential": "JTI=1",
    "address": "192.0.2.7",
    "verb": "get",
    "object": "secrets/payments/db",
}


def alert(day, rule="R", priority="Warning", **origin):
    time = datetime.fromtimestamp(START + day * DAY, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
    return Alert(
        time=time,
        rule=rule,
        priority=priority,
        source="k8s_audit",
        tags=[],
        output="",
        output_fields={},
        hostname="",
        lanner=Origin(audit_id=f"{rule}-{day}", **BACKUP | origin),
    )


def learnt(**settings):
    """Habits after a week in which the backup ran each day."""
    habits = Habits(HabitSettings(**settings))
    for day in range(7):
        assert habits.look(alert(day))
    return habits


def lowered(habits, found, unusual=()):
    return not habits.look(found, unusual)


def test_a_habit_is_lowered_and_says_since_when_how_often_and_from_which_priority():
    habits, found = learnt(), alert(7)
    assert lowered(habits, found)
    assert found.priority == "Informational"
    assert found.lanner.habit == Habit(count=8, since="2026-01-01T12:00:00.000000000Z", priority="Warning")
    assert habits.status() == {"remembered": 1, "evicted": 0, "lowered": {"R": 1}}


def test_by_as_many_steps_as_one_wants_and_never_below_the_last_priority():
    found = [alert(7), alert(7, priority="Notice")]
    habits = learnt(steps=5)
    assert [lowered(habits, each) for each in found] == [True, True]
    assert [each.priority for each in found] == ["Debug", "Debug"]


def test_a_token_that_kubernetes_changed_is_the_same_kind_of_credential():
    assert lowered(learnt(), alert(7, credential="JTI=2"))


@pytest.mark.parametrize(
    "other",
    [
        {"rule": "S"},
        {"actor": "eve"},
        {"impersonated": "admin"},
        {"address": "192.0.2.8"},
        {"credential": "secret:ops/backup"},
        {"credential": "X509SHA256=1"},
        {"verb": "delete"},
        {"object": "secrets/vault/db"},
        {"object": "secrets/payments"},
        {"object": "configmaps/payments/db"},
    ],
    ids=str,
)
def test_whatever_differs_is_told_in_full(other):
    assert not lowered(learnt(), alert(7, **other))


def test_another_object_of_the_kind_is_the_same():
    assert lowered(learnt(), alert(7, object="secrets/payments/api"))


@pytest.mark.parametrize("other", [{"priority": "Critical"}, {"actor": "system:anonymous"}, {"actor": ""}], ids=str)
def test_what_is_severe_or_nobodys_is_never_a_habit(other):
    habits = Habits(HabitSettings())
    assert not any(lowered(habits, alert(day, **other)) for day in range(20))


def test_rules_can_say_that_they_are_never_lowered_and_what_is_new_never_is():
    condition = ir.Exists(ir.Field("ka.verb"))
    texts = {"description": "", "output": "x", "priority": "Warning"}
    rule = Rule(name="R", condition=condition, condition_text="", tags=("habit:never",), **texts)
    correlations = [
        Correlation(name=kind, kind=kind, parts=(), group_by=(), timespan=1, **texts) for kind in ("first_seen", "join")
    ]
    habits = Habits(HabitSettings(), [rule], correlations)
    for name, told in {"R": False, "first_seen": False, "join": True}.items():
        assert lowered(habits, alert(0, name)) is False
        assert [lowered(habits, alert(day, name)) for day in range(1, 8)][-1] is told


def test_a_burst_and_a_single_day_are_no_habit():
    habits = Habits(HabitSettings())
    days = [0.0, 0.001, 0.002, 0.003, 0.1, 7.5, 8, 15.5]
    assert not any(lowered(habits, alert(day)) for day in days)


def test_it_is_learnt_again_after_a_week_that_taught_nothing():
    habits = Habits(HabitSettings())
    assert [day for day in (0, 10, 11, 12, 16, 17, 18) if lowered(habits, alert(day))] == [17, 18]


def test_much_more_than_ever_in_a_day_is_told_in_full():
    habits = learnt()
    assert [lowered(habits, alert(7 + n / 100)) for n in range(4)] == [True, True, False, False]
    assert lowered(habits, alert(8))


def test_what_was_not_seen_for_four_weeks_is_forgotten():
    habits = learnt()
    assert lowered(habits, alert(30))
    assert not lowered(habits, alert(60))


def test_nothing_is_learnt_after_a_time_that_is_set():
    habits = Habits(HabitSettings(until="2026-01-08T00:00:00Z"))
    days = [0, 3, 5, 7.5, 8]
    assert [lowered(habits, alert(day)) for day in days] == [False, False, False, True, True]
    assert not any(lowered(habits, alert(day, "S")) for day in range(8, 40))


def test_switched_off_nothing_is_lowered_or_remembered():
    habits = Habits(HabitSettings(enabled=False))
    found = [alert(day) for day in range(20)]
    assert [habits.look(each) for each in found] == [""] * 20
    assert {each.priority for each in found} == {"Warning"}
    assert habits.status()["remembered"] == 0


def test_the_least_recently_seen_go_when_there_are_too_many_and_are_counted():
    habits = Habits(HabitSettings(), keys=2)
    for day, rule in enumerate("ABC"):
        habits.look(alert(day, rule))
    assert (habits.status()["remembered"], habits.status()["evicted"]) == (2, 1)


def test_a_time_that_is_none_is_refused():
    with pytest.raises(ValueError, match="soon"):
        HabitSettings(until="soon")


def placed(grouping, habits, found):
    grouping.place(found, habits)
    return found.lanner.habit is not None


def test_a_habit_is_told_in_full_while_its_incident_has_something_that_is_none():
    grouping, habits = Grouping(), Habits(HabitSettings())
    for day in range(7):
        assert not placed(grouping, habits, alert(day))
        assert not placed(grouping, habits, alert(day, "S"))
    assert placed(grouping, habits, alert(7))
    assert placed(grouping, habits, alert(7, "S"))
    assert not placed(grouping, habits, alert(7.1, "Other", address="198.51.100.9"))
    assert not placed(grouping, habits, alert(8))
    assert placed(grouping, habits, alert(8.2))


def test_what_the_same_rule_says_of_other_objects_is_told_and_changes_nothing():
    grouping, habits = Grouping(), Habits(HabitSettings())
    for day in range(7):
        placed(grouping, habits, alert(day))
    assert not placed(grouping, habits, alert(6.9, object="secrets/vault/root"))
    assert placed(grouping, habits, alert(7))


def test_what_a_stranger_does_under_another_credential_and_address_changes_nothing():
    grouping, habits = Grouping(), Habits(HabitSettings())
    for day in range(7):
        placed(grouping, habits, alert(day))
    assert not placed(grouping, habits, alert(6.9, "Other", address="198.51.100.9", credential="JTI=9", actor="eve"))
    assert placed(grouping, habits, alert(7))


DAYS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from("RS")), max_size=40).map(sorted)


@settings(deadline=None)
@given(DAYS, st.integers(0, 40), st.sampled_from(["", "2026-01-15T00:00:00Z"]))
def test_a_restart_changes_nothing(rows, cut, until):
    wanted = HabitSettings(until=until)
    whole, before, after = Habits(wanted), Habits(wanted), Habits(wanted)
    told = [lowered(whole, alert(day, rule)) for day, rule in rows]
    parts = [lowered(before, alert(day, rule)) for day, rule in rows[:cut]]
    after.load(before.dump())
    assert [*parts, *(lowered(after, alert(day, rule)) for day, rule in rows[cut:])] == told
    assert after.dump() == whole.dump()


@settings(deadline=None)
@given(DAYS)
def test_alerts_that_were_told_before_teach_the_same(rows):
    told, again = Habits(HabitSettings()), Habits(HabitSettings())
    for day, rule in rows:
        found = alert(day, rule)
        told.look(found)
        again.learn(msgspec.json.decode(msgspec.json.encode(found), type=Alert))
    assert again.dump() == told.dump()


def test_what_was_learnt_over_another_time_is_not_taken():
    other = Habits(HabitSettings(learn="48h"))
    other.load(learnt().dump())
    assert other.status()["remembered"] == 0
