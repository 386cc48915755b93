"""The suggested policy is the cheapest that the proof lets through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from lanner.audit.event import Event
from lanner.policy.coverage.model import Need, Sight
from lanner.policy.evaluate import decide
from lanner.policy.model import Attributes, GroupResources, Level, Policy
from lanner.policy.suggest.model import EVERYTHING, Oracle
from lanner.policy.suggest.synthesis import names_in, needs_in, suggest
from lanner.policy.suggest.traffic import Traffic

Maker = Callable[..., Event]
Oracles = Callable[..., Oracle]

CONTROLLER = {
    "username": "system:serviceaccount:kube-system:job-controller",
    "groups": ["system:serviceaccounts:kube-system"],
}
CREATED = Need(rule="Created", verbs=("create",), resources=(GroupResources("", ("pods",)),), level=Level.REQUEST)
ANY = Need(rule="Any")
SECRET = Need(rule="Secret body", resources=(GroupResources("", ("secrets",)),), level=Level.REQUEST_RESPONSE)
MAPS = Need(rule="Map body", resources=(GroupResources("", ("configmaps",)),), level=Level.REQUEST)


@pytest.fixture
def traffic(event: Maker) -> Traffic:
    """A little of everything, by people and by a controller."""
    log = Traffic()
    for stage in ("RequestReceived", "ResponseComplete"):
        for user in ({"username": "alice@example.com"}, CONTROLLER):
            for verb, resource in (
                ("create", "pods"),
                ("get", "pods"),
                ("update", "leases.coordination.k8s.io"),
                ("create", "events"),
                ("update", "endpointslices.discovery.k8s.io"),
            ):
                log.add(event(verb, resource, user=user, stage=stage))
    return log


def _levels(policy: Policy, *requests: tuple[str, str, str]) -> list[str]:
    def level(user: str, verb: str, resource: str) -> str:
        kind, _, group = resource.partition(".")
        groups = ("system:serviceaccounts:kube-system",) if user.startswith("system:") else ()
        attributes = Attributes(user, groups, verb, "shop", group, "", kind)
        return decide(policy, attributes).level.text

    return [level(*request) for request in requests]


def test_bodies_only_where_a_rule_looks_into_them(traffic: Traffic, oracle_of: Oracles):
    """People's other doings stay at Metadata, noise goes, secrets are guarded by the first line."""
    found = suggest(oracle_of(CREATED), traffic)
    assert found.proved
    assert _levels(
        found.policy,
        ("alice", "create", "pods"),
        ("alice", "get", "pods"),
        ("alice", "create", "secrets"),
        ("alice", "update", "leases.coordination.k8s.io"),
        (CONTROLLER["username"], "get", "pods"),
        (CONTROLLER["username"], "create", "pods"),
    ) == ["Request", "Metadata", "Metadata", "None", "None", "Request"]
    assert found.policy.omit_stages == ("RequestReceived",)
    assert found.policy.omit_managed_fields
    assert found.price.kept.bytes < found.now.bytes / 3


def test_nothing_but_needs_is_the_minimum(traffic: Traffic, oracle_of: Oracles):
    """Without a catch-all, what no rule asks for is not logged."""
    found = suggest(oracle_of(CREATED), traffic, keep="nothing")
    assert found.proved
    assert _levels(found.policy, ("alice", "create", "pods"), ("alice", "get", "pods")) == ["Request", "None"]
    assert found.price.kept.bytes < suggest(oracle_of(CREATED), traffic).price.kept.bytes


@pytest.mark.parametrize("keep", ["metadata", "nothing"])
def test_noise_that_a_rule_looks_at_stays(traffic: Traffic, oracle_of: Oracles, keep: Any):
    """It is told what it costs and who needs it; and lines that the catch-all spares are left out."""
    found = suggest(oracle_of(ANY, CREATED), traffic, keep=keep)
    assert found.proved
    assert _levels(found.policy, ("a", "update", "leases.coordination.k8s.io")) == ["Metadata"]
    assert {rule for one in found.refused for rule in one.rules} == {"Any"}
    assert found.refused[0].bytes >= found.refused[-1].bytes > 0
    assert found.lines[-1].needed_by == ("Any",)
    assert len([line for line in found.lines if line.rule.level is Level.METADATA]) <= 3


