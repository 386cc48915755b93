"""Audit events and policies for the tests of suggestions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.policy.coverage.model import Blinding, Need, Sight
from lanner.policy.evaluate import decide
from lanner.policy.model import Attributes, Policy
from lanner.policy.suggest.lines import targets_of
from lanner.policy.suggest.model import Oracle

Maker = Callable[..., Event]
_PEOPLE = ("alice@example.com", ("system:authenticated",))
_CONTROLLER = ("system:serviceaccount:kube-system:job-controller", ("system:serviceaccounts:kube-system",))
_EVERYTHING = (("", "pods"), ("", "events"), ("coordination.k8s.io", "leases"), ("apps", "deployments/status"))


@pytest.fixture
def event() -> Maker:
    """Return a maker of events as full logging writes them: verb, resource, then what differs."""

    def make(verb: str = "create", resource: str = "pods", **changes: Any) -> Event:
        kind, _, group = resource.partition(".")
        kind, _, subresource = kind.partition("/")
        target = {"resource": kind, "namespace": "shop", "apiGroup": group, "subresource": subresource}
        body = {"metadata": {"name": "n", "managedFields": [{"manager": "m" * 40}]}, "data": "d" * 100}
        document = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "RequestResponse",
            "auditID": "a-1",
            "stage": "ResponseComplete",
            "requestURI": f"/api/v1/namespaces/shop/{kind}",
            "verb": verb,
            "user": {"username": "alice@example.com", "groups": ["system:authenticated"]},
            "objectRef": {key: value for key, value in target.items() if value},
            "responseStatus": {"code": 200},
            "requestObject": body,
            "responseObject": body,
            "stageTimestamp": "2026-11-23T10:00:01.000037Z",
            **changes,
        }
        return decode(json.dumps(document, separators=(",", ":")).encode()).events[0]

    return make


@pytest.fixture
def oracle_of() -> Callable[..., Oracle]:
    """Return a maker of oracles that try each need on requests of a person and of a controller."""

    def make(*needs: Need, calls: list[Policy] | None = None) -> Oracle:
        def ask(policy: Policy) -> list[Sight]:
            if calls is not None:
                calls.append(policy)
            return [_sight(need, policy) for need in needs]

        return ask

    return make


def _sight(need: Need, policy: Policy) -> Sight:
    blinded: dict[int | None, Blinding] = {}
    tried = 0
    for attributes in _requests(need):
        decision = decide(policy, attributes)
        tried += 1
        if decision.level < need.level or set(decision.omit_stages).intersection(need.stages):
            why = f"{attributes.verb} {attributes.resource}{attributes.path} is logged at {decision.level.text}"
            blinded[decision.rule] = Blinding(number=decision.rule, line=0, reason=why)
    verdict = "sighted" if not blinded else "blind" if policy.rules and len(blinded) == tried else "partly"
    return Sight(rule=need.rule, verdict=verdict, needs=[need], blinded_by=list(blinded.values()))


def _requests(need: Need) -> Iterator[Attributes]:
    actors = [(user, ()) for user in need.users] or [_PEOPLE, _CONTROLLER]
    targets = [(target.group or "", target.resource, target.url) for target in targets_of(need)]
    if targets == [("", "", "")]:
        targets = [(*one, "") for one in _EVERYTHING] + [("", "", "/healthz"), ("", "", "/api/v1")]
    for user, groups in actors:
        for verb in need.verbs or ("get", "create", "update", "watch"):
            for group, kind, url in targets:
                resource, _, below = kind.partition("/")
                yield Attributes(user, groups, verb, "shop", group, "", resource, below, "", url, not url)
