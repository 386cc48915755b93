"""A log is priced under any policy without being read again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.policy.attributes import of_event
from lanner.policy.evaluate import decide
from lanner.policy.loading import load_policy
from lanner.policy.model import GroupResources, Level, Policy, PolicyRule
from lanner.policy.projection import line_of
from lanner.policy.suggest import traffic as traffic_module
from lanner.policy.suggest.traffic import Cost, Traffic
from lanner.sources.history import read_lines

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
Maker = Callable[..., Event]

POLICIES = [
    Policy(rules=(PolicyRule(level=Level.REQUEST_RESPONSE),)),
    Policy(rules=(PolicyRule(level=Level.REQUEST),), omit_managed_fields=True),
    Policy(rules=(PolicyRule(level=Level.METADATA, verbs=("get",)),)),
    Policy(rules=(PolicyRule(level=Level.METADATA),), omit_stages=("RequestReceived",)),
    Policy(rules=(PolicyRule(level=Level.NONE, resources=(GroupResources("", ("pods",)),)),)),
]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_price_is_what_the_lines_would_be(policy: Policy, event: Maker):
    """By event: the length of each line that kube-apiserver would write."""
    events = [
        event("create"),
        event("get", "pods", requestObject=None),
        event("update", "deployments.apps", stage="RequestReceived"),
        event("get", objectRef=None, requestURI="/healthz?verbose"),
    ]
    traffic = Traffic()
    for one in events:
        traffic.add(one)
    lines = [line_of(one, decide(policy, of_event(one.head))) for one in events]
    kept = [line for line in lines if line is not None]
    assert traffic.price(policy).kept == Cost(len(kept), sum(len(line) + 1 for line in kept))
    assert traffic.now == Cost(4, sum(len(one.raw) + 1 for one in events))


def test_names_count_only_where_a_policy_mentions_them(event: Maker):
    """All other objects of a kind are one kind."""
    policy = Policy(
        rules=(PolicyRule(level=Level.METADATA, resources=(GroupResources("", ("secrets",), ("db",)),)),),
    )
    traffic = Traffic(["db"])
    for name in ("db", "x", "y"):
        target: dict[str, Any] = {"resource": "secrets", "name": name}
        traffic.add(event("get", "secrets", objectRef=target, requestURI=f"/api/v1/namespaces/shop/secrets/{name}"))
    assert traffic.price(policy).kept.events == 1


def test_by_rule_says_which_line_costs_what(event: Maker):
    """None stands for requests that no rule matches."""
    traffic = Traffic()
    traffic.add(event("create"))
    traffic.add(event("get"))
    price = traffic.price(POLICIES[2])
    assert {number: cost.events for number, cost in price.by_rule.items()} == {0: 1, None: 0}


def test_a_log_of_endless_kinds_is_bounded(event: Maker, monkeypatch: pytest.MonkeyPatch):
    """Beyond a number of kinds the finer ones share one; no byte is lost."""
    monkeypatch.setattr(traffic_module, "MOST_KINDS", 3)
    traffic = Traffic()
    for number in range(20):
        traffic.add(event("get", objectRef=None, requestURI=f"/x/{number}"))
        traffic.add(event("get", objectRef={"resource": "pods", "namespace": f"n{number}"}))
    assert len(traffic._kinds) <= 5
    assert traffic.price(POLICIES[0]).kept == traffic.now


@pytest.mark.shared
@pytest.mark.parametrize(("name", "written", "within"), [("seed", 13_901_222, 0.03), ("rec", 24_950_244, 0.05)])
def test_a_real_log_is_priced_near_what_kube_apiserver_wrote(name: str, written: int, within: float):
    """The same script was run under both policies."""
    log = SHARED / "audit" / "full.jsonl.zst"
    if not log.exists():
        pytest.skip("no shared data beside the checkout")
    traffic = Traffic()
    for line in read_lines(log):
        for one in decode(line.data).events:
            traffic.add(one)
    policy = load_policy(SHARED / "policy_oracle" / "policies" / f"{name}.yaml").policy
    assert policy is not None
    assert abs(traffic.price(policy).kept.bytes - written) < within * written