def test_a_rule_may_be_allowed_to_miss_noise(traffic: Traffic, oracle_of: Oracles):
    """Then the noise goes, and what the rule misses is told."""
    found = suggest(oracle_of(ANY, CREATED), traffic, partly=["Any"])
    assert found.proved
    assert [loss.rule for loss in found.partly] == ["Any"]
    assert found.price.kept.bytes < suggest(oracle_of(ANY, CREATED), traffic).price.kept.bytes


def test_secrets_are_never_in_clear(traffic: Traffic, oracle_of: Oracles):
    """A rule that wants them may go without a part of its sight; that is told."""
    found = suggest(oracle_of(SECRET), traffic)
    assert _levels(found.policy, ("alice", "get", "secrets")) == ["Metadata"]
    assert found.proved
    assert [(loss.rule, loss.after, loss.lines) for loss in found.partly] == [("Secret body", "partly", (0,))]
    assert [(one.rule, one.followed) for one in found.conflicts] == [("Secret body", False)]


def test_a_rule_that_is_blind_without_secrets_in_clear_is_no_proof(traffic: Traffic, oracle_of: Oracles):
    """It loses all of its sight."""
    ask = oracle_of(SECRET)

    def blind(policy: Policy) -> list[Sight]:
        verdict = "sighted" if policy == EVERYTHING else "blind"
        return [msgspec.structs.replace(one, verdict=verdict) for one in ask(policy)]

    found = suggest(blind, traffic)
    assert not found.proved
    assert [loss.after for loss in found.losses] == ["blind"]


def test_config_maps_follow_the_rules_unless_forbidden(traffic: Traffic, oracle_of: Oracles):
    """By default sight wins; the option wins over sight."""
    assert _levels(suggest(oracle_of(MAPS), traffic).policy, ("a", "get", "configmaps")) == ["Request"]
    forbidden = suggest(oracle_of(MAPS), traffic, no_bodies_of=["configmaps"])
    assert _levels(forbidden.policy, ("a", "get", "configmaps")) == ["Metadata"]
    assert not forbidden.proved


def test_a_stage_that_a_rule_needs_is_kept(traffic: Traffic, oracle_of: Oracles):
    """RequestReceived is omitted by default, not against a rule."""
    early = Need(rule="Early", resources=(GroupResources("", ("pods",)),), stages=("RequestReceived",))
    assert suggest(oracle_of(early), traffic).policy.omit_stages == ()
    assert suggest(oracle_of(CREATED), traffic, keep="nothing").policy.omit_stages == (
        "RequestReceived",
        "ResponseStarted",
    )


def test_the_proof_is_asked_seldom(traffic: Traffic, oracle_of: Oracles):
    """Noise is offered all at once and withdrawn where it is blamed."""
    calls: list[Policy] = []
    suggest(oracle_of(ANY, CREATED, calls=calls), traffic)
    assert len(calls) <= 8


def test_needs_and_their_names(oracle_of: Oracles):
    """What traffic must tell apart is what needs name."""
    named = Need(rule="n", resources=(GroupResources("", ("configmaps",), ("aws-auth",)),))
    needs = needs_in(oracle_of(named)(Policy(rules=())))
    assert needs == [named]
    assert names_in(needs) == {"aws-auth"}


def test_a_line_protects_from_noise_what_a_rule_needs(traffic: Traffic, oracle_of: Oracles):
    """Only such lines stay before the catch-all: reads by controllers go, their sessions stay in sight."""
    session = Need(rule="Session", verbs=("get",), resources=(GroupResources("", ("pods/exec",)),))
    deleted = Need(rule="Deleted", verbs=("delete",), resources=(GroupResources("", ("roles",)),))
    found = suggest(oracle_of(session, deleted), traffic)
    assert found.proved
    assert [line.needed_by for line in found.lines if line.needed_by] == [("Session",)]
    assert _levels(found.policy, (CONTROLLER["username"], "get", "pods"), ("a", "delete", "roles")) == [
        "None",
        "Metadata",
    ]
