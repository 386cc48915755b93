"""Elastic Common Schema, with the names of Elastic's Kubernetes integration: kubernetes.audit.* is the event itself."""

from __future__ import annotations

from typing import Any

import msgspec

from lanner.audit.event import Event, User
from lanner.audit.schemas.parts import DECISION, filled, keys_of, method, path_and_query

VERSION = "8.11.0"
_TYPES = {"create": "creation", "update": "change", "patch": "change", "delete": "deletion"}
_TYPES |= {"deletecollection": "deletion", "get": "access", "list": "access", "watch": "access"}


def to_ecs(event: Event, cluster: str) -> dict[str, Any]:
    """Return the event as a document; dots in annotations' names become underscores, as in Elastic's own pipeline."""
    head = event.head
    addresses = head.source_ips or []
    user, other = head.user or User(), head.impersonated_user
    path, query = path_and_query(head.request_uri)
    code = head.response_status.code if head.response_status else None
    kind = _TYPES.get(head.verb or "")
    return filled(
        {
            "@timestamp": head.stage_timestamp,
            "ecs": {"version": VERSION},
            "event": filled(
                {
                    "kind": "event",
                    "module": "kubernetes",
                    "dataset": "kubernetes.audit_logs",
                    "provider": "kube-apiserver",
                    "action": head.verb,
                    "type": [kind] if kind else None,
                    "outcome": _outcome((head.annotations or {}).get(DECISION), code),
                    "created": head.request_received_timestamp,
                }
            ),
            "kubernetes": {"audit": _audit(event)},
            "orchestrator": _orchestrator(event, cluster),
            "user": filled({**_user(user), "effective": _user(other) if other else None}),
            # All but the last are what the client says.
            "source": {"ip": addresses[-1]} if addresses else None,
            "client": {"ip": addresses[-1]} if addresses else None,
            "user_agent": {"original": head.user_agent} if head.user_agent else None,
            "url": filled({"original": head.request_uri, "path": path, "query": query}),
            "http": filled(
                {
                    "request": {"method": method(head.verb)} if method(head.verb) else None,
                    "response": None if code is None else {"status_code": code},
                }
            ),
            "related": filled({"ip": list(dict.fromkeys(addresses)), "user": _related(user, other)}),
        }
    )


def _audit(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = dict(keys_of(event))
    if event.head.annotations:
        found["annotations"] = {key.replace(".", "_"): value for key, value in event.head.annotations.items()}
    return {key: value for key, value in found.items() if not _is_null(value)}


def _is_null(value: Any) -> bool:
    return isinstance(value, msgspec.Raw) and bytes(value) == b"null"


def _outcome(decision: str | None, code: int | None) -> str | None:
    """As Elastic's pipeline has it, the decision of authorisation; where there is none, the status."""
    if decision is not None:
        return {"allow": "success", "forbid": "failure"}.get(decision)
    if code is None:
        return None
    return "success" if code < 400 else "failure"


def _user(user: User) -> dict[str, Any]:
    return filled({"name": user.username, "id": user.uid})


def _related(user: User, other: User | None) -> list[str]:
    names = (user.username, user.uid, other.username if other else None, other.uid if other else None)
    return list(dict.fromkeys(name for name in names if name))


def _orchestrator(event: Event, cluster: str) -> dict[str, Any]:
    target = event.head.object_ref
    resource = filled({"name": target.name, "type": target.resource}) if target else None
    return filled(
        {
            "type": "kubernetes",
            "api_version": event.head.api_version,
            "cluster": {"name": cluster} if cluster else None,
            "namespace": target.namespace if target else None,
            "resource": resource,
        }
    )
