"""What is proposed from a baseline, and what is left alone and why."""

from __future__ import annotations

import pytest

from lanner.rules.suggest.proposals import Wishes, propose
from lanner.rules.suggest.sightings import (
    ACTING,
    ADDRESS,
    AGENT,
    FIELDS,
    IMAGES,
    NAME,
    NAMESPACE,
    USER,
    VERB,
    Sightings,
)

USUAL = {USER: "bot", ADDRESS: "10.0.0.1", AGENT: "bot/1", NAMESPACE: "shop", NAME: "web", VERB: "get"}
LENGTH = 100.0


def seen(sightings, times=5, *, rule="R", baseline=True, attack=False, start=0.0, step=20.0, **values):
    row = tuple((USUAL | values).get(field) for field in FIELDS)
    for number in range(times):
        sightings.add(rule, row, start + number * step, baseline=baseline, attack=attack)


def of(sightings, priority="Warning", **wishes):
    return propose(sightings, {"R": priority, "S": priority}, Wishes(seconds=LENGTH, **wishes))


@pytest.fixture
def sightings():
    return Sightings()


def test_what_the_same_account_does_again_and_again_is_proposed_with_all_that_is_stable(sightings):
    seen(sightings)
    seen(sightings, 7, baseline=False)
    (proposal,), left = of(sightings)
    assert proposal.fields == (USER, ADDRESS, NAMESPACE, NAME, VERB, AGENT)
    assert proposal.rows == (("bot", "10.0.0.1", "shop", "web", "get", "bot/1"),)
    assert (proposal.silenced, proposal.alerts, proposal.silenced_rest, proposal.alerts_rest) == (5, 5, 7, 7)
    assert left == []


def test_fields_whose_values_change_are_left_out(sightings):
    for number in range(5):
        seen(sightings, 2, step=50.0, **{NAME: f"job-{number}"})
    (proposal,), _ = of(sightings)
    assert NAME not in proposal.fields
    assert proposal.silenced == 10


def test_what_is_the_same_for_everybody_the_rule_speaks_of_narrows_nothing(sightings):
    seen(sightings)
    seen(sightings, 1, **{USER: "other", ADDRESS: "10.9.9.9"})
    (proposal,), _ = of(sightings)
    assert proposal.fields == (USER, ADDRESS)


def test_images_come_as_a_list(sightings):
    seen(sightings, **{IMAGES: ("a", "b")})
    (proposal,), _ = of(sightings)
    assert ("a", "b") in proposal.rows[0]


@pytest.mark.parametrize(
    ("values", "more", "priority", "reason"),
    [
        ({USER: "system:anonymous"}, {}, "Warning", "everybody may be this user"),
        ({USER: None}, {}, "Warning", "everybody may be this user"),
        ({}, {}, "Critical", "--all"),
        ({}, {}, "Emergency", "--all"),
        ({}, {"step": 1.0}, "Warning", "burst"),
        ({USER: 'quo"te'}, {}, "Warning", "cannot be written"),
        ({ADDRESS: None, NAMESPACE: None, NAME: None, VERB: None}, {}, "Warning", "too wide without --all"),
        ({}, {"attack": True}, "Warning", "labelled attack"),
    ],
)
def test_what_is_dangerous_is_left_alone_and_told(sightings, values, more, priority, reason):
    seen(sightings, **more, **values)
    proposals, (left,) = of(sightings, priority)
    assert proposals == []
    assert reason in left.reason


@pytest.mark.parametrize(
    ("values", "priority"), [({}, "Critical"), ({ADDRESS: None, NAMESPACE: None, NAME: None, VERB: None}, "Warning")]
)
def test_all_proposes_critical_rules_and_wide_exceptions_too(sightings, values, priority):
    seen(sightings, **values)
    assert len(of(sightings, priority, everything=True)[0]) == 1


def test_anonymous_users_have_none_even_with_all(sightings):
    seen(sightings, **{USER: "system:anonymous"})
    assert of(sightings, everything=True)[0] == []


def test_an_attack_after_the_baseline_takes_only_its_own_combination_away(sightings):
    seen(sightings)
    seen(sightings, **{ADDRESS: "10.0.0.2"})
    seen(sightings, 1, baseline=False, attack=True, **{ADDRESS: "10.0.0.2"})
    (proposal,), _ = of(sightings)
    assert {row[proposal.fields.index(ADDRESS)] for row in proposal.rows} == {"10.0.0.1"}
    assert proposal.withheld == 1


def test_an_attack_from_elsewhere_does_not_hinder_the_exception(sightings):
    seen(sightings)
    seen(sightings, 1, baseline=False, attack=True, **{ADDRESS: "6.6.6.6"})
    (proposal,), _ = of(sightings)
    assert (proposal.silenced_rest, proposal.alerts_rest) == (0, 1)


def test_single_events_are_no_habit(sightings):
    seen(sightings)
    seen(sightings, 1, **{ADDRESS: "10.0.0.2"})
    (proposal,), _ = of(sightings)
    assert len(proposal.rows) == 1


def test_few_alerts_are_not_worth_an_exception(sightings):
    seen(sightings, 2, step=80.0)
    assert of(sightings) == ([], [])
    assert len(of(sightings, least=2)[0]) == 1


def test_whom_the_account_always_acts_as_is_part_of_the_exception(sightings):
    seen(sightings, **{ACTING: "team"})
    (proposal,), _ = of(sightings)
    assert ACTING in proposal.fields


def test_the_same_proposal_has_the_same_name_each_time(sightings):
    seen(sightings)
    seen(sightings, rule="S")
    names = [proposal.name for proposal in of(sightings)[0]]
    assert names == [proposal.name for proposal in of(sightings)[0]]
    assert len(set(names)) == 2
