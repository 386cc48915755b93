"""The profile counts what the engine does and finds the expensive rule; times are compared, never asserted."""

from __future__ import annotations

import pytest

from lanner.rules.compile import compile_conditions
from lanner.rules.falco.condition import parse_condition
from lanner.rules.profile import BodyUse, Profile, Profiler, RuleCost
from lanner.rules.ruleset import Rule


def rule(name, condition, output="x"):
    return Rule(
        name=name,
        description="",
        condition=parse_condition(condition),
        condition_text=condition,
        output=output,
        priority="Notice",
    )


RULES = [
    rule("narrow", "ka.verb = create and ka.target.resource = pods and ka.req.pod.host_network = true"),
    rule("dear", 'jevt.value[/requestObject] regex ".*(foo|bar)+[0-9]{3,}.*" or ka.uri = nope'),
    rule("certain", "ka.verb = create", "user=%ka.user.name"),
    rule("never", "ka.verb = nothing"),
]


@pytest.fixture
def profile(oracle_events):
    profiler = Profiler(RULES)
    lines = [event.raw for event in oracle_events]
    for start in range(0, len(lines), 100):
        assert not any(profiler.add(lines[start : start + 100]))
    return profiler.profile


def test_events_candidates_and_matches_are_those_of_the_matcher(profile, oracle_events):
    matcher = compile_conditions([each.condition for each in RULES])
    assert profile.events == len(oracle_events)
    for number, cost in enumerate(profile.rules):
        tried = [event for event in oracle_events if any(one.number == number for one in matcher.candidates(event))]
        matched = [event for event in oracle_events if number in matcher.match(event)]
        assert (cost.candidates, cost.matched) == (len(tried), len(matched)), cost.rule.name
    assert profile.alerts == sum(cost.matched for cost in profile.rules)


def test_the_rule_that_searches_every_body_comes_first(profile):
    shares = {cost.rule.name: profile.share(cost) for cost in profile.rules}
    assert max(shares, key=shares.__getitem__) == "dear"
    assert sum(shares.values()) == pytest.approx(1)


def test_a_rule_that_the_index_leaves_out_costs_nothing(profile):
    never = profile.rules[3]
    assert (never.candidates, never.match_ns, never.output_ns, never.bodies) == (0, 0, 0, {})


def test_bodies_are_counted_for_the_rules_that_read_them(profile, oracle_events):
    with_body = sum(bool(event.head.request_object) for event in oracle_events)
    assert profile.rules[1].bodies["requestObject"].events <= with_body
    assert profile.rules[0].bodies["requestObject"].events <= profile.rules[0].candidates
    assert profile.rules[2].bodies == {}


def test_all_parts_of_the_time_are_there(profile):
    assert profile.total_ns == profile.decode_ns + profile.match_ns + profile.output_ns
    assert profile.decode_ns
    assert profile.rules[2].output_ns > 0


def test_refused_lines_are_given_back_and_not_counted():
    profiler = Profiler(RULES)
    refusals = profiler.add([b"nope", b""])
    assert [len(each) for each in refusals] == [1, 0]
    assert profiler.profile.events == 0
    assert profiler.profile.share(profiler.profile.rules[0]) == 0


def test_what_is_remembered_is_bounded(oracle_events, monkeypatch):
    monkeypatch.setattr("lanner.rules.profile.FUNCTIONS_KEPT", 1)
    profiler = Profiler(RULES)
    profiler.add([event.raw for event in oracle_events[:60]])
    assert profiler.profile.rules[2].matched


def test_the_cost_of_a_rule_is_its_checks_and_its_bodies():
    cost = RuleCost(rule=RULES[0], check_ns=2.0, bodies={"requestObject": BodyUse(1, 3.0), "responseObject": BodyUse()})
    assert cost.match_ns == 5
    assert Profile(rules=[cost]).share(cost) == 1
