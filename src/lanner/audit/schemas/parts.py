"""What both schemas ask of an event: its keys as JSON text, the request's method and path, objects without gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from lanner.audit.event import Event

DECISION = "authorization.k8s.io/decision"
REASON = "authorization.k8s.io/reason"
CREDENTIAL = "authentication.kubernetes.io/credential-id"

_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_METHODS = {"get": "GET", "list": "GET", "watch": "GET", "create": "POST", "update": "PUT", "patch": "PATCH"}
_METHODS |= {"delete": "DELETE", "deletecollection": "DELETE", "post": "POST", "put": "PUT", "head": "HEAD"}


def keys_of(event: Event) -> dict[str, msgspec.Raw]:
    """Return the event's keys, each value as its JSON text; nothing where the text is nested too deep."""
    try:
        return _KEYS.decode(event.text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is absent or empty."""
    return {key: value for key, value in values.items() if value is not None and value not in ({}, [], "")}


def body(text: msgspec.Raw) -> msgspec.Raw | None:
    """Return a body's text, None where there is none."""
    return text if len(text) else None


def method(verb: str | None) -> str | None:
    """Return the HTTP method that kube-apiserver makes a verb of; None for odd ones."""
    return _METHODS.get((verb or "").lower())


def path_and_query(uri: str | None) -> tuple[str, str]:
    """Cut a request URI; one that is none at all is a path as it is."""
    try:
        parts = urlsplit(uri or "")
    except ValueError:
        return uri or "", ""
    return parts.path, parts.query


def credential(event: Event) -> str | None:
    """Return the first credential id of the user's extra values."""
    user = event.head.user
    if user is None or not len(user.extra):
        return None
    try:
        values = msgspec.json.decode(user.extra, type=dict[str, list[str]])
    except msgspec.MsgspecError:
        return None
    return next(iter(values.get(CREDENTIAL, ())), None)
