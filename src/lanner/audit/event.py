"""One audit event: its typed keys at once, its bodies only when somebody asks for them."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from calendar import timegm
from collections.abc import Callable
from typing import Any

import msgspec

NO_TEXT = msgspec.Raw(b"")
LONGEST_INTEGER = 400
"""Digits of the longest whole number; a double ends before it."""


class User(msgspec.Struct, gc=False):
    """Who asked, or whom the asker impersonates; `extra` stays JSON text."""

    username: str | None = None
    uid: str | None = None
    groups: list[str] | None = None
    extra: msgspec.Raw = NO_TEXT


class ObjectRef(msgspec.Struct, rename="camel", gc=False):
    """The object that the request is about."""

    resource: str | None = None
    namespace: str | None = None
    name: str | None = None
    uid: str | None = None
    api_group: str | None = None
    api_version: str | None = None
    resource_version: str | None = None
    subresource: str | None = None


class ResponseStatus(msgspec.Struct, gc=False):
    """How the request ended; `code` is the HTTP status."""

    code: int | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None


class Metadata(msgspec.Struct, rename="camel", gc=False):
    """What v1beta1 and older events carry."""

    creation_timestamp: str | None = None


class Head(msgspec.Struct, rename="camel", gc=False):
    """The keys of audit.k8s.io/v1 and v1beta1; the two bodies stay JSON text. Unknown keys stay in Event.raw."""

    kind: str | None = None
    api_version: str | None = None
    level: str | None = None
    audit_id: str | None = msgspec.field(default=None, name="auditID")
    stage: str | None = None
    request_uri: str | None = msgspec.field(default=None, name="requestURI")
    verb: str | None = None
    user: User | None = None
    impersonated_user: User | None = None
    source_ips: list[str] | None = msgspec.field(default=None, name="sourceIPs")
    user_agent: str | None = None
    object_ref: ObjectRef | None = None
    response_status: ResponseStatus | None = None
    request_object: msgspec.Raw = NO_TEXT
    response_object: msgspec.Raw = NO_TEXT
    request_received_timestamp: str | None = None
    stage_timestamp: str | None = None
    annotations: dict[str, str | None] | None = None
    timestamp: str | None = None
    metadata: Metadata | None = None


class Event:
    """A view of one audit event; what is lazy is computed on first use and kept.

    `raw` is its JSON text as it arrived, `head` its typed keys; `request`, `response` (the bodies) and `document` (all
    of it) decode on first use and are None where absent. `time_ns` is nanoseconds since 1970. `number` is the event's
    place in its stream, counted from 1, where a reader sets it.
    """

    __slots__ = ("document", "head", "number", "raw", "request", "response", "time_ns")

    raw: bytes
    head: Head
    request: Any
    response: Any
    document: dict[str, Any]
    time_ns: int
    number: int

    def __init__(self, raw: bytes, head: Head) -> None:
        self.raw = raw
        self.head = head

    def __getattr__(self, name: str) -> Any:
        """Fill an empty slot; Python asks only when it is empty."""
        compute = _LAZY.get(name)
        if compute is None:
            raise AttributeError(name)
        value = compute(self)
        setattr(self, name, value)
        return value

    def __repr__(self) -> str:
        head = self.head
        return f"Event({head.audit_id!r}, {head.stage!r}, {head.verb!r}, {head.request_uri!r})"


def event_time(head: Head) -> str | None:
    """Return the timestamp of the stage, or the nearest to it that older API versions have."""
    created = head.metadata.creation_timestamp if head.metadata else None
    return head.stage_timestamp or head.timestamp or head.request_received_timestamp or created


_RFC3339 = re.compile(
    r"([1-9]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)"
    r"(?:[.,](\d{1,32}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)
is_timestamp = _RFC3339.fullmatch


def parse_time(text: str) -> int:
    """Return nanoseconds since 1970 of an RFC 3339 timestamp; raises ValueError."""
    found = is_timestamp(text)
    if found is None:
        raise ValueError(f"not an RFC 3339 time: {text[:40]!r}")
    *whole, fraction, sign, hours, minutes = found.groups()
    seconds = timegm((*map(int, whole), 0, 0, 0))
    if sign:
        offset = int(hours) * 3600 + int(minutes) * 60
        seconds += offset if sign == "-" else -offset
    return seconds * 1_000_000_000 + int((fraction or "0")[:9].ljust(9, "0"))


def decode_body(text: bytes | msgspec.Raw) -> Any:
    """Decode JSON whose syntax was checked before; None where it is nested beyond what any stack here holds."""
    try:
        return _decode_any(text)
    except RecursionError:
        return _decode_on_fresh_stack(text)


def _decode_any(text: bytes | msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # only a number beyond a double is left to fail here
        return json.loads(bytes(text), parse_int=_whole)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


def _decode_on_fresh_stack(text: bytes | msgspec.Raw) -> Any:
    # The text passed a depth check nearer the bottom of the stack; a new thread starts at the very bottom.
    result: list[Any] = []

    def work() -> None:
        with contextlib.suppress(RecursionError):
            result.append(_decode_any(text))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return result[0] if result else None


def _body(text: msgspec.Raw) -> Any:
    return decode_body(text) if len(text) else None


_LAZY: dict[str, Callable[[Event], Any]] = {
    "request": lambda event: _body(event.head.request_object),
    "response": lambda event: _body(event.head.response_object),
    "document": lambda event: decode_body(event.raw),
    "time_ns": lambda event: parse_time(event_time(event.head) or ""),
    "number": lambda _event: 0,
}
