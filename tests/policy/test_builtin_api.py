"""The table of the built-in API."""

import pytest

from lanner.policy import builtin_api


def test_a_resource_has_scope_verbs_and_subresources():
    pods = builtin_api.resources()["", "pods"]
    assert (pods.kind, pods.namespaced, pods.short_names) == ("Pod", True, ("po",))
    assert set(pods.verbs) == set(builtin_api.RESOURCE_VERBS)
    assert pods.subresources["exec"] == ("create", "get")
    assert not builtin_api.resources()["rbac.authorization.k8s.io", "clusterroles"].namespaced


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Deployment", "deployments"),
        ("deploy", "deployments"),
        ("PODS", "pods"),
        ("netpol", "networkpolicies"),
        ("x", ""),
    ],
)
def test_kinds_singulars_and_short_names_lead_to_the_resource(word, name):
    assert builtin_api.spelt(word) == name


def test_groups_and_homes():
    assert {"", "apps", "resource.k8s.io"} <= builtin_api.groups()
    assert builtin_api.homes("events") == ("", "events.k8s.io")
    assert {row.name for row in builtin_api.of_group("policy")} == {"poddisruptionbudgets"}


def test_what_moved_is_not_served_any_more():
    assert not set(builtin_api.MOVED) & set(builtin_api.resources())
