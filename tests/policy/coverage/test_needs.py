"""What rules need, in the terms of a policy."""

from __future__ import annotations

import pytest

from lanner.policy.coverage.names import names_of_rules
from lanner.policy.coverage.needs import needs_of
from lanner.policy.coverage.reading import Reading
from lanner.policy.coverage.space import Space
from lanner.policy.model import GroupResources, Level

DONE = "ka.stage = ResponseComplete and "


@pytest.fixture
def needs(parse):
    """Return what a condition needs."""

    def ask(text):
        condition = parse(text)
        space = Space(names_of_rules([condition]))
        return needs_of("r", Reading(condition, space), space)

    return ask


def test_branches_with_different_levels_are_needs_of_their_own(needs):
    """Deleting is seen at Metadata, creating only with the body."""
    found = needs(
        f"{DONE} ka.target.resource = configmaps and"
        " (ka.verb = delete or (ka.verb = create and ka.req.configmap.obj contains x))"
    )
    assert {need.verbs: need.level for need in found} == {("delete",): Level.METADATA, ("create",): Level.REQUEST}


@pytest.mark.parametrize(
    ("check", "level", "managed"),
    [
        ("ka.verb = create", Level.METADATA, False),
        ("ka.req.service.type = NodePort", Level.REQUEST, False),
        ("ka.resp.name = x", Level.REQUEST_RESPONSE, False),
        ("not ka.resp.name = x", Level.REQUEST_RESPONSE, False),
        ("jevt.value[/requestObject] contains x", Level.REQUEST, True),
        ("""jevt.value[/requestObject] contains '"example.com/mode":null'""", Level.REQUEST, False),
        ("jevt.obj contains x", Level.REQUEST_RESPONSE, True),
        ("(ka.verb = create or ka.resp.name = x)", Level.REQUEST_RESPONSE, False),
        ("(ka.verb = create and (ka.verb = create or ka.resp.name = x))", Level.METADATA, False),
    ],
)
def test_the_level_is_the_lowest_at_which_nothing_changes(needs, check, level, managed):
    """Alerts that would be lost count, and those that would be new."""
    found = needs(f"{DONE} ka.target.resource = services and {check}")
    assert max((need.level, need.managed_fields) for need in found) == (level, managed)


@pytest.mark.parametrize(
    ("condition", "stages"),
    [
        (f"{DONE} ka.verb = get", ("ResponseComplete",)),
        ("ka.stage = RequestReceived", ("RequestReceived",)),
        ("ka.stage in (RequestReceived, ResponseComplete) and ka.verb = get", ("RequestReceived",)),
        ("ka.stage = ResponseStarted and ka.verb = watch", ("ResponseStarted",)),
        ("ka.stage = ResponseStarted and ka.target.resource = secrets and ka.verb = get", None),
        ("ka.verb = get", ("ResponseComplete", "Panic")),
        ("ka.verb = get and not ka.response.code exists", ("RequestReceived",)),
    ],
)
def test_the_stages_are_those_without_which_requests_are_missed(needs, condition, stages):
    """A request is seen if the rule fires at any stage of it; what never is long-running has no ResponseStarted."""
    assert {need.stages for need in needs(condition)} == ({stages} if stages else set())


@pytest.mark.parametrize(
    ("condition", "resources", "urls"),
    [
        ("ka.target.resource = pods", [GroupResources("", ("pods/*",))], ()),
        ("ka.target.resource = pods and not ka.target.subresource exists", [GroupResources("", ("pods",))], ()),
        ("ka.target.subresource = scale", [GroupResources("*", ("*/scale",))], ()),
        ("ka.target.resource = widgets", [GroupResources("*", ("widgets/*",))], ()),
        (
            "ka.target.resource in (pods, roles) and not ka.target.subresource exists",
            [GroupResources("", ("pods",)), GroupResources("rbac.authorization.k8s.io", ("roles",))],
            (),
        ),
        ("not ka.target.resource exists and ka.uri = /healthz", [], ("/healthz",)),
        ("ka.uri startswith /healthz", [], ("/healthz*",)),
        ("not ka.target.resource exists", [], ("*",)),
        ("ka.verb exists", [], ()),
    ],
)
def test_requests_are_named_as_a_policy_names_them(needs, condition, resources, urls):
    """Subresources count; a name that Kubernetes uses means its own resource."""
    found = needs(DONE + condition)
    assert [part for need in found for part in need.resources] == resources
    assert tuple(url for need in found for url in need.non_resource_urls) == urls


def test_users_groups_and_namespaces_narrow_where_they_can(needs):
    """Those that are left out, or that begin somehow, cannot be listed."""
    [need] = needs(f"{DONE} ka.target.namespace in (a, b) and ka.user.name = x and ka.user.groups intersects (g)")
    assert (need.namespaces, need.users, need.user_groups) == (("a", "b"), ("x",), ("g",))
    [need] = needs(f"{DONE} ka.target.resource = pods and not ka.user.name = x and not ka.target.namespace = a")
    assert (need.namespaces, need.users, need.user_groups) == ((), (), ())
    [need] = needs(f"{DONE} ka.target.resource = secrets and not ka.target.namespace exists")
    assert need.namespaces == ("",)
