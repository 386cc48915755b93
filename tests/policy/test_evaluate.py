"""The plain evaluator: documented cases of audit.k8s.io/v1 PolicyRule and GroupResources."""

import pytest

from lanner.policy.evaluate import decide, fits, fits_path, obstacle
from lanner.policy.model import Attributes, GroupResources, Level, Policy, PolicyRule

POD = Attributes(
    "alice", ("devs",), "get", "default", "", "v1", "pods", "", "web", "/api/v1/namespaces/default/pods/web"
)
HEALTH = Attributes("kubelet", (), "get", path="/healthz", resource_request=False)


@pytest.mark.parametrize(
    ("pattern", "asked", "fitting"),
    [
        ("pods", ("pods", ""), True),
        ("pods", ("pods", "exec"), False),
        ("pods/exec", ("pods", "exec"), True),
        ("pods/*", ("pods", "exec"), True),
        ("pods/*", ("pods", ""), True),
        ("*/exec", ("pods", "exec"), True),
        ("*/exec", ("pods", ""), False),
        ("*", ("pods", "exec"), True),
    ],
)
def test_patterns_of_resources(pattern, asked, fitting):
    assert fits(pattern, *asked) is fitting


@pytest.mark.parametrize(
    ("pattern", "path", "fitting"),
    [
        ("*", "/x", True),
        ("/healthz", "/healthz", True),
        ("/healthz", "/healthz/etcd", False),
        ("/h*", "/healthz", True),
    ],
)
def test_patterns_of_paths(pattern, path, fitting):
    assert fits_path(pattern, path) is fitting


@pytest.mark.parametrize(
    ("rule", "request_", "key"),
    [
        ({"users": ("bob",)}, POD, "users"),
        ({"user_groups": ("ops",)}, POD, "userGroups"),
        ({"verbs": ("list",)}, POD, "verbs"),
        ({"namespaces": ("other",)}, POD, "namespaces"),
        ({"namespaces": ("",)}, HEALTH, "namespaces"),
        ({"resources": (GroupResources("apps"),)}, POD, "resources"),
        ({"resources": (GroupResources(""),)}, HEALTH, "resources"),
        ({"resources": (GroupResources("", ("pods",), ("db",)),)}, POD, "resources"),
        ({"non_resource_urls": ("*",)}, POD, "nonResourceURLs"),
        ({"non_resource_urls": ("/x",)}, HEALTH, "nonResourceURLs"),
        ({"resources": (GroupResources("*"),), "namespaces": ("default",)}, POD, None),
        ({}, HEALTH, None),
    ],
)
def test_the_first_part_that_a_request_does_not_meet(rule, request_, key):
    assert obstacle(PolicyRule(level=Level.NONE, **rule), request_) == key


def test_a_request_that_no_rule_matches_is_not_logged():
    policy = Policy(rules=(PolicyRule(level=Level.REQUEST, users=("x",)),), omit_stages=("Panic",))
    assert decide(policy, POD) == (Level.NONE, ("Panic",), False, None)


def test_stages_add_up_and_managed_fields_are_overridden():
    rule = PolicyRule(level=Level.REQUEST, omit_stages=("Panic",), omit_managed_fields=False)
    policy = Policy(rules=(rule,), omit_stages=("RequestReceived",), omit_managed_fields=True)
    assert decide(policy, POD) == (Level.REQUEST, ("RequestReceived", "Panic"), False, 0)
