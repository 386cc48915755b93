"""What is said of expensive rules."""

from __future__ import annotations

import pytest

from lanner.rules.advice import advice, plainer, required_dimensions
from lanner.rules.falco.condition import parse_condition
from lanner.rules.profile import BodyUse, Profile, RuleCost
from lanner.rules.ruleset import Rule


def told(condition, **figures):
    parsed = parse_condition(condition)
    rule = Rule(name="R", description="", condition=parsed, condition_text="", output="", priority="Debug")
    cost = RuleCost(rule=rule, **({"candidates": 100, "check_ns": 1000.0} | figures))
    return advice(Profile(rules=[cost], events=100, decode_ns=1000, match_ns=1000), cost)


def test_nothing_is_said_of_a_rule_that_costs_little():
    assert told("ka.uri regex .*x.*", check_ns=10.0) == []
    assert told("ka.verb = get and ka.stage = x and ka.target.resource = pods", candidates=5) == []


def test_a_rule_tried_on_every_event_is_told_which_tests_it_lacks():
    (said,) = told("ka.user.name = x and ka.stage = ResponseComplete")
    assert said.startswith("it is tried on 100% of the events: nothing in it asks for ka.verb or ka.target.resource")
    (said,) = told("ka.user.name = x")
    assert "asks for ka.stage, ka.verb or ka.target.resource;" in said
    (said,) = told("ka.stage = a and ka.verb = b and ka.target.resource = c")
    assert "let most events through" in said


def test_a_rule_that_reads_bodies_is_told_which_fields_do_it():
    condition = "ka.verb = get and (ka.req.pod.host_network = true or ka.req.pod.host_pid = true) and ka.resp.name = x"
    (said,) = told(condition, candidates=10, bodies={"requestObject": BodyUse(10, 900.0)})
    assert said.startswith("requestObject is decoded for ka.req.pod.host_network, ka.req.pod.host_pid in 10 events")
    (said,) = told("ka.resp.name exists", candidates=10, bodies={"responseObject": BodyUse(10, 900.0)})
    assert "for ka.resp.name in" in said


def test_patterns_are_named_with_what_says_the_same():
    said = told("ka.uri regex '.*pods.*' and ka.uri regex '[0-9]+' and ka.uri glob *x", candidates=10)
    assert "ka.uri regex .*pods.* is ka.uri contains pods but for line breaks, which is faster" in said
    assert "ka.uri glob *x is ka.uri endswith x, which is faster" in said
    assert any(text.startswith("regex on ka.uri: plain tests") for text in said)


def test_a_rule_whose_alerts_cost_most_is_told_to_be_narrower():
    (said,) = told("ka.verb = get", candidates=10, matched=10, check_ns=50.0, output_ns=5000.0)
    assert said.startswith("writing its 10 alerts takes")


@pytest.mark.parametrize(
    ("condition", "dimensions"),
    [
        ("ka.verb = get", {"ka.verb"}),
        ("jevt.value[/verb] in (get, list)", {"ka.verb"}),
        ("ka.verb != get", set()),
        ("ka.verb exists", set()),
        ("not ka.verb = get", set()),
        ("ka.verb = get and ka.stage = x", {"ka.verb", "ka.stage"}),
        ("ka.verb = get or ka.stage = x", set()),
        ("(ka.verb = get and ka.uri = a) or ka.verb = list", {"ka.verb"}),
    ],
)
def test_the_dimensions_that_narrow_a_condition(condition, dimensions):
    assert required_dimensions(parse_condition(condition)) == dimensions


@pytest.mark.parametrize(
    ("operator", "pattern", "plain"),
    [
        ("regex", ".*pods.*", "contains pods"),
        ("regex", "pods.*", "startswith pods"),
        ("regex", ".*pods", "endswith pods"),
        ("regex", "pods", "= pods"),
        ("regex", "(get|list)", "in (get, list)"),
        ("regex", "get|list", "in (get, list)"),
        ("regex", "a.b|c", None),
        ("regex", "[0-9]+", None),
        ("regex", ".*", None),
        ("glob", "*pods*", "contains pods"),
        ("glob", "po?s", None),
        ("iglob", "*pods*", None),
    ],
)
def test_patterns_that_are_plain_comparisons(operator, pattern, plain):
    assert plainer(operator, pattern) == plain
