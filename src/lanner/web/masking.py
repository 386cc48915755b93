"""Hides what must not be read by accident in an event: values of Secrets, and tokens that the API server issued."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

MARK = "(masked by lanner)"
BODIES = ("requestObject", "responseObject")
SECRET_KEYS = ("data", "stringData")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
TOKEN_KINDS = {"TokenRequest": "status", "TokenReview": "spec"}


class Masked(msgspec.Struct, frozen=True):
    """An event's JSON text and how many values in it are hidden; with none it is the text as it arrived."""

    text: bytes
    hidden: int


def mask_event(text: bytes) -> Masked:
    """Hide sensitive values of one event; an event that cannot be decoded is hidden whole."""
    try:
        event = msgspec.json.decode(text)
        hidden = sum(_mask_body(event, key) for key in BODIES) if isinstance(event, dict) else 0
        return Masked(msgspec.json.encode(event), hidden) if hidden else Masked(text, 0)
    except (msgspec.DecodeError, RecursionError):
        return Masked(msgspec.json.encode(MARK), 1)


def _mask_body(event: dict[str, Any], key: str) -> int:
    ref = event.get("objectRef")
    about_secrets = isinstance(ref, dict) and ref.get("resource") == "secrets"
    body = event.get(key)
    hidden = 0
    if about_secrets and isinstance(body, list):
        hidden += sum(_mask_patch(step) for step in body)
    return hidden + sum(_mask_object(part, secret=about_secrets) for part in _objects(body))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Give all objects of a document, outer before inner, without recursion."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _mask_object(part: dict[str, Any], *, secret: bool) -> int:
    hidden = 0
    if secret or part.get("kind") == "Secret":
        hidden += sum(_mask_values(part, key) for key in SECRET_KEYS)
        hidden += sum(_mask_key(holder, LAST_APPLIED) for holder in _annotations(part))
    elif part.get("kind") in TOKEN_KINDS:
        holder = part.get(TOKEN_KINDS[part["kind"]])
        hidden += _mask_key(holder, "token") if isinstance(holder, dict) else 0
    return hidden


def _annotations(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    metadata = part.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict):
        yield annotations


def _mask_values(part: dict[str, Any], key: str) -> int:
    values = part.get(key)
    if isinstance(values, dict):
        return sum(_mask_key(values, name) for name in values)
    return _mask_key(part, key)


def _mask_key(part: dict[str, Any], key: str) -> int:
    # A null is how a patch deletes a key: it says nothing about the value.
    if part.get(key) in (None, MARK):
        return 0
    part[key] = MARK
    return 1


def _mask_patch(step: Any) -> int:
    """Hide the value of a JSON patch step (RFC 6902) that writes a Secret's values."""
    if not isinstance(step, dict):
        return 0
    path = str(step.get("path", ""))
    touches = path == "" or path.split("/")[1] in (*SECRET_KEYS, "metadata") if path.startswith("/") else path == ""
    return _mask_key(step, "value") if touches else 0
