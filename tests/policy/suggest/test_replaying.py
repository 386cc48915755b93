"""Alerts on what a policy keeps are compared with those on the full log, by rule and request."""

from __future__ import annotations

from collections.abc import Callable

from lanner.audit.event import Event
from lanner.policy.model import GroupResources, Level, Policy, PolicyRule
from lanner.policy.suggest.replaying import Outcome, Replaying
from lanner.rules.falco.documents import load_texts
from lanner.rules.ruleset import Rule

Maker = Callable[..., Event]
RULES = """
- rule: Body
  desc: d
  condition: ka.verb = create and jevt.value[/requestObject/data] exists
  output: o
  priority: WARNING
  source: k8s_audit
- rule: No body
  desc: d
  condition: ka.verb = create and not jevt.value[/requestObject/data] exists
  output: o
  priority: WARNING
  source: k8s_audit
- rule: Any stage
  desc: d
  condition: ka.target.resource = services
  output: o
  priority: WARNING
  source: k8s_audit
"""


def _outcome(policy: Policy, *events: Event) -> Outcome:
    replaying = Replaying(policy, _rules())
    for event in events:
        replaying.add(event)
    return replaying.finish()


def _rules() -> list[Rule]:
    return load_texts([("rules.yaml", RULES)]).require()


def test_the_same_alerts_are_the_proof(event: Maker):
    """Everything the rules look at is kept."""
    outcome = _outcome(Policy(rules=(PolicyRule(level=Level.REQUEST),)), event(), event("get"))
    assert outcome.same
    assert (outcome.events, outcome.alerts, outcome.fired, outcome.fired_kept) == (2, 1, 1, 1)


def test_lost_and_new_alerts_are_named(event: Maker):
    """Without its body one rule is blind and another fires on nothing."""
    outcome = _outcome(Policy(rules=(PolicyRule(level=Level.METADATA),)), event())
    assert (outcome.missing, outcome.added) == ([("Body", "a-1")], [("No body", "a-1")])
    assert not outcome.same


def test_an_alert_at_one_stage_of_a_request_is_enough(event: Maker):
    """Alerts are compared by rule and auditID; their number is told beside it."""
    stages = [event("get", "services", stage=stage) for stage in ("RequestReceived", "ResponseComplete")]
    outcome = _outcome(Policy(rules=(PolicyRule(level=Level.METADATA),), omit_stages=("RequestReceived",)), *stages)
    assert outcome.same
    assert (outcome.fired, outcome.fired_kept) == (2, 1)


def test_events_that_the_policy_drops_give_no_alert(event: Maker):
    """A rule of level None blinds."""
    rules = (PolicyRule(level=Level.NONE, resources=(GroupResources("", ("services",)),)),)
    assert _outcome(Policy(rules=rules), event("get", "services")).missing == [("Any stage", "a-1")]


def test_rules_that_may_miss_some_are_counted_apart(event: Maker):
    """The others decide whether the alerts are the same."""
    policy = Policy(rules=(PolicyRule(level=Level.METADATA, verbs=("get",)),))
    replaying = Replaying(policy, _rules(), ["Body"])
    replaying.add(event())
    outcome = replaying.finish()
    assert (outcome.same, outcome.alerts, outcome.allowed, outcome.missing) == (True, 1, 1, [])
