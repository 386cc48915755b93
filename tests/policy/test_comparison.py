"""Two policies over the same log: what the second keeps more or less, largest first."""

from __future__ import annotations

import json

from lanner.policy.comparison import compare
from lanner.policy.model import GroupResources, Level, Policy, PolicyRule
from lanner.policy.simulation import Simulation


def event(resource: str, size: int) -> bytes:
    found = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": "a"}
    found |= {"stage": "ResponseComplete", "requestURI": "/", "verb": "create", "user": {"username": "me"}}
    found |= {"objectRef": {"resource": resource}, "requestObject": "x" * size}
    return json.dumps(found | {"stageTimestamp": "2026-01-01T00:00:00.000000Z"}, separators=(",", ":")).encode()


LINES = [event("pods", 10), event("nodes", 100), event("secrets", 50)]


def simulated(*rules: PolicyRule, file: str) -> Simulation:
    simulation = Simulation(Policy(rules=rules, file=file), pack=False)
    for line in LINES:
        simulation.add(line)
    return simulation


ALL = PolicyRule(level=Level.REQUEST)
FIRST = simulated(ALL, file="first")
SECOND = simulated(
    PolicyRule(level=Level.METADATA, resources=(GroupResources("", ("nodes", "pods")),)), ALL, file="second"
)


def test_differences_come_largest_first_and_equal_ones_not_at_all():
    found = compare(FIRST, SECOND)
    assert (found.first, found.second) == ("first", "second")
    assert [difference.key for difference in found.by_resource] == ["nodes", "pods"]
    assert found.by_resource[0].bytes == len("Metadata") - len("Request") - len(',"requestObject":""') - 100
    assert found.total.bytes == sum(difference.bytes for difference in found.by_resource)
    assert found.total.events_first == found.total.events_second == 3


def test_what_only_one_of_them_has_counts_against_nothing():
    levels = {difference.key: difference for difference in compare(FIRST, SECOND).by_level}
    assert levels["Metadata"].bytes_first == 0
    assert levels["Metadata"].events_second == 2


def test_a_policy_is_equal_to_itself():
    found = compare(FIRST, FIRST)
    assert found.total.bytes == 0
    assert found.by_resource == found.by_user == found.by_level == []


def test_top_leaves_the_largest():
    assert [difference.key for difference in compare(FIRST, SECOND, top=1).by_resource] == ["nodes"]
