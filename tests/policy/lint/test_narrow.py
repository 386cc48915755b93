"""A rule cut down to a resource keeps only requests that there are."""

from __future__ import annotations

import pytest

from lanner.policy.lint.narrow import narrow
from lanner.policy.model import GroupResources, Level, PolicyRule


def rule(**parts):
    return PolicyRule(level=Level.REQUEST, **parts)


@pytest.mark.parametrize(
    ("one", "resource", "namespaces"),
    [
        (rule(), "nodes", ("",)),
        (rule(namespaces=("x",)), "nodes", None),
        (rule(namespaces=("x", "")), "nodes", ("",)),
        (rule(namespaces=("x",)), "namespaces", ("x",)),
        (rule(namespaces=("x",)), "pods", ("x",)),
        (rule(), "pods", ()),
        (rule(non_resource_urls=("/x",)), "pods", None),
        (rule(resources=(GroupResources("apps"),)), "pods", None),
    ],
)
def test_namespaces_that_its_requests_have(one, resource, namespaces):
    cut = narrow(one, "", resource)
    assert (None if cut is None else cut.namespaces) == namespaces


@pytest.mark.parametrize(
    ("one", "asked", "verbs"),
    [
        (rule(namespaces=("",)), ("create", "list"), ("list",)),
        (rule(namespaces=("",)), ("create",), None),
        (rule(namespaces=("",)), (), ("list", "watch")),
        (rule(namespaces=("",), verbs=("get",)), (), None),
        (rule(verbs=("get", "create")), ("create", "list"), ("create",)),
        (rule(), ("create", "list"), ("create", "list")),
        (rule(), (), ()),
    ],
)
def test_verbs_that_its_requests_have(one, asked, verbs):
    cut = narrow(one, "", "secrets", verbs=asked)
    assert (None if cut is None else cut.verbs) == verbs


def test_names_of_several_items_are_joined():
    one = rule(resources=(GroupResources("", ("pods",), ("a",)), GroupResources("*", ("*",), ("b", "a"))))
    assert narrow(one, "", "pods").resources == (GroupResources("", ("pods",), ("a", "b")),)
