"""Needs become few lines, each at the level that its requests need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.policy.coverage.model import Need
from lanner.policy.evaluate import decide
from lanner.policy.model import Attributes, GroupResources, Level, Policy
from lanner.policy.suggest.lines import ANY, Target, in_order, lines_of, resources_of, targets_of

PODS = GroupResources("", ("pods",))
ROLES = GroupResources("rbac.authorization.k8s.io", ("roles", "clusterroles"))


def _need(rule: str = "r", **parts: object) -> Need:
    return Need(rule=rule, **parts)  # type: ignore[arg-type]  # parts are given by name in each test


def test_needs_of_one_level_and_one_set_of_verbs_share_a_line():
    """Two rules on different resources end in one line that names both."""
    needs = [
        _need("a", verbs=("create",), resources=(PODS,), level=Level.REQUEST),
        _need("b", verbs=("create",), resources=(ROLES,), level=Level.REQUEST),
    ]
    (line,) = lines_of(needs)
    assert [(part.group, part.resources) for part in line.rule.resources] == [
        ("", ("pods",)),
        ("rbac.authorization.k8s.io", ("clusterroles", "roles")),
    ]
    assert line.needed_by == ("a", "b")


def test_the_highest_level_of_a_verb_wins_and_comes_first():
    """A resource's verbs part by level."""
    needs = [
        _need("low", verbs=("create", "delete"), resources=(PODS,)),
        _need("high", verbs=("create",), resources=(PODS,), level=Level.REQUEST_RESPONSE),
    ]
    assert [(line.rule.level, line.rule.verbs) for line in lines_of(needs)] == [
        (Level.REQUEST_RESPONSE, ("create",)),
        (Level.METADATA, ("delete",)),
    ]


def test_what_a_wider_line_gives_is_not_written_again():
    """Every verb, and everybody, include the one."""
    needs = [
        _need("all", resources=(PODS,), level=Level.REQUEST),
        _need("one", verbs=("get",), resources=(PODS,)),
        _need("ours", verbs=("get",), resources=(PODS,), namespaces=("kube-system",)),
    ]
    (line,) = lines_of(needs)
    assert line.rule.verbs == ()
    assert line.rule.namespaces == ()
    assert set(line.needed_by) == {"all", "one", "ours"}


def test_managed_fields_are_kept_only_on_the_line_that_needs_them():
    """The line says so against the policy."""
    needs = [
        _need("m", verbs=("patch",), resources=(PODS,), level=Level.REQUEST, managed_fields=True),
        _need("n", verbs=("patch",), resources=(ROLES,), level=Level.REQUEST),
    ]
    assert [line.rule.omit_managed_fields for line in lines_of(needs)] == [False, None]


def test_resources_urls_and_anything_are_lines_of_their_own():
    """A policy's rule cannot be for resources or for URLs."""
    needs = [_need("u", non_resource_urls=("/api*",)), _need("r", resources=(PODS,)), _need("x")]
    kinds = [(bool(line.rule.resources), line.rule.non_resource_urls) for line in lines_of(needs)]
    assert kinds == [(True, ()), (False, ("/api*",)), (False, ())]


@pytest.mark.parametrize(
    ("need", "targets"),
    [
        (_need(), [ANY]),
        (_need(resources=(GroupResources("*"),)), [Target("*")]),
        (_need(resources=(GroupResources("", ("secrets",), ("db",)),)), [Target("", "secrets", ("db",))]),
        (_need(non_resource_urls=("*",)), [Target(url="*")]),
    ],
)
def test_what_a_need_is_about(need: Need, targets: list[Target]):
    """Resources one by one, URLs, or any request."""
    assert list(targets_of(need)) == targets


def test_all_of_a_group_takes_in_its_resources():
    """An empty list of resources means all."""
    assert resources_of([Target("apps", "deployments"), Target("apps", "")]) == (GroupResources("apps"),)


def test_verbs_are_in_a_settled_order():
    """Writes, reads, then others."""
    assert in_order(["watch", "impersonate", "get", "create", "get"]) == ["create", "get", "watch", "impersonate"]


_words = st.lists(st.sampled_from(["create", "get", "delete"]), unique=True, max_size=2).map(tuple)
_needs = st.builds(
    Need,
    rule=st.sampled_from("abc"),
    verbs=_words,
    resources=st.lists(st.sampled_from([PODS, ROLES, GroupResources("", ("pods/exec",))]), max_size=2).map(tuple),
    namespaces=st.sampled_from([(), ("x",), ("y",)]),
    users=st.sampled_from([(), ("u",)]),
    level=st.sampled_from([Level.METADATA, Level.REQUEST, Level.REQUEST_RESPONSE]),
)


@given(st.lists(_needs, min_size=1, max_size=6))
def test_every_need_gets_its_level(needs: list[Need]):
    """Whatever the needs, each request that one is about is logged at its level or above."""
    policy = Policy(rules=tuple(line.rule for line in lines_of(needs)))
    for need in needs:
        for target in targets_of(need):
            resource, _, subresource = (target.resource or "services").partition("/")
            for verb in need.verbs or ("list",):
                attributes = Attributes(
                    user=(need.users or ("u",))[0],
                    verb=verb,
                    namespace=(need.namespaces or ("x",))[0],
                    api_group=target.group or "",
                    resource=resource,
                    subresource=subresource,
                )
                assert decide(policy, attributes).level >= need.level
