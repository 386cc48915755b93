"""How generated code reads the fields that an event's head holds, and which pointer fields are the same values.

Each expression stands for what the field's extractor gives; tests hold the two against each other. `h` is the head, `r`
its objectRef. A pointer field reads the same key of the document, except that there a null is the text "null":
where the head holds None the extractor must be asked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lanner.rules import ir

INLINE = {
    "ka.auditid": "h.audit_id",
    "ka.stage": "h.stage",
    "ka.verb": "h.verb",
    "ka.uri": "h.request_uri",
    "ka.useragent": "h.user_agent",
    "ka.user.name": "(h.user and h.user.username)",
    "ka.impuser.name": "(h.impersonated_user and h.impersonated_user.username)",
    "ka.user.groups": "((h.user and h.user.groups) or None)",
    "ka.target.name": "(r and r.name)",
    "ka.target.namespace": "(r and r.namespace)",
    "ka.target.resource": "(r and r.resource)",
    "ka.target.subresource": "(r and r.subresource)",
    "ka.req.configmap.name": "(r and r.name)",
    "ka.response.reason": "(h.response_status and h.response_status.reason)",
}

PRELUDE = "h = e.head; r = h.object_ref"

_POINTERS = {
    "/auditID": "ka.auditid",
    "/stage": "ka.stage",
    "/verb": "ka.verb",
    "/requestURI": "ka.uri",
    "/userAgent": "ka.useragent",
    "/user/username": "ka.user.name",
    "/objectRef/resource": "ka.target.resource",
    "/objectRef/subresource": "ka.target.subresource",
    "/objectRef/namespace": "ka.target.namespace",
    "/objectRef/name": "ka.target.name",
}


_PARTS = {
    "user": "h.user",
    "impersonatedUser": "h.impersonated_user",
    "objectRef": "r",
    "responseStatus": "h.response_status",
    "annotations": "h.annotations",
}


def part(field: ir.Field) -> str | None:
    """Return the part of the head below which a pointer field looks: where it is None the field is absent."""
    if field.name not in ("jevt.value", "json.value") or field.argument is None:
        return None
    first, below, _ = field.argument.removeprefix("/").partition("/")
    return _PARTS.get(first) if below else None


def twin(field: ir.Field) -> str | None:
    """Return the head field whose value a pointer field has wherever the head field has one, else None."""
    if field.name in ("jevt.value", "json.value") and field.argument is not None:
        return _POINTERS.get(field.argument)
    return None


TIMES = frozenset({"jevt.rawtime", "json.rawtime", "evt.rawtime"})
"""Fields of the event's time in nanoseconds; what has none is no event."""
_SECOND = 1_000_000_000
_LONGEST = 19


def time_guard(compare: ir.Compare) -> str | None:
    """Return a quick test that a check of the event's time fails unless its year fits, None for any other check.

    Rules switch parts of theirs on and off with `jevt.rawtime = 0`: never true, tried on every event. The year as
    written may differ by one from that of UTC; events without a stageTimestamp have their time elsewhere.
    """
    if not isinstance(compare.left, ir.Field) or compare.left.name not in TIMES or compare.operator not in ("=", "=="):
        return None
    if not isinstance(compare.right, ir.Text):
        return None
    digits = compare.right.text
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST):
        return None
    year = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(digits) // _SECOND)).year
    years = ("", *(str(near) for near in (year - 1, year, year + 1)))
    return f"(h.stage_timestamp or '')[:4] in {years!r}"
