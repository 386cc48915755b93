"""Values are put where fields find them."""

from __future__ import annotations

import pytest

from lanner.policy.coverage.placing import equalled, fitted, place_of

DOCUMENT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "a",
    "stage": "ResponseComplete",
    "verb": "create",
    "requestURI": "/",
    "user": {"username": "u"},
    "responseStatus": {"code": 201},
    "stageTimestamp": "2026-01-02T03:04:05Z",
}


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        ("ka.response.code = 1", ("responseStatus", "code")),
        ("ka.auth.decision = x", ("annotations", "authorization.k8s.io/decision")),
        ("ka.req.pod.containers.image.repository in (x)", ("requestObject", "spec", "containers", 0, "image")),
        ("ka.req.binding.subjects.group_names in (x)", ("requestObject", "subjects", 1, "name")),
        ("jevt.value[/requestObject/rules/0/verbs] = x", ("requestObject", "rules", 0, "verbs")),
        ("ka.req.pod.volumes.volume_type intersects (x)", None),
    ],
)
def test_a_field_s_place_is_found_by_trying(parse, condition, path):
    """None where no single value shows."""
    assert place_of(parse(condition).left) == path


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("ka.response.code = 403", True),
        ("ka.response.code startswith 2", False),
        ("ka.response.code exists", False),
        ("ka.req.pod.containers.privileged intersects (true)", True),
        ("ka.req.binding.subjects.serviceaccount_names intersects (x)", True),
        ("ka.req.role.rules.verbs intersects (*)", True),
        ("ka.req.configmap.obj contains password", True),
        ("ka.useragent regex 'cur[lw]/.*'", True),
        ("ka.useragent glob 'a*b?'", True),
    ],
)
def test_an_event_is_made_on_which_a_check_comes_out_as_wanted(parse, condition, wanted):
    """Tried with the rules' own evaluator before it is given back."""
    check = parse(condition)
    assert fitted(DOCUMENT, check.left if hasattr(check, "left") else check.operand, {check: wanted}) is not None


def test_what_no_value_does_is_not_made(parse):
    """None instead of a wrong event."""
    one, other = parse("ka.useragent = a"), parse("ka.useragent = b")
    assert fitted(DOCUMENT, one.left, {one: True, other: True}) is None


def test_two_fields_are_made_equal(parse):
    """The right one takes the left one's value."""
    check = parse("ka.user.name = val(jevt.value[/responseObject/spec/username])")
    assert equalled(DOCUMENT, check)["responseObject"] == {"spec": {"username": "u"}}
