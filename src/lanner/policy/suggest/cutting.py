"""An event as kube-apiserver would have written it at a lower level: without bodies, without managedFields.

What the log never had cannot be put back: an event stays as it is where its level is lower already.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lanner.audit.event import Event
from lanner.policy.model import LEVELS, Decision, Level

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.encode
_MANAGED = b'"managedFields"'
_BODIES = ("requestObject", "responseObject")


def logged_level(event: Event) -> Level:
    """Return the level that an event was written at; RequestResponse where it does not say."""
    text = event.head.level
    return Level(LEVELS.index(text)) if text in LEVELS else Level.REQUEST_RESPONSE


def cut(event: Event, decision: Decision) -> bytes | None:
    """Return the event's text under a decision; None where it would not be written."""
    if decision.level is Level.NONE or event.head.stage in decision.omit_stages:
        return None
    level = min(decision.level, logged_level(event))
    managed = decision.omit_managed_fields and _MANAGED in event.raw
    if level is logged_level(event) and not managed:
        return event.raw
    return _encode(_lowered(_members(event.raw), level, without_managed=managed))


def _lowered(members: dict[str, Any], level: Level, *, without_managed: bool) -> dict[str, Any]:
    members["level"] = level.text
    if level < Level.REQUEST_RESPONSE:
        members.pop("responseObject", None)
    if level < Level.REQUEST:
        members.pop("requestObject", None)
    for key in _BODIES if without_managed else ():
        body = members.get(key)
        if body is not None and _MANAGED in bytes(body):
            members[key] = _unmanaged_body(body)
    return members


def _unmanaged_body(body: msgspec.Raw) -> Any:
    """Take managedFields from an object, from the items of a list, and from the objects of a table's rows."""
    if bytes(memoryview(body)[:1]) != b"{":
        return body
    members: dict[str, Any] = dict(_unmanaged(body))
    if "items" in members and bytes(memoryview(members["items"])[:1]) == b"[":
        members["items"] = [_unmanaged(item) for item in _items(members["items"])]
    return members


def _unmanaged(value: msgspec.Raw) -> Any:
    if bytes(memoryview(value)[:1]) != b"{":
        return value
    members: dict[str, Any] = dict(_members(value))
    metadata = members.get("metadata")
    if metadata is not None and bytes(memoryview(metadata)[:1]) == b"{":
        kept = _members(metadata)
        kept.pop("managedFields", None)
        members["metadata"] = kept
    return members
