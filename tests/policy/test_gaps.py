"""What a log lacks is estimated from its like in the log, and said to be unknown where there is none."""

from __future__ import annotations

import json

import pytest

from lanner.policy import gaps as module
from lanner.policy.gaps import Gaps
from lanner.policy.model import GroupResources, Level, Policy, PolicyRule
from lanner.policy.simulation import Simulation

EVERYTHING = Policy(rules=(PolicyRule(level=Level.REQUEST_RESPONSE),))
NOTHING = Gaps(0, 0, 0, 0, 0, 0)


def event(level="Metadata", verb="get", stage="ResponseComplete", resource="pods", code=200, **keys) -> bytes:
    found = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": level, "auditID": "a", "stage": stage}
    found |= {"requestURI": f"/api/v1/{resource}", "verb": verb, "user": {"username": "me"}}
    found |= {"objectRef": {"resource": resource}} if resource != "/" else {}
    found |= {"responseStatus": {"code": code}} if stage != "RequestReceived" else {}
    found |= keys | {"stageTimestamp": "2026-01-01T00:00:00.000000Z"}
    return json.dumps(found, separators=(",", ":")).encode()


def gaps(*lines: bytes, policy=EVERYTHING) -> Gaps:
    simulation = Simulation(policy)
    for line in lines:
        simulation.add(line)
    return simulation.gaps.gaps()


NO_RECEIVED = Policy(rules=EVERYTHING.rules, omit_stages=("RequestReceived",))


def body(size: int) -> dict:
    return {"responseObject": {"a": "x" * (size - 8)}}


def test_a_full_log_lacks_nothing():
    assert gaps(event("RequestResponse", **body(100)), policy=NO_RECEIVED) == NOTHING


def test_an_absent_body_is_taken_from_the_others_median_and_largest():
    others = [event("RequestResponse", **body(size)) for size in (100, 200, 900)]
    key = len(',"responseObject":')
    found = gaps(*others, event(), event(), policy=NO_RECEIVED)
    assert found == Gaps(2, 0, 2 * (200 + key), 2 * (900 + key), 0, 0)


@pytest.mark.parametrize(
    "other", [event("RequestResponse", verb="list", **body(100)), event("RequestResponse", code=404, **body(100))]
)
def test_another_verb_or_outcome_is_no_like(other):
    assert gaps(other, event(), policy=NO_RECEIVED) == Gaps(1, 1, 0, 0, 0, 0)


def test_managed_fields_that_the_policy_omits_do_not_count_for_the_like():
    policy = Policy(rules=EVERYTHING.rules, omit_stages=("RequestReceived",), omit_managed_fields=True)
    other = {"responseObject": {"metadata": {"name": "a", "managedFields": [{"manager": "x" * 1000}]}}}
    found = gaps(event("RequestResponse", **other), event(), policy=policy)
    assert found.likely == found.most == len(',"responseObject":{"metadata":{"name":"a"}}')


def test_a_request_whose_arrival_is_not_in_the_log_is_counted_with_about_its_length():
    received = event("RequestResponse", stage="RequestReceived")
    answered = event("RequestResponse", **body(500))
    assert gaps(received, answered) == NOTHING
    found = gaps(answered, answered, received)
    assert found.unseen_events == 1
    assert abs(found.unseen_bytes - len(received)) < 40


def test_failures_and_panics_have_arrived_too():
    lines = [event("RequestResponse", code=404, **body(50)), event("RequestResponse", stage="Panic")]
    assert gaps(*lines).unseen_events == 2
    assert gaps(*lines, policy=NO_RECEIVED).unseen_events == 0
    assert gaps(*lines, policy=Policy(rules=())).unseen_events == 0


def test_a_long_running_request_arrives_once():
    started = event("RequestResponse", verb="watch", stage="ResponseStarted")
    assert gaps(started).unseen_events == 0


def test_a_body_of_an_event_that_is_dropped_is_not_missed():
    rules = (PolicyRule(level=Level.NONE, resources=(GroupResources("", ("pods",)),)), *EVERYTHING.rules)
    assert gaps(event(), policy=Policy(rules=rules)) == NOTHING


def test_classes_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "MAX_CLASSES", 3)
    lines = [event(resource=f"things{number}") for number in range(10)]
    found = gaps(*lines, event(resource="/"))
    assert found.bodies == found.unknown == 11
    assert found.unseen_events == 11
