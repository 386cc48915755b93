"""Why the rules above the deciding one do not decide, in words."""

import pytest

from lanner.policy.explain import explain, listed
from lanner.policy.model import Attributes, GroupResources, Level, Policy, PolicyRule

EXEC = Attributes("dev", ("devs", "all"), "create", "payments", "", "v1", "pods", "exec", "web")
HEALTH = Attributes("kubelet", (), "get", path="/healthz", resource_request=False)
PODS = GroupResources("", ("pods",))


@pytest.mark.parametrize(
    ("rule", "asked", "reason"),
    [
        ({"users": ("ops", "Dev")}, EXEC, "user dev is not in users [ops, Dev]; upper and lower case count"),
        ({"users": ("system:*",)}, EXEC, "user dev is not in users [system:*]; users have no wildcards"),
        ({"user_groups": ("ops",)}, EXEC, "the user's groups (devs, all) have none of userGroups [ops]"),
        ({"user_groups": ("ops",)}, HEALTH, "the user's groups (no group) have none of userGroups [ops]"),
        ({"verbs": ("*",)}, EXEC, "verb create is not in verbs [*]; * is no wildcard in verbs: leave verbs out"),
        (
            {"namespaces": ("pay*",)},
            EXEC,
            "namespace payments is not in namespaces [pay*]; namespaces have no wildcards",
        ),
        ({"namespaces": ("",)}, HEALTH, '/healthz is no resource, and the rule is for namespaces [""]'),
        ({"namespaces": ("a",)}, EXEC._replace(namespace=""), "a request outside namespaces is not in namespaces [a]"),
        ({"resources": (PODS,)}, EXEC, "pods/exec: pods does not cover pods/exec; a subresource is named on its own"),
        ({"resources": (GroupResources("", ("pods/log",)),)}, EXEC, "pods/exec: pods/log does not cover pods/exec"),
        (
            {"resources": (GroupResources("apps", ("pods/exec",)),)},
            EXEC,
            "pods/exec: the rule names it in group apps, it is of (core)",
        ),
        (
            {"resources": (GroupResources("", ("pods/*",), ("db",)),)},
            EXEC,
            "pods/exec: name web is not in resourceNames [db]",
        ),
        (
            {"resources": (GroupResources("", ("pods/*",), ("db",)),)},
            EXEC._replace(name=""),
            "pods/exec: a request without a name is not in resourceNames [db]",
        ),
        ({"resources": (GroupResources("apps"),)}, EXEC, "pods/exec is not in resources apps: []"),
        ({"resources": (PODS,)}, HEALTH, "/healthz is no resource, and the rule is for resources"),
        ({"non_resource_urls": ("*",)}, EXEC, "pods/exec is a resource, and the rule is for nonResourceURLs [*]"),
        ({"non_resource_urls": ("/x",)}, HEALTH, "path /healthz fits none of nonResourceURLs [/x]"),
    ],
)
def test_the_obstacle_in_words(rule, asked, reason):
    policy = Policy(rules=(PolicyRule(level=Level.NONE, **rule), PolicyRule(level=Level.METADATA)))
    found = explain(policy, asked)
    assert found.decision.rule == 1
    assert [passed.rule for passed in found.passed] == [0]
    assert found.passed[0].reason.startswith(reason)


def test_without_a_matching_rule_all_are_passed():
    found = explain(Policy(rules=(PolicyRule(level=Level.REQUEST, verbs=("get",)),)), EXEC)
    assert (found.decision.rule, found.decision.level) == (None, Level.NONE)
    assert [passed.key for passed in found.passed] == ["verbs"]


def test_long_lists_are_cut():
    assert listed(tuple("abcdefgh")) == "[a, b, c, d, e, f, and 2 more]"
    many = tuple(GroupResources(f"g{number}", ("x",)) for number in range(8))
    policy = Policy(rules=(PolicyRule(level=Level.NONE, resources=many),))
    assert explain(policy, EXEC).passed[0].reason.endswith("; and 2 more")
