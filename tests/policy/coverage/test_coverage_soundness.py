"""What coverage says is so: on random rules, policies and requests, and on the real log under real policies."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner import content
from lanner.audit.decode import decode
from lanner.policy.attributes import of_event
from lanner.policy.compiled import CompiledPolicy
from lanner.policy.coverage import Coverage
from lanner.policy.evaluate import decide
from lanner.policy.loading import load_policy
from lanner.policy.projection import line_of
from lanner.rules.compile import compile_conditions
from lanner.rules.evaluate import Evaluator
from lanner.rules.loading import load_files
from lanner.rules.ruleset import Rule
from lanner.sources.history import read_lines

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
REQUESTS = 150


def _rule(condition):
    return Rule(name="r", description="", condition=condition, condition_text="", output="", priority="Notice")


def _fires(rule, events):
    return any(rule.holds(event) for event in events)


def _kept(events, policy):
    lines = (line_of(event, decide(policy, of_event(event.head))) for event in events)
    return [decode(line).events[0] for line in lines if line is not None]


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_verdicts_hold_on_random_requests(data, policies, conditions, stages_of):
    """Sighted: an alert stays, and none is new; blind: none is left. An alert is told once a request."""
    policy, condition = data.draw(policies), data.draw(conditions)
    chance = random.Random(data.draw(st.integers(0, 1 << 30)))
    [sight] = Coverage([_rule(condition)]).of(policy, examples=True)
    rule = Evaluator(condition)
    for _ in range(REQUESTS):
        events = stages_of(chance)
        full, kept = _fires(rule, events), _fires(rule, _kept(events, policy))
        if sight.verdict == "sighted":
            assert full is kept, (events, sight)
        if sight.verdict == "blind":
            assert not (full and kept), (events, sight)
        if full:
            assert any(_within(need, events[-1]) for need in sight.needs), (events, sight.needs)


def _within(need, event):
    """Say whether a request is one of those that are needed."""
    attributes = of_event(event.head)
    about = attributes.resource_request
    if (need.resources and not about and not need.non_resource_urls) or (need.non_resource_urls and about):
        return False
    return (
        (not need.verbs or attributes.verb in need.verbs)
        and (not need.users or attributes.user in need.users)
        and (not need.user_groups or bool(set(need.user_groups) & set(attributes.groups)))
        and (not about or not need.namespaces or attributes.namespace in need.namespaces)
    )


@cache
def _shipped():
    falco = SHARED / "falco_rules" / "k8saudit" / "k8s_audit_rules.yaml"
    if not falco.exists():
        pytest.skip("no shared data beside the checkout")
    return [rule for rule in load_files([falco, content.FOLDER]).rules if rule.enabled]


@cache
def _matcher():
    return compile_conditions([rule.condition for rule in _shipped()])


@pytest.mark.shared
def test_verdicts_hold_on_the_real_log():
    """Falco's rules and our own, under every eighth policy of the oracle, on the requests on which any rule fires."""
    coverage, matcher = Coverage(_shipped()), _matcher()
    firing = _firing(matcher)
    assert len(firing) > 2000
    policies = sorted((SHARED / "policy_oracle" / "policies").glob("*.yaml"))
    for path in [
        *policies[::8],
        SHARED / "policy_oracle/policies/rec.yaml",
        SHARED / "policy_oracle/policies/seed.yaml",
    ]:
        policy = load_policy(path).policy
        if policy is not None:
            _hold(coverage, matcher, policy, firing)


def _firing(matcher):
    events = (event for line in read_lines(SHARED / "audit/full.jsonl.zst") for event in decode(line.data).events)
    return [(event, matches) for event in events if (matches := matcher.match(event)) or event.raw[-3:-2] == b"1"]


def _hold(coverage, matcher, policy, firing):
    full, kept = defaultdict(set), defaultdict(set)
    compiled = CompiledPolicy(policy)
    for event, matches in firing:
        line = line_of(event, compiled.decide(of_event(event.head)))
        left = matches if line == event.raw else matcher.match(decode(line).events[0]) if line is not None else ()
        for found, numbers in ((full, matches), (kept, left)):
            for number in numbers:
                found[number].add(event.head.audit_id)
    for number, sight in enumerate(coverage.of(policy)):
        if sight.verdict == "sighted":
            assert full[number] == kept[number], (policy.file, sight.rule)
        if sight.verdict == "blind":
            assert not full[number] & kept[number], (policy.file, sight.rule)


@pytest.mark.shared
def test_everything_that_is_taken_from_shipped_rules_is_shown_on_a_request():
    """No verdict rests on a case that cannot be: each has a counterexample, which was tried."""
    coverage = Coverage(_shipped())
    for name in ("seed", "rec", "falco", "r33", "r56", "h-users-and-groups"):
        policy = load_policy(SHARED / "policy_oracle" / "policies" / f"{name}.yaml").policy
        silent = [one.rule for one in coverage.of(policy, examples=True) if one.blinded_by and not one.counterexample]
        assert silent == [], name


@pytest.mark.shared
@pytest.mark.parametrize(("log", "name"), [("recommended_policy", "rec"), ("seed_policy", "seed")])
def test_verdicts_hold_on_what_kube_apiserver_wrote_under_a_policy(log, name):
    """The same script was run under full logging and under the policy: blind rules are silent, sighted ones speak."""
    full, kept = (_fired(f"{one}.jsonl.zst") for one in ("full", log))
    policy = load_policy(SHARED / "policy_oracle" / "policies" / f"{name}.yaml").policy
    sights = Coverage(_shipped()).of(policy)
    assert len(full) > 40
    assert [sight.rule for number, sight in enumerate(sights) if sight.verdict == "blind" and number in kept] == []
    silent = [number for number in full if sights[number].verdict == "sighted" and number not in kept]
    assert silent == []


@cache
def _fired(log):
    events = (event for line in read_lines(SHARED / "audit" / log) for event in decode(line.data).events)
    return {number for event in events for number in _matcher().match(event)}
