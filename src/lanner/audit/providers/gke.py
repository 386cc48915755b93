"""GKE: entries of Cloud Audit Logs, written by another schema, made native as far as they say what native ones say.

What is guessed or missing stands in docs/providers.md. Source: google.cloud.audit.AuditLog, Cloud Logging's LogEntry.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec

from lanner.audit.event import parse_time
from lanner.audit.providers.gke_names import Target, target_of
from lanner.audit.providers.part import Keys, Part

_DECISION = "authorization.k8s.io/decision"
_NO_TEXT = msgspec.Raw(b"")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# google.rpc.Code to the status of HTTP, as google/rpc/code.proto maps them; reasons are Kubernetes' words for them.
_STATUS = {1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501}
_STATUS |= {13: 500, 14: 503, 15: 500, 16: 401}
_REASONS = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "AlreadyExists"}
_REASONS |= {429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}


class _Authentication(msgspec.Struct, rename="camel", gc=False):
    principal_email: str | None = None
    principal_subject: str | None = None
    authority_selector: str | None = None


class _Authorization(msgspec.Struct, gc=False):
    granted: bool | None = None


class _Caller(msgspec.Struct, gc=False):
    address: str | None = msgspec.field(default=None, name="callerIp")
    address_too: str | None = msgspec.field(default=None, name="callerIP")
    agent: str | None = msgspec.field(default=None, name="callerSuppliedUserAgent")


class _Outcome(msgspec.Struct, gc=False):
    code: int = 0
    message: str | None = None


class _Payload(msgspec.Struct, rename="camel", gc=False):
    service_name: str = ""
    method_name: str = ""
    resource_name: str = ""
    authentication_info: _Authentication | None = None
    authorization_info: list[_Authorization] = []
    request_metadata: _Caller | None = None
    status: _Outcome | None = None
    request: msgspec.Raw = _NO_TEXT
    response: msgspec.Raw = _NO_TEXT


class _Operation(msgspec.Struct, gc=False):
    id: str | None = None
    first: bool | None = None
    last: bool | None = None


class _Resource(msgspec.Struct, gc=False):
    labels: dict[str, str] = {}


class _Entry(msgspec.Struct, rename="camel", gc=False):
    proto_payload: _Payload
    insert_id: str | None = None
    operation: _Operation | None = None
    resource: _Resource | None = None
    labels: dict[str, str] | None = None
    timestamp: str = ""


_ENTRY = msgspec.json.Decoder(_Entry)
_BODY = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODE = msgspec.json.Encoder().encode


def read(text: bytes, _: Keys) -> list[Part]:
    """Read one log entry."""
    entry = _ENTRY.decode(text)
    payload = entry.proto_payload
    if not (payload.method_name.startswith("io.k8s.") or payload.service_name == "k8s.io"):
        said = payload.service_name or payload.method_name
        return [Part(text, text, problem=f"an audit entry of another Google service ({said[:80]!r})")]
    try:
        time = _EPOCH + timedelta(microseconds=parse_time(entry.timestamp) // 1000)
    except ValueError as error:
        return [Part(text, text, problem=f"an audit entry of GKE whose timestamp is none ({error})")]
    cluster = entry.resource.labels.get("cluster_name", "") if entry.resource else ""
    return [Part(_ENCODE(_native(entry, time)), text, cluster)]


def _native(entry: _Entry, time: datetime) -> dict[str, Any]:
    payload, caller = entry.proto_payload, entry.proto_payload.request_metadata or _Caller()
    target = target_of(payload.method_name, payload.resource_name)
    address = caller.address or caller.address_too
    request, response = _body(payload.request), _body(payload.response)
    moment = time.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
    event = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse" if response else "Request" if request else "Metadata",
        "auditID": (entry.operation and entry.operation.id) or entry.insert_id,
        "stage": _stage(entry.operation),
        "requestURI": target.uri + _query(target, request),
        "verb": target.verb,
        **_users(payload.authentication_info or _Authentication()),
        "sourceIPs": [address] if address else None,
        "userAgent": caller.agent,
        "objectRef": target.reference(),
        "responseStatus": _status(payload, target),
        "requestObject": request,
        "responseObject": response,
        "requestReceivedTimestamp": moment,
        "stageTimestamp": moment,
        "annotations": _annotations(entry),
    }
    return {key: value for key, value in event.items() if value is not None}


def _stage(operation: _Operation | None) -> str:
    """A request that goes on, such as a watch, has an entry at its start and one at its end."""
    begun = operation is not None and operation.first and not operation.last
    return "ResponseStarted" if begun else "ResponseComplete"


def _users(said: _Authentication) -> dict[str, Any]:
    """Who asked; an authority selector beside a principal is whom it asked to be."""
    name = said.principal_email or said.principal_subject
    if name is None:
        return {"user": {"username": said.authority_selector} if said.authority_selector else {}}
    other = said.authority_selector
    return {"user": {"username": name}, "impersonatedUser": {"username": other} if other else None}


def _body(text: msgspec.Raw) -> dict[str, msgspec.Raw] | None:
    if text is _NO_TEXT or bytes(memoryview(text)[:1]) != b"{":
        return None
    body = _BODY.decode(text)
    body.pop("@type", None)
    return body or None


def _query(target: Target, request: dict[str, msgspec.Raw] | None) -> str:
    """An exec's command stands in the URI of a native event; GKE has it, if at all, in the request."""
    if target.subresource not in ("exec", "attach") or not request or "command" not in request:
        return ""
    command, container = msgspec.json.decode(request["command"]), request.get("container")
    words = [("command", str(word)) for word in (command if isinstance(command, list) else [command])]
    return "?" + urlencode(words + ([("container", str(msgspec.json.decode(container)))] if container else []))


def _status(payload: _Payload, target: Target) -> dict[str, Any] | None:
    denied = any(one.granted is False for one in payload.authorization_info)
    if payload.status is None and not denied:
        return None
    said = payload.status or _Outcome(7)
    if said.code == 0 and not denied:
        return {"metadata": {}, "code": 201 if target.verb == "create" and not target.subresource else 200}
    code = _STATUS.get(said.code, 403 if denied else 500)
    words = {"status": "Failure", "message": said.message, "reason": _REASONS.get(code)}
    return {"metadata": {}, **{key: value for key, value in words.items() if value is not None}, "code": code}


def _annotations(entry: _Entry) -> dict[str, str] | None:
    found = dict(entry.labels or {})
    granted = [one.granted for one in entry.proto_payload.authorization_info if one.granted is not None]
    if granted and _DECISION not in found:
        found[_DECISION] = "allow" if all(granted) else "forbid"
    return found or None
