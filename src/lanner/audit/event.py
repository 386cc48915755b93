"""One audit event: its typed keys at once, its bodies only when somebody asks for them."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from calendar import timegm
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

# A text is None where absent. A null is none, so that decoding fails and `lenient` gives it its text in Falco: "null".
if TYPE_CHECKING:
    Text = str | None
else:
    Text = str

SOURCE = "k8s_audit"
"""What rules call the source of audit events, as Falco does."""
NO_TEXT = msgspec.Raw(b"")
LONGEST_INTEGER = 400
"""Digits of the longest whole number; a double ends before it."""


class User(msgspec.Struct, gc=False):
    """Who asked, or whom the asker impersonates; `extra` stays JSON text."""

    username: Text = None
    uid: str | None = None
    groups: list[str] | None = None
    extra: msgspec.Raw = NO_TEXT


class ObjectRef(msgspec.Struct, rename="camel", gc=False):
    """The object that the request is about."""

    resource: Text = None
    namespace: Text = None
    name: Text = None
    uid: str | None = None
    api_group: str | None = None
    api_version: str | None = None
    resource_version: str | None = None
    subresource: Text = None


class ResponseStatus(msgspec.Struct, gc=False):
    """How the request ended; `code` is the HTTP status."""

    code: int | None = None
    status: str | None = None
    reason: Text = None
    message: str | None = None


class Metadata(msgspec.Struct, rename="camel", gc=False):
    """What v1beta1 and older events carry."""

    creation_timestamp: str | None = None


class Head(msgspec.Struct, rename="camel", gc=False):
    """The keys of audit.k8s.io/v1 and v1beta1; the two bodies stay JSON text. Unknown keys stay in Event.raw."""

    kind: str | None = None
    api_version: str | None = None
    level: str | None = None
    audit_id: Text = msgspec.field(default=None, name="auditID")
    stage: Text = None
    request_uri: Text = msgspec.field(default=None, name="requestURI")
    verb: Text = None
    user: User | None = None
    impersonated_user: User | None = None
    source_ips: list[str] | None = msgspec.field(default=None, name="sourceIPs")
    user_agent: Text = None
    object_ref: ObjectRef | None = None
    response_status: ResponseStatus | None = None
    request_object: msgspec.Raw = NO_TEXT
    response_object: msgspec.Raw = NO_TEXT
    request_received_timestamp: str | None = None
    stage_timestamp: str | None = None
    annotations: dict[str, str] | None = None
    timestamp: str | None = None
    metadata: Metadata | None = None


class Event(msgspec.Struct, gc=False, eq=False):
    """A view of one audit event; what is lazy is computed on first use and kept.

    `raw` is its JSON text as it arrived, `mended` the same with U+FFFD for what is no Unicode, empty where nothing is
    wrong, and `text` the one of them that can be decoded. `head` is its typed keys; `request`, `response` (the bodies)
    and `document` (all of it) decode on first use and are None where absent. `time_ns` is nanoseconds since 1970.
    `number` is the event's place in its stream, counted from 1, where a reader sets it. Of a managed cluster's event
    `line` is the provider's text that `raw` was taken out of or made from, `cluster` the name that stands there.
    """

    raw: bytes
    head: Head
    number: int = 0
    mended: bytes = b""
    line: bytes = b""
    cluster: str = ""
    _extra: dict[str, list[str]] | msgspec.UnsetType = msgspec.UNSET
    _request: Any = msgspec.UNSET
    _response: Any = msgspec.UNSET
    _document: Any = msgspec.UNSET
    _time_ns: int | None = None

    @property
    def text(self) -> bytes:
        return self.mended or self.raw

    @property
    def extra(self) -> dict[str, list[str]]:
        """What the authenticator says of the user beside name and groups; empty where that cannot be read."""
        if self._extra is msgspec.UNSET:
            self._extra = _extra_of(self.head.user)
        return self._extra

    @property
    def request(self) -> Any:
        if self._request is msgspec.UNSET:
            self._request = _body(self.head.request_object)
        return self._request

    @property
    def response(self) -> Any:
        if self._response is msgspec.UNSET:
            self._response = _body(self.head.response_object)
        return self._response

    @property
    def document(self) -> Any:
        if self._document is msgspec.UNSET:
            self._document = decode_body(self.text)
        return self._document

    @property
    def time_ns(self) -> int:
        if self._time_ns is None:
            self._time_ns = parse_time(event_time(self.head) or "")
        return self._time_ns

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
_SHAPE = "--T::."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_timestamp(text: str) -> bool:
    """Say whether a text is an RFC 3339 timestamp of the years 1000 to 9999."""
    return _usual(text) is not None or _RFC3339.fullmatch(text) is not None


def _usual(text: str) -> datetime | None:
    """Read `2026-11-23T10:00:01.000037Z`, the form of kube-apiserver; None for any other, good or bad.

    With its six separators in place and no year below 1000, what fromisoformat accepts is RFC 3339.
    """
    if len(text) == 27 and text[4:20:3] == _SHAPE and text[26] == "Z" and text[0] != "0":
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    return None


def parse_time(text: str) -> int:
    """Return nanoseconds since 1970 of an RFC 3339 timestamp; raises ValueError."""
    usual = _usual(text)
    if usual is not None:
        since = usual - _EPOCH
        return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
    found = _RFC3339.fullmatch(text)
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
        return on_fresh_stack(partial(_decode_any, text))


def _decode_any(text: bytes | msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # only a number beyond a double is left to fail here
        return json.loads(bytes(text), parse_int=_whole)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


def on_fresh_stack(work: Callable[[], Any]) -> Any:
    """Return what recursive work gives on the stack of a new thread; None where that is too small as well.

    What passed a depth check nearer the bottom of its own stack fits there.
    """
    result: list[Any] = []

    def run() -> None:
        with contextlib.suppress(RecursionError):
            result.append(work())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return result[0] if result else None


_decode_extra = msgspec.json.Decoder(dict[str, list[str]]).decode


def _extra_of(user: User | None) -> dict[str, list[str]]:
    if user is None or not len(user.extra):
        return {}
    try:
        return _decode_extra(user.extra)
    except msgspec.MsgspecError:
        return {}


def _body(text: msgspec.Raw) -> Any:
    return decode_body(text) if len(text) else None
