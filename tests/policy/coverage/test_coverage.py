"""What a policy lets rules see: verdicts, what blinds, and what rules need."""

from __future__ import annotations

import pytest

from lanner.policy.coverage import coverage
from lanner.policy.model import GroupResources, Level

DONE = "ka.stage = ResponseComplete and "
PODS = DONE + "ka.verb = create and ka.target.resource = pods and not ka.target.subresource exists and "
PRIVILEGED = PODS + "ka.req.pod.containers.privileged intersects (true)"
NO_CODE = "ka.verb = delete and not ka.response.code exists"
ANYBODY = DONE + "not ka.user.name in (alice, bob)"


@pytest.fixture
def sight(rules_of, policy_of):
    """Return what one rule sees under a policy of some rules."""

    def ask(condition, *rules):
        [found] = coverage(policy_of(*rules), rules_of(condition))
        return found

    return ask


@pytest.mark.parametrize(
    ("condition", "rules", "verdict"),
    [
        (PRIVILEGED, ["level: RequestResponse"], "sighted"),
        (PRIVILEGED, ["level: Request"], "sighted"),
        (PRIVILEGED, ["level: Metadata"], "blind"),
        (PRIVILEGED, ["level: None"], "blind"),
        (PRIVILEGED, ['{level: Request, resources: [{group: "", resources: [pods]}]}'], "sighted"),
        (PRIVILEGED, ['{level: Request, resources: [{group: "", resources: ["pods/exec"]}]}'], "blind"),
        (PRIVILEGED, ["{level: Request, resources: [{group: apps, resources: [pods]}]}"], "blind"),
        (PRIVILEGED, ["{level: None, verbs: [update, get]}", "level: Request"], "sighted"),
        (PRIVILEGED, ["{level: None, namespaces: [dev]}", "level: Request"], "partly"),
        (PRIVILEGED, ["{level: None, users: [alice]}", "level: Request"], "partly"),
        (PRIVILEGED, ["{level: Request, omitStages: [ResponseComplete]}"], "blind"),
        (PRIVILEGED, ["{level: Request, omitStages: [RequestReceived, Panic]}"], "sighted"),
        (ANYBODY, ["{level: None, users: [alice, bob]}", "level: Metadata"], "sighted"),
        (ANYBODY, ["{level: None, users: [alice, carol]}", "level: Metadata"], "partly"),
        (ANYBODY, ['{level: None, nonResourceURLs: ["/healthz*"]}', "level: Metadata"], "partly"),
        (ANYBODY, ['{level: Metadata, userGroups: ["system:authenticated"]}'], "partly"),
        (ANYBODY + " and ka.user.name = carol", ['{level: Metadata, userGroups: ["system:authenticated"]}'], "sighted"),
        ("ka.verb = delete", ["{level: Metadata, omitStages: [RequestReceived]}"], "sighted"),
        ("ka.verb = delete", ["{level: Metadata, omitStages: [RequestReceived, ResponseComplete]}"], "partly"),
        (NO_CODE, ["{level: Metadata, omitStages: [RequestReceived]}"], "partly"),
        (DONE + "jevt.rawtime = 0", ["level: None"], "sighted"),
    ],
)  # fmt: skip
def test_the_verdict_is_what_reasoning_says(sight, condition, rules, verdict):
    """By level, resources, verbs, users, groups, namespaces, URLs and stages."""
    assert sight(condition, *rules).verdict == verdict


def test_the_line_that_blinds_is_named_with_its_reason(sight):
    """Its number counts from 0, its line as in the file; None where no rule matches."""
    found = sight(PRIVILEGED, "{level: None, users: [alice]}", "{level: Metadata, users: [bob]}")
    told = [(one.number, one.line, one.reason) for one in found.blinded_by]
    assert told == [
        (0, 4, "level None"),
        (1, 5, "level Metadata is too low, it takes Request"),
        (None, 0, "no rule of the policy matches, so nothing is logged"),
    ]
    assert found.verdict == "blind"


def test_a_rule_that_fires_because_it_does_not_see_is_told(sight):
    """Its alerts are there, and more that mean nothing."""
    found = sight(PODS + "not jevt.value[/requestObject/spec/tls] exists", "level: Metadata")
    assert (found.verdict, found.note[:20]) == ("partly", "fires without seeing")
    assert found.needs[0].level is Level.REQUEST


def test_needs_are_the_requests_that_a_rule_fires_on(sight):
    """In the terms of a policy, at the lowest level that does."""
    [need] = sight(PRIVILEGED, "level: None").needs
    assert (need.rule, need.verbs, need.level) == ("r0", ("create",), Level.REQUEST)
    assert need.resources == (GroupResources("", ("pods",)),)
    assert need.stages == ("ResponseComplete",)
    [everything] = sight(ANYBODY, "level: None").needs
    assert (everything.resources, everything.non_resource_urls, everything.verbs) == ((), (), ())


def test_a_rule_that_cannot_fire_needs_nothing(sight):
    """And the note says that."""
    found = sight(DONE + "ka.verb = get and ka.verb = list", "level: None")
    assert (found.needs, found.note[:11]) == ([], "cannot fire")
