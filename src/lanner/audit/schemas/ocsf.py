"""OCSF 1.5.0, class API Activity (6003). docs/export.md says where each key goes; nothing of the event is left out."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import msgspec

from lanner.audit.event import Event, ResponseStatus, User, parse_time
from lanner.audit.schemas.parts import DECISION, REASON, body, credential, filled, keys_of, method, path_and_query

VERSION = "1.5.0"
CLASS = 6003
_ACTIVITIES = {"create": 1, "get": 2, "list": 2, "watch": 2, "update": 3, "patch": 3, "delete": 4}
_ACTIVITIES |= {"deletecollection": 4, "post": 1, "head": 2, "put": 3}
_ACTIVITY_NAMES = {1: "Create", 2: "Read", 3: "Update", 4: "Delete"}
_UNKNOWN, _OTHER = 0, 99
_STATUSES = {0: "Unknown", 1: "Success", 2: "Failure"}
_SEVERITIES = {1: "Informational", 2: "Low", 4: "High"}
_USER, _SYSTEM = 1, 3
_MAPPED = frozenset(
    {
        *("kind", "apiVersion", "auditID", "requestURI", "verb", "user", "sourceIPs", "userAgent", "objectRef"),
        *("responseStatus", "requestObject", "responseObject", "requestReceivedTimestamp", "stageTimestamp"),
    }
)
"""Keys that have their places; of the rest, and of parts of these, `unmapped` has the text."""


def to_ocsf(event: Event, cluster: str) -> dict[str, Any]:
    """Return the event as API Activity; times are milliseconds since 1970."""
    head, keys = event.head, keys_of(event)
    status = head.response_status or ResponseStatus()
    activity = _ACTIVITIES.get((head.verb or "").lower(), _OTHER if head.verb else _UNKNOWN)
    outcome, severity = _outcome(status.code), _severity(event)
    path, query = path_and_query(head.request_uri)
    address, others = _addresses(head.source_ips)
    time = event.time_ns // 1_000_000
    return filled(
        {
            "activity_id": activity,
            "activity_name": _ACTIVITY_NAMES.get(activity, head.verb),
            "category_uid": 6,
            "category_name": "Application Activity",
            "class_uid": CLASS,
            "class_name": "API Activity",
            "type_uid": CLASS * 100 + activity,
            "time": time,
            **_duration(head.request_received_timestamp, time),
            "severity_id": severity,
            "severity": _SEVERITIES[severity],
            "status_id": outcome,
            "status": _STATUSES[outcome],
            "status_code": None if status.code is None else str(status.code),
            "status_detail": status.message or status.reason,
            "message": " ".join(word for word in (_name(head.user), head.verb, head.request_uri) if word),
            "actor": _actor(event),
            "api": _api(event, status),
            "src_endpoint": filled({"ip": address, "intermediate_ips": others}) or {"name": "unknown"},
            "http_request": filled(
                {
                    "user_agent": head.user_agent,
                    "http_method": _method(head.verb),
                    "url": filled({"path": path, "query_string": query}) if path else None,
                    "x_forwarded_for": others,
                }
            ),
            "http_response": None if status.code is None else {"code": status.code},
            "resources": _resources(event, path),
            "metadata": _metadata(event, cluster),
            "unmapped": _unmapped(event, keys, cluster),
        }
    )


def _duration(received: str | None, end: int) -> dict[str, int]:
    try:
        start = parse_time(received or "") // 1_000_000
    except ValueError:
        return {}
    return {"start_time": start, "end_time": end, "duration": max(0, end - start)}


def _outcome(code: int | None) -> int:
    if code is None:
        return 0
    return 1 if code < 400 else 2


def _severity(event: Event) -> int:
    """A panic of kube-apiserver is High, a refusal by authentication or authorisation Low, all else Informational."""
    head = event.head
    if head.stage == "Panic":
        return 4
    code = head.response_status.code if head.response_status else None
    denied = code in (401, 403) or (head.annotations or {}).get(DECISION) == "forbid"
    return 2 if denied else 1


def _method(verb: str | None) -> str | None:
    """OCSF 1.5.0 has no PATCH among its methods; `api.operation` says it."""
    found = method(verb)
    return None if found == "PATCH" else found


def _name(user: User | None) -> str | None:
    return user.username if user else None


def _actor(event: Event) -> dict[str, Any]:
    user, annotations = event.head.user or User(), event.head.annotations or {}
    said = filled(
        {
            "name": user.username,
            "uid": user.uid,
            "groups": [{"name": name} for name in user.groups or () if name],
            "credential_uid": credential(event),
        }
    )
    known = "name" in said or "uid" in said
    kind = _SYSTEM if (user.username or "").startswith("system:") else _USER
    policy = {"name": annotations[REASON]} if annotations.get(REASON) else None
    decision = filled({"decision": annotations.get(DECISION), "policy": policy})
    return filled(
        {
            "user": {**said, "type_id": kind} if known else None,
            "app_name": None if known else event.head.user_agent or "unknown",
            "authorizations": [decision] if decision else None,
        }
    )


def _api(event: Event, status: ResponseStatus) -> dict[str, Any]:
    head, target = event.head, event.head.object_ref
    failed = _outcome(status.code) == 2
    return filled(
        {
            "operation": head.verb or "unknown",
            "version": target.api_version if target else None,
            "group": {"name": target.api_group} if target and target.api_group else None,
            "service": {"name": "kube-apiserver"},
            "request": filled({"uid": head.audit_id or "unknown", "data": body(head.request_object)}),
            "response": filled(
                {
                    "code": status.code,
                    "message": status.message,
                    "error": status.reason if failed else None,
                    "error_message": status.message if failed else None,
                    "data": body(head.response_object),
                }
            ),
        }
    )


def _addresses(addresses: list[str] | None) -> tuple[str | None, list[str]]:
    """Return the address that the API server saw, which is the last, and those that the client says."""
    found = [text for text in addresses or () if _is_address(text)]
    return (found[-1], found[:-1]) if found else (None, [])


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _resources(event: Event, path: str) -> list[dict[str, Any]] | None:
    """A list has no object's name: its resource stands for it, and the path for a request that is about no object."""
    target = event.head.object_ref
    if target is None or not (target.resource or target.name):
        return [{"name": path, "type": "path"}] if path else None
    kind = f"{target.resource}/{target.subresource}" if target.subresource else target.resource
    found = {
        "name": target.name or target.resource,
        "namespace": target.namespace,
        "type": kind,
        "uid": target.uid,
        "version": target.resource_version,
        "group": {"name": target.api_group} if target.api_group else None,
    }
    return [filled(found)]


def _metadata(event: Event, cluster: str) -> dict[str, Any]:
    head = event.head
    return filled(
        {
            "version": VERSION,
            "product": {"name": "Kubernetes", "vendor_name": "CNCF", "feature": {"name": "audit"}},
            "uid": head.audit_id,
            "correlation_uid": head.audit_id,
            "event_code": head.stage,
            "log_level": head.level,
            "log_name": "audit",
            "log_provider": "kube-apiserver",
            "log_version": head.api_version,
            "original_time": head.stage_timestamp,
            "tenant_uid": cluster,
        }
    )


def _unmapped(event: Event, keys: dict[str, msgspec.Raw], cluster: str) -> dict[str, Any]:
    user = event.head.user
    rest: dict[str, Any] = {key: value for key, value in keys.items() if key not in _MAPPED}
    extra = body(user.extra) if user else None
    return filled({**rest, "cluster": cluster, "userExtra": extra, "responseStatus": keys.get("responseStatus")})
