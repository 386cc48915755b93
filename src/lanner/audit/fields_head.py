"""Fields that an event's head answers: nothing here decodes a body."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_plus

from lanner.audit.event import Event
from lanner.audit.fieldinfo import Extractor, FieldInfo, plain
from lanner.audit.tree import DOCUMENT, text_at


def _annotation(name: str, description: str, key: str) -> FieldInfo:
    def extract(event: Event) -> Any:
        annotations = event.head.annotations
        return annotations.get(key) if annotations else None

    return plain(name, description, extract)


def _groups(event: Event) -> list[str] | None:
    user = event.head.user
    return user.groups or None if user else None


def _code(event: Event) -> str | None:
    status = event.head.response_status
    if status is None:
        return None
    return text_at(event, DOCUMENT, ("responseStatus", "code")) if status.code is None else str(status.code)


def _uri_parameter(key: str | None) -> Extractor:
    def extract(event: Event) -> str | None:
        uri = event.head.request_uri
        if uri is None or "?" not in uri:
            return None
        return _parameter(uri.partition("#")[0].partition("?")[2], key or "")

    return extract


def _parameter(query: str, key: str) -> str | None:
    """Return the first value of a query parameter; malformed pairs do not count (Go's url.Values, kube-apiserver)."""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if pair and not _MALFORMED.search(pair) and unquote_plus(name) == key:
            return unquote_plus(value)
    return None


_MALFORMED = re.compile(r";|%(?![0-9A-Fa-f]{2})")

# An absent part gives None, a present one is never falsy, so `and` reads through it at the least cost.
HEAD_FIELDS = (
    plain("ka.auditid", "unique id of the request; all stages of one request share it", lambda e: e.head.audit_id),
    plain("ka.stage", "stage of the request, such as RequestReceived or ResponseComplete", lambda e: e.head.stage),
    _annotation("ka.auth.decision", "what the authorizer decided: allow or forbid", "authorization.k8s.io/decision"),
    _annotation("ka.auth.reason", "why the authorizer decided so", "authorization.k8s.io/reason"),
    _annotation(
        "ka.auth.openshift.decision",
        "what OpenShift's authentication decided; on OpenShift only",
        "authentication.openshift.io/decision",
    ),
    _annotation(
        "ka.auth.openshift.username",
        "the name tried at OpenShift's login; on OpenShift only",
        "authentication.openshift.io/username",
    ),
    _annotation(
        "ka.validations.admission.policy.failure",
        "which ValidatingAdmissionPolicy expressions failed, as JSON",
        "validation.policy.admission.k8s.io/validation_failure",
    ),
    _annotation(
        "ka.security.pod.violations",
        "how the pod violates the pod security standard that is audited",
        "pod-security.kubernetes.io/audit-violations",
    ),
    _annotation("ka.cluster.name", "name of the cluster, where the provider's log tells it", "cluster_name"),
    plain("ka.user.name", "name of the user who asked", lambda e: (u := e.head.user) and u.username),
    FieldInfo(name="ka.user.groups", description="groups of that user", bind=lambda _: _groups, is_list=True),
    plain(
        "ka.impuser.name",
        "name of the user that is impersonated",
        lambda e: (u := e.head.impersonated_user) and u.username,
    ),
    plain("ka.verb", "verb of the request", lambda e: e.head.verb),
    plain("ka.uri", "path and query of the request", lambda e: e.head.request_uri),
    FieldInfo(
        name="ka.uri.param",
        description="first value of a parameter of the request's query",
        bind=_uri_parameter,
        argument="key",
        required=True,
    ),
    plain("ka.target.name", "name of the object asked for", lambda e: (o := e.head.object_ref) and o.name),
    plain(
        "ka.target.namespace", "namespace of the object asked for", lambda e: (o := e.head.object_ref) and o.namespace
    ),
    plain("ka.target.resource", "resource of the object asked for", lambda e: (o := e.head.object_ref) and o.resource),
    plain(
        "ka.target.subresource",
        "subresource asked for, such as exec",
        lambda e: (o := e.head.object_ref) and o.subresource,
    ),
    plain(
        "ka.req.configmap.name",
        "name of the object asked for, whatever its resource, as in Falco",
        lambda e: (o := e.head.object_ref) and o.name,
    ),
    plain("ka.response.code", "HTTP status of the response", _code),
    plain("ka.response.reason", "reason of a failed response", lambda e: (s := e.head.response_status) and s.reason),
    plain("ka.useragent", "User-Agent header of the request", lambda e: e.head.user_agent),
)
