"""Which requests there can be at all."""

from __future__ import annotations

import pytest

from lanner.policy.lint.possible import is_bare, is_idle, possible_verbs
from lanner.policy.model import GroupResources, Level, PolicyRule

PODS = (GroupResources("", ("pods",)),)


def rule(level=Level.REQUEST, **parts):
    return PolicyRule(level=level, **parts)


def test_resources_have_verbs_and_other_paths_have_methods():
    assert "list" in possible_verbs(rule(resources=PODS))
    assert "post" not in possible_verbs(rule(namespaces=("x",)))
    assert {"post", "get"} <= possible_verbs(rule(non_resource_urls=("/x",)))
    assert {"post", "list"} <= possible_verbs(rule())


@pytest.mark.parametrize(
    ("one", "idle"),
    [
        (rule(verbs=("*",)), True),
        (rule(verbs=("*", "get")), False),
        (rule(verbs=("post",), resources=PODS), True),
        (rule(non_resource_urls=("/a?b",)), True),
        (rule(non_resource_urls=("/a?b", "/c")), False),
        (rule(), False),
    ],
)
def test_a_rule_is_idle_when_no_request_has_its_verbs_or_paths(one, idle):
    assert is_idle(one) is idle


@pytest.mark.parametrize(
    ("one", "bare"),
    [
        (rule(verbs=("get", "watch")), True),
        (rule(verbs=("get", "create")), False),
        (rule(Level.REQUEST_RESPONSE, verbs=("get",)), False),
        (rule(Level.REQUEST_RESPONSE, verbs=("watch",)), True),
        (rule(), False),
    ],
)
def test_verbs_without_a_body_at_their_level(one, bare):
    assert is_bare(one) is bare
