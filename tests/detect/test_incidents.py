"""Alerts of one intruder stand together, those of others apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.detect.alert import Alert, Habit, Origin
from lanner.detect.incidents import LINKS, Grouping, tactics_of


def alert(second=0, rule="R", priority="Warning", tags=(), **origin):
    day, second = divmod(second, 86_400)
    time = f"2026-01-{day + 1:02d}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000000000Z"
    audit_id = origin.pop("audit_id", f"{rule}-{second}")
    return Alert(
        time=time,
        rule=rule,
        priority=priority,
        source="k8s_audit",
        tags=list(tags),
        output="",
        output_fields={},
        hostname="",
        lanner=Origin(audit_id=audit_id, related=[audit_id], **origin),
    )


def grouped(*alerts):
    grouping = Grouping()
    for each in alerts:
        grouping.place(each)
    return list(grouping.incidents())


def test_a_credential_binds_whatever_the_address():
    (incident,) = grouped(alert(1, credential="c", address="1.1.1.1"), alert(2, credential="c", address="2.2.2.2"))
    assert (incident.alerts, incident.addresses) == (2, ["1.1.1.1", "2.2.2.2"])


def test_an_address_binds_whatever_the_name():
    first, second = alert(1, actor="a", address="1.1.1.1"), alert(2, actor="b", address="1.1.1.1")
    (incident,) = grouped(first, second)
    assert incident.actors == ["a", "b"]


def test_the_loopback_address_and_names_alone_bind_nobody():
    local = [alert(n, actor=name, address="127.0.0.1", credential=name) for n, name in enumerate("ab")]
    assert len(grouped(*local)) == 2
    assert len(grouped(alert(1, actor="x", address="1.1.1.1"), alert(2, actor="x", address="2.2.2.2"))) == 2


def test_a_pod_binds_its_maker_to_whoever_uses_its_token():
    (incident,) = grouped(alert(1, address="1.1.1.1", pod="dev/p"), alert(2, address="2.2.2.2", pod="dev/p"))
    assert incident.alerts == 2


def test_an_incident_is_bound_by_what_was_seen_last_however_much_came_before():
    grouping = Grouping()
    first = grouping.place(alert(0, credential="c", address="1.1.1.1"))
    for number in range(LINKS + 5):
        assert grouping.place(alert(1, credential="c", address=f"2.2.{number // 250}.{number % 250}")) is first
    assert len(grouping.links(first)) == LINKS
    assert grouping.place(alert(2, address="1.1.1.1")) is not first
    assert grouping.place(alert(2, credential="c")) is first


def test_what_closed_incidents_had_in_common_with_open_ones_still_binds_to_these():
    before, after = Grouping(), Grouping()
    old = before.place(alert(0, credential="c"))
    new = Grouping().place(alert(30 * 3600, rule="S", credential="c"))
    for incident in (old, new):
        after.restore(incident, ["credential c"])
    assert after.place(alert(31 * 3600, credential="c")) is new
    assert after.count == 1


def test_an_alert_that_shows_two_incidents_to_be_one_makes_them_one():
    first, second = alert(1, credential="c", actor="a"), alert(2, address="1.1.1.1", actor="b", priority="Critical")
    grouping = Grouping()
    began = grouping.place(first).id
    other = grouping.place(second).id
    assert grouping.place(alert(3, credential="c", address="1.1.1.1")).id == began
    changed, merged = grouping.changes()
    assert [incident.id for incident in changed] == [began]
    assert [(incident.id, into) for incident, into in merged] == [(other, began)]
    (incident,) = grouping.incidents()
    assert (incident.alerts, incident.priority, incident.actors) == (3, "Critical", ["a", "b"])


def test_a_day_of_quiet_ends_an_incident():
    late = alert(0, credential="c")
    late.time = "2026-01-02T00:00:02.000000000Z"
    first = alert(1, credential="c")
    assert len({incident.id for incident in (Grouping().place(first), *grouped(first, late))}) == 2


def test_the_score_counts_rules_once_and_rises_with_the_stages_of_an_attack():
    once = grouped(alert(1, credential="c"))[0].score
    assert grouped(alert(1, credential="c"), alert(2, credential="c"))[0].score == once
    more = [
        alert(1, credential="c", tags=["attack.discovery"]),
        alert(2, "S", credential="c", tags=["T1098", "persistence"]),
    ]
    assert grouped(*more)[0].score == 2 * once + 15


def test_tactics_are_read_in_both_forms():
    tags = ["attack.credential_access", "attack.t1552", "persistence", "persistence", "T1098"]
    assert list(tactics_of(tags)) == ["credential-access", "persistence"]


def test_a_story_says_who_from_where_and_what():
    (incident,) = grouped(
        alert(1, "A", actor="eve", address="1.1.1.1"),
        alert(2, "A", actor="eve", address="1.1.1.1"),
        alert(3, "B", actor="system:serviceaccount:ci:x", address="1.1.1.1"),
    )
    assert incident.story == "eve (also as system:serviceaccount:ci:x) from 1.1.1.1: A (2 times), B"


ALERTS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["", "c", "d"]), st.sampled_from(["", "1.1.1.1", "2.2.2.2"])),
    max_size=20,
)


@given(ALERTS, st.integers(0, 20))
def test_a_restart_changes_nothing(rows, cut):
    alerts = [alert(n, f"R{rule}", credential=c, address=a, actor="x") for n, (rule, c, a) in enumerate(rows)]
    whole = grouped(*alerts)
    before, after = Grouping(), Grouping()
    for each in alerts[:cut]:
        before.place(each)
    for incident in before.incidents():
        after.restore(incident, before.links(incident))
    for each in alerts[cut:]:
        after.place(each)
    assert sorted(map(repr, after.incidents())) == sorted(map(repr, whole))
    assert sum(incident.alerts for incident in whole) == len(alerts)


def staged(*tactics, priority="Warning", habit=None, start=0):
    """Give an alert of another rule for each tactic, all of one credential."""
    return [
        alert(n, f"R{n}", priority, [f"attack.{tactic}"], credential="c", habit=habit)
        for n, tactic in enumerate(tactics, start)
    ]


STAGES = ["discovery", "credential-access", "persistence", "impact", "execution"]


@pytest.mark.parametrize(
    ("many", "priority"), [(1, "Warning"), (2, "Warning"), (3, "Critical"), (4, "Critical"), (5, "Alert")]
)
def test_an_incident_is_worse_than_its_alerts_when_they_show_several_stages_of_an_attack(many, priority):
    alerts = staged(*STAGES[:many])
    (incident,) = grouped(*alerts)
    assert (incident.priority, incident.worst) == (priority, "Warning")
    assert [each.priority for each in alerts] == ["Warning"] * many
    assert alerts[-1].lanner.incident_priority == priority
    assert alerts[0].lanner.incident_priority == "Warning"


def test_it_says_why_it_was_raised():
    (incident,) = grouped(*staged("impact", "discovery", "execution"))
    assert incident.raised == "raised from Warning because of 3 tactics (execution, discovery, impact) by 3 rules"
    assert incident.told()["raised"] == incident.raised
    assert not grouped(*staged("impact"))[0].raised


def test_one_rule_with_many_tactics_and_many_rules_with_one_do_not_raise_it():
    tags = [f"attack.{tactic}" for tactic in STAGES]
    assert grouped(alert(1, tags=tags, credential="c"))[0].priority == "Warning"
    assert grouped(*staged(*["impact"] * 9))[0].priority == "Warning"


def test_an_incident_is_never_lowered_by_what_raises_others():
    assert grouped(*staged(*STAGES, priority="Emergency"))[0].priority == "Emergency"


def test_habits_show_no_stage():
    habit = Habit(count=9, since="", priority="Warning")
    (incident,) = grouped(*staged(*STAGES, habit=habit))
    assert (incident.priority, incident.tactics) == ("Warning", [])


@given(st.permutations(range(5)))
def test_the_order_of_stages_does_not_matter(order):
    tags = [["attack.discovery", "attack.impact"], ["attack.impact"], ["attack.execution"], [], ["attack.impact"]]
    alerts = [alert(n, f"R{rule}", tags=tags[rule], credential="c") for n, rule in enumerate(order)]
    assert grouped(*alerts)[0].priority == "Critical"


def test_two_incidents_that_become_one_show_their_stages_together():
    first, second, third = staged("discovery", "persistence", "impact")
    second.lanner.credential, second.lanner.address, third.lanner.address = "", "1.1.1.1", "1.1.1.1"
    (incident,) = grouped(first, second, third)
    assert (incident.alerts, incident.priority) == (3, "Critical")


def test_an_alert_belongs_to_the_incident_that_its_own_links_name():
    first = alert(1, credential="c", address="1.1.1.1")
    (incident,) = grouped(first, alert(2, credential="d", address="2.2.2.2", links=["address 1.1.1.1"]))
    assert incident.addresses == ["1.1.1.1", "2.2.2.2"]
