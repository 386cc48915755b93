"""Counterexamples are tried before they are told."""

from __future__ import annotations

import msgspec
import pytest

from lanner.audit.decode import decode
from lanner.policy.attributes import of_event, of_json
from lanner.policy.coverage import Coverage
from lanner.policy.coverage.trial import NONE_FOUND
from lanner.policy.evaluate import decide
from lanner.rules.evaluate import Evaluator

DONE = "ka.stage = ResponseComplete and "


@pytest.fixture
def example(rules_of, policy_of):
    """Return the rule, the policy and what is told of a condition."""

    def ask(condition, *lines):
        [rule], policy = rules_of(DONE + condition), policy_of(*lines)
        [sight] = Coverage([rule]).of(policy, examples=True)
        return rule, policy, sight

    return ask


@pytest.mark.parametrize(
    "condition",
    [
        "ka.verb = create and ka.req.pod.containers.privileged intersects (true)",
        "ka.target.resource = roles and ka.req.role.rules.verbs intersects (*)",
        "ka.req.configmap.obj contains aws_access_key_id",
        "jevt.value[/requestObject/spec/rules] regex '.*host.*'",
        "ka.user.name = val(jevt.value[/responseObject/spec/username])",
        'ka.target.subresource = exec and ka.user.name startswith "system:" and ka.resp.name exists',
        "ka.uri contains dryRun and ka.resp.name = x",
        'ka.user.name endswith ":deployer" and not ka.user.name contains bob and ka.resp.name = x',
    ],
)
def test_the_rule_fires_on_the_event_and_the_policy_takes_it(example, condition):
    """The attributes are those that `policy explain` reads."""
    rule, policy, sight = example(condition, "level: Metadata")
    [event] = decode(msgspec.json.encode(sight.counterexample.event)).events
    assert Evaluator(rule.condition).holds(event)
    attributes = of_json(sight.counterexample.attributes)
    assert decide(policy, attributes) == decide(policy, of_event(event.head))
    assert sight.counterexample.words.endswith("is logged at Metadata, the rule stays silent")


def test_words_name_who_did_what_where(example):
    """Groups that the policy goes by are named."""
    _, _, sight = example(
        "ka.target.resource = secrets and ka.verb = get", '{level: None, userGroups: ["ops"]}', "level: Metadata"
    )
    assert sight.counterexample.words == (
        "mallory@example.com of ops get secrets in default named web: is not logged, the rule stays silent"
    )


def test_a_rule_that_fires_unseeing_is_shown_on_an_event_on_which_it_should_not(example):
    """Under full logging it stays silent."""
    rule, _, sight = example("ka.verb = create and not jevt.value[/requestObject/spec/tls] exists", "level: Metadata")
    [event] = decode(msgspec.json.encode(sight.counterexample.event)).events
    assert not Evaluator(rule.condition).holds(event)
    assert "the rule fires though it would not" in sight.counterexample.words


def test_what_cannot_be_thought_of_is_said(example):
    """The verdict stands without an example."""
    _, _, sight = example("ka.req.pod.volumes.volume_type intersects (hostPath)", "level: Metadata")
    assert (sight.verdict, sight.counterexample, sight.note) == ("blind", None, NONE_FOUND)
