"""What Sigma rules ask for that no audit event has, and what was meant."""

import pytest
import yaml

from lanner.policy import builtin_api
from lanner.rules.loading import load_texts
from lanner.rules.sigma import known


def found(detection, condition="a"):
    document = {
        "title": "t",
        "logsource": {"product": "kubernetes"},
        "detection": {**detection, "condition": condition},
    }
    loaded = load_texts([("s.yaml", yaml.safe_dump(document, sort_keys=False))])
    (result,) = loaded.results
    assert result.errors == []
    return [(warning.code.removeprefix("SIGMA_"), warning.message, warning.hint) for warning in result.warnings]


def one(name, value):
    """What is said of one check beside another that can hold."""
    (doubt,) = found({"a": {name: value}, "b": {"verb": "get"}}, "a or b")
    return doubt


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("verb", "replace", "did you mean update?"),
        ("verb", "exec", "did you mean create or get with objectRef.subresource: exec?"),
        ("verb", "crete", "did you mean create?"),
        ("objectRef.resource", "pod", "did you mean pods?"),
        ("objectRef.resource", "NetworkPolicy", "did you mean networkpolicies?"),
        ("objectRef.resource", "Ingress", "did you mean ingresses?"),
        ("objectRef.resource", "sa", "did you mean serviceaccounts?"),
        ("objectRef.resource", "pods/exec", "write objectRef.resource: pods and objectRef.subresource: exec"),
        (
            "objectRef.apiGroup",
            "core",
            "resources of the core group have no apiGroup: leave the check out, or write null",
        ),
        ("objectRef.apiGroup", "apps/v1", "write objectRef.apiGroup: apps and objectRef.apiVersion: v1"),
        ("annotations.authorization.k8s.io/decision", "deny", "it is one of allow, forbid"),
        ("stage", "Complete", "did you mean ResponseComplete?"),
        ("level", "Everything", "it is one of None, Metadata, Request, RequestResponse"),
    ],
)
def test_values_that_a_field_never_has_are_told_with_what_was_meant(name, value, hint):
    assert one(name, value) == ("IMPOSSIBLE_VALUE", f"{name} is never '{value}'", hint)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("apiGroup", "did you mean objectRef.apiGroup?"),
        ("objectRef.verb", "did you mean verb?"),
        ("user.name.first", "did you mean user.username?"),
        ("username", "did you mean user.username or impersonatedUser.username?"),
        ("spec.hostPID", "did you mean requestObject.spec.hostPID?"),
        ("image", "did you mean requestObject.spec.containers.image?"),
        ("zzz", "fields of bodies begin with requestObject or responseObject"),
    ],
)
def test_fields_that_no_event_has_are_told_with_what_was_meant(name, hint):
    assert one(name, "x") == ("UNKNOWN_FIELD", f"no audit event has the field '{name}'", hint)


@pytest.mark.parametrize(
    "check",
    [
        {"verb": ["CREATE", "Delete", "c*"]},
        {"objectRef.resource": ["pods", "widgets", "p?d"]},
        {"objectRef.apiGroup": "apps"},
        {"requestObject.spec.anything": "x", "user.extra.a.b": "y", "annotations.k": "z"},
        {"kubernetes.audit.user.username": "x", "responseStatus.code": 403, "responseStatus.details.kind": "x"},
        {"stage": "responsecomplete", "level": "metadata"},
    ],
)
def test_what_events_can_have_is_not_doubted(check):
    assert found({"a": check}) == []


def test_a_verb_whose_meaning_is_listed_too_is_only_to_be_left_out():
    ((code, _, hint),) = found({"a": {"verb": ["replace", "update"]}})
    assert (code, hint) == ("IMPOSSIBLE_VALUE", "it is audited as update, which is here as well: leave it out")


@pytest.mark.parametrize(
    ("detection", "condition", "never"),
    [
        ({"a": {"verb": "get", "nothing": "x"}}, "a", True),
        ({"a": {"verb": ["replace", "edit"]}}, "a", True),
        ({"a": {"verb": ["replace", "get"]}}, "a", False),
        ({"a": {"nothing": "x"}, "b": {"verb": "get"}}, "a or b", False),
        ({"a": {"nothing": "x"}, "b": {"verb": "get"}}, "b and not a", False),
        ({"a": {"nothing": "x"}, "b": {"verb": "apply"}}, "1 of them", True),
        ({"a": {"nothing": None}}, "a", False),
        ({"a": {"nothing|exists": False}}, "a", False),
        ({"a": {"verb|neq": "replace"}}, "a", False),
    ],
)
def test_a_rule_that_no_event_can_match_is_told(detection, condition, never):
    assert ("NEVER" in [code for code, _, _ in found(detection, condition)]) is never


def test_exec_rules_that_know_one_of_the_two_ways_are_told():
    check = {"objectRef.resource": "pods", "objectRef.subresource": ["exec", "attach"]}
    ((code, message, _),) = found({"a": {**check, "verb": "create"}})
    assert (code, "verb get" in message) == ("MISSES", True)
    assert found({"a": {**check, "verb": ["create", "get"]}}) == []
    assert found({"a": check}) == []


def test_the_tables_are_those_of_the_built_in_api():
    resources = {name for _, name in builtin_api.resources()}
    assert set(known.RESOURCES) <= resources
    assert set(known.SHORT.values()) <= set(known.RESOURCES)
