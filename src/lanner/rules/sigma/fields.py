"""What Sigma's names of fields mean: paths of the native audit event, bare or as Elastic's ECS integration has them."""

from __future__ import annotations

import re

import msgspec

from lanner.rules import ir

ECS_PREFIX = "kubernetes.audit."
EACH = "lanner.each"

_LOWER = frozenset(
    {
        "verb",
        "objectRef.resource",
        "objectRef.subresource",
        "objectRef.namespace",
        "objectRef.apiGroup",
        "objectRef.apiVersion",
        "annotations.authorization.k8s.io/decision",
    }
)
"""Paths whose values Kubernetes has in small letters only: what is compared with them is lowered, and nothing else."""

_HEAD = {
    "auditID": "ka.auditid",
    "stage": "ka.stage",
    "verb": "ka.verb",
    "requestURI": "ka.uri",
    "userAgent": "ka.useragent",
    "user.username": "ka.user.name",
    "impersonatedUser.username": "ka.impuser.name",
    "objectRef.resource": "ka.target.resource",
    "objectRef.subresource": "ka.target.subresource",
    "objectRef.namespace": "ka.target.namespace",
    "objectRef.name": "ka.target.name",
    "responseStatus.code": "ka.response.code",
    "responseStatus.reason": "ka.response.reason",
    "annotations.authorization.k8s.io/decision": "ka.auth.decision",
    "annotations.authorization.k8s.io/reason": "ka.auth.reason",
}
_POINTERS = frozenset(
    {
        "kind",
        "apiVersion",
        "level",
        "user.uid",
        "impersonatedUser.uid",
        "objectRef.apiGroup",
        "objectRef.apiVersion",
        "objectRef.uid",
        "objectRef.resourceVersion",
        "responseStatus.status",
        "responseStatus.message",
        "requestReceivedTimestamp",
        "stageTimestamp",
    }
)
"""Paths with one value that no field of the head answers."""

_ECS = {
    "user.name": "user.username",
    "user.id": "user.uid",
    "user_agent.original": "userAgent",
    "source.ip": "sourceIPs",
    "source.address": "sourceIPs",
    "http.response.status_code": "responseStatus.code",
    "url.original": "requestURI",
    "event.action": "verb",
    "orchestrator.namespace": "objectRef.namespace",
    "orchestrator.resource.name": "objectRef.name",
    "orchestrator.resource.type": "objectRef.resource",
}
"""Names of ECS for what an audit event has under another."""

CASES = {
    "stage": ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"),
    "level": ("None", "Metadata", "Request", "RequestResponse"),
}
_INDEX = re.compile(r"\[(\d*|\*)\]")
_STEP = re.compile(r"[^\s\]\[]+")


class Target(msgspec.Struct, frozen=True):
    """What a name means: the path in the native event, the field that reads it, and how its values compare.

    `single` fields have one value; others have all values at the path between marks. `lower` says that values are in
    small letters; `cases` lists all values where they are few.
    """

    path: str
    field: ir.Field
    single: bool
    lower: bool = False
    cases: tuple[str, ...] = ()


def native_path(name: str) -> str:
    """Return the path of the native event that a name stands for; `[*]`, `[]` and `[0]` become steps or nothing."""
    path = _ECS.get(name, name.removeprefix(ECS_PREFIX))
    steps = _INDEX.sub(lambda found: f".{found[1]}" if found[1].isdecimal() else "", path)
    return ".".join(step for step in steps.split(".") if step and step != "*")


def target_of(name: str) -> Target | None:
    """Return what a name means; None where it cannot be one (blanks or brackets in it, or nothing)."""
    path = native_path(name)
    if not path or not _STEP.fullmatch(path):
        return None
    field = single_field(path)
    lower, cases = path in _LOWER, CASES.get(path, ())
    return Target(path, field or ir.Field(EACH, path), field is not None, lower, cases)


def single_field(path: str) -> ir.Field | None:
    """Return the field of a path that has one value, None where there may be several."""
    if path in _HEAD:
        return ir.Field(_HEAD[path])
    if path.startswith("annotations."):
        return ir.Field("jevt.value", "/annotations/" + _escaped(path.removeprefix("annotations.")))
    return ir.Field("jevt.value", pointer(path)) if path in _POINTERS else None


def pointer(path: str) -> str:
    """Return a path as a JSON pointer, each step one key."""
    return "/" + "/".join(map(_escaped, path.split(".")))


def operand_of(name: str) -> ir.Field | None:
    """Return a field that gives one value for a name, as correlations and comparisons of fields want it."""
    target = target_of(name)
    if target is None:
        return None
    if target.path == "user.groups":
        return ir.Field("ka.user.groups")
    return target.field if target.single else ir.Field("jevt.value", pointer(target.path))


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
