"""Which columns an event must be rebuilt of so that a field reads the same in it as in the whole event.

Bodies and lists of groups are most of an event's weight, and most rules look at neither.
"""

from __future__ import annotations

from collections.abc import Iterable

from lanner.archive.rebuild import REBUILD
from lanner.rules import ir

TOLD = frozenset(
    {
        *("time", "received", "audit_id", "stage", "verb", "username", "impersonated_user", "extra"),
        *("resource", "subresource", "namespace", "name", "source_ip", "annotations", "audit_version"),
    }
)
"""What every alert tells of its event, but for the name of an object that was made without one (see EXTENT)."""

EVERYTHING = frozenset(REBUILD)
EXTENTS = PART, NAMED_IN_BODY, WHOLE = range(3)
EXTENT = (
    f"CASE WHEN shape IS NOT NULL OR line IS NOT NULL OR odd IS NOT NULL THEN {WHOLE} "
    f"WHEN verb = 'create' AND coalesce(name, '') = '' THEN {NAMED_IN_BODY} ELSE {PART} END"
)
"""Of what an event must be rebuilt: the columns that are asked for, the bodies that name what it made as well, all."""

_NOTHING: frozenset[str] = frozenset()
_REQUEST, _RESPONSE, _STATUS = frozenset({"request_object"}), frozenset({"response_object"}), {"response_status"}
_FIELDS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("ka.auditid", "ka.stage", "ka.verb", "ka.user.name", "ka.cluster.name"), _NOTHING),
    **dict.fromkeys(("ka.auth.decision", "ka.auth.reason", "ka.security.pod.violations"), _NOTHING),
    **dict.fromkeys(("ka.auth.openshift.decision", "ka.auth.openshift.username"), _NOTHING),
    **dict.fromkeys(("ka.target.name", "ka.target.namespace", "ka.target.resource"), _NOTHING),
    **dict.fromkeys(("ka.target.subresource", "ka.req.configmap.name"), _NOTHING),
    **dict.fromkeys(("lanner.actor", "lanner.address", "lanner.credential", "lanner.home"), _NOTHING),
    **dict.fromkeys(("lanner.pod", "lanner.node", "lanner.binding", "lanner.role"), _NOTHING),
    **dict.fromkeys(("ka.uri", "ka.uri.param"), frozenset({"request_uri"})),
    **dict.fromkeys(("ka.response.code", "ka.response.reason"), frozenset(_STATUS)),
    "ka.validations.admission.policy.failure": _NOTHING,
    "ka.user.groups": frozenset({"groups"}),
    "ka.impuser.name": _NOTHING,
    "ka.useragent": frozenset({"user_agent"}),
    "ka.resp.name": _RESPONSE,
    "lanner.issued": frozenset({*_RESPONSE, *_STATUS}),
}
_KEYS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("auditID", "stage", "verb", "annotations", "stageTimestamp", "apiVersion"), _NOTHING),
    "requestObject": _REQUEST,
    "responseObject": _RESPONSE,
    "responseStatus": frozenset(_STATUS),
    "requestURI": frozenset({"request_uri"}),
    "userAgent": frozenset({"user_agent"}),
    "level": frozenset({"level"}),
    "sourceIPs": frozenset({"source_ips"}),
    "user": frozenset({"uid", "groups"}),
    "objectRef": frozenset({"api_group", "api_version", "object_uid", "resource_version"}),
}
_POINTERS = frozenset({"jevt.value", "json.value"})
_WHOLE = frozenset({"jevt.obj", "json.obj", "evt.plugininfo"})


def columns_of(extent: int, columns: frozenset[str]) -> frozenset[str]:
    """Return the columns to rebuild an event of where `columns` are asked for."""
    return EVERYTHING if extent == WHOLE else columns | (_REQUEST | _RESPONSE if extent == NAMED_IN_BODY else _NOTHING)


def columns_read(fields: Iterable[ir.Field]) -> frozenset[str]:
    """Return the columns to rebuild events of in which these fields are looked at and of which alerts are told."""
    return TOLD.union(*map(_columns, fields))


def _columns(field: ir.Field) -> frozenset[str]:
    name, argument = field.name, field.argument or ""
    if name in _FIELDS:
        return _FIELDS[name]
    if name in _POINTERS:
        return _KEYS.get(argument.strip("/").partition("/")[0], EVERYTHING)
    if name == "lanner.each":
        return _KEYS.get(argument.partition(".")[0], EVERYTHING)
    if name.startswith("ka.req."):
        return _REQUEST
    return _NOTHING if name.startswith("evt.") and name not in _WHOLE else EVERYTHING
