"""Which parts of an event a field reads that a policy can take away, or that come later than the request.

Nothing here names a field: each is tried on an event that has everything and on the same event without a part.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.audit.fields import lookup
from lanner.audit.pointer import parse_pointer
from lanner.rules import ir
from lanner.rules.bodies import fields_in, parts_read

REQUEST, RESPONSE = "request", "response"
LEVEL, MANAGED, WHOLE, LATE = "level", "managed", "whole", "late"
"""The level's own name; managedFields; the event as it is written; what RequestReceived does not have yet."""

SOURCES = (REQUEST, RESPONSE, LEVEL, MANAGED, WHOLE, LATE)

LATE_ANNOTATIONS = ("authorization.k8s.io/decision", "authorization.k8s.io/reason")
LATE_KEYS = ("responseStatus", "impersonatedUser", "requestObject", "responseObject")
"""Keys of an event that kube-apiserver writes after RequestReceived (filters audit, impersonation, authorization)."""

_MANAGED_PATHS = (
    ("metadata", "managedFields"),
    ("items", "*", "metadata", "managedFields"),
    ("rows", "*", "object", "metadata", "managedFields"),
)
POINTERS = frozenset({"jevt.value", "json.value"})
_METADATA = {"name": "n", "managedFields": [{"manager": "m", "operation": "Update", "fieldsV1": {"f:spec": {}}}]}
_BODY = {"metadata": _METADATA, "items": [{"metadata": _METADATA}], "data": {"k": "v"}}
_FULL: dict[str, Any] = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "RequestResponse",
    "auditID": "a",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/n/pods?a=b",
    "verb": "create",
    "user": {"username": "u", "groups": ["g"]},
    "impersonatedUser": {"username": "i", "groups": ["g"]},
    "sourceIPs": ["192.0.2.1"],
    "userAgent": "x",
    "objectRef": {"resource": "pods", "namespace": "n", "name": "n", "apiVersion": "v1"},
    "responseStatus": {"metadata": {}, "code": 403, "reason": "Forbidden", "status": "Failure"},
    "requestObject": _BODY,
    "responseObject": _BODY,
    "stageTimestamp": "2026-01-02T03:04:05.000000Z",
    "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "r"},
}
_OTHERS: tuple[dict[str, Any], ...] = (
    {},
    {
        "verb": "get",
        "objectRef": {"resource": "secrets", "namespace": "n", "name": "n", "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200},
        "responseObject": {"type": "kubernetes.io/service-account-token", "metadata": {"namespace": "n", "name": "t"}},
    },
)
"""Requests on which fields are tried: some look into bodies of certain resources only."""


@cache
def sources_of(field: ir.Field) -> frozenset[str]:
    """Return which of SOURCES a field reads; raises FieldError where there is no such field."""
    bodies = parts_read(field) & {REQUEST, RESPONSE}
    if field.name in POINTERS:
        return bodies | _of_pointer(parse_pointer(field.argument or ""))
    found = set(bodies)
    if _differs(field, {"level": "Metadata"}):
        found.add(LEVEL)
    if not bodies and _differs(field, {"requestObject": None, "responseObject": None}):
        found.add(WHOLE)
    bare = {key: _without_managed(_BODY) for key in ("requestObject", "responseObject")}
    if bodies and _differs(field, bare, _OTHERS[:1]):
        found.add(MANAGED)
    if bodies or _differs(field, {**dict.fromkeys(LATE_KEYS), "annotations": None}):
        found.add(LATE)
    return frozenset(found)


def _of_pointer(keys: Sequence[str]) -> set[str]:
    found = set()
    if keys[0] == "level":
        found.add(LEVEL)
    annotation = "/".join(keys[1:]) if keys[0] == "annotations" else None
    if keys[0] in LATE_KEYS or annotation in ("", *LATE_ANNOTATIONS):
        found.add(LATE)
    if keys[0] in ("requestObject", "responseObject") and any(_meet(keys[1:], path) for path in _MANAGED_PATHS):
        found.add(MANAGED)
    return found


def _meet(keys: Sequence[str], path: Sequence[str]) -> bool:
    """Say whether one of two ways is the beginning of the other."""
    return all(step in ("*", key) for key, step in zip(keys, path, strict=False))


def _without_managed(body: dict[str, Any]) -> dict[str, Any]:
    bare = copy.deepcopy(body)
    for owner in (bare, *bare["items"]):
        owner["metadata"].pop("managedFields", None)
    return bare


def _differs(field: ir.Field, changes: dict[str, Any], requests: Sequence[dict[str, Any]] = _OTHERS) -> bool:
    extract = lookup(field.name, field.argument)
    return any(bool(extract(_event(one)) != extract(_event(one | changes))) for one in requests)


def _event(changes: dict[str, Any]) -> Event:
    document = {key: value for key, value in {**_FULL, **changes}.items() if value is not None}
    return decode(msgspec.json.encode(document)).events[0]


def sources_in(check: ir.Compare | ir.Exists) -> frozenset[str]:
    """Return what the fields of a check read, together."""
    operands = (check.operand,) if isinstance(check, ir.Exists) else (check.left, check.right)
    return frozenset().union(*(sources_of(field) for operand in operands for field in fields_in(operand)))
