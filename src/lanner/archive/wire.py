"""Between an event's text and its keys: reading never fails, writing gives the bytes kube-apiserver writes.

Order and escapes are those of Go's encoding/json on k8s.io/apiserver's audit.Event.
"""

from __future__ import annotations

import msgspec

from lanner.archive.record import NO_TEXT, ObjectKeys, Record, UserKeys
from lanner.archive.salvage import salvage
from lanner.audit.decode import MAX_LINE_BYTES, USUAL_VERSIONS, is_utf8
from lanner.audit.event import is_timestamp


class _Head(msgspec.Struct, omit_defaults=True, rename="camel", gc=False):
    """The keys before the bodies, for writing."""

    kind: str | None = None
    api_version: str | None = None
    level: str | None = None
    audit_id: str | None = msgspec.field(default=None, name="auditID")
    stage: str | None = None
    request_uri: str | None = msgspec.field(default=None, name="requestURI")
    verb: str | None = None
    user: UserKeys | None = None
    impersonated_user: UserKeys | None = None
    authentication_metadata: msgspec.Raw = NO_TEXT
    source_ips: list[str] | None = msgspec.field(default=None, name="sourceIPs")
    user_agent: str | None = None
    object_ref: ObjectKeys | None = None


class _Tail(msgspec.Struct, omit_defaults=True, rename="camel", gc=False):
    """The keys after the bodies, for writing."""

    request_received_timestamp: str | None = None
    stage_timestamp: str | None = None
    annotations: dict[str, str | None] | None = None


_DECODER = msgspec.json.Decoder(Record)
_ENCODE = msgspec.json.Encoder().encode


def read_record(raw: bytes) -> Record:
    """Read an event's keys; what cannot be read is replaced or left out, so this never raises."""
    try:
        if not raw.isascii():
            raw.decode()  # bodies are not read, so nobody else looks whether they are UTF-8
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return salvage(raw)


def usual_record(raw: bytes) -> Record | None:
    """Read the keys of a text that is one event as kube-apiserver writes it, which `decode` would take as it is."""
    try:
        record = _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if (
        len(raw) <= MAX_LINE_BYTES
        and record.kind == "Event"
        and record.api_version in USUAL_VERSIONS
        and record.stage is not None
        and is_timestamp(record.stage_timestamp or "")
        and (raw.isascii() or is_utf8(raw))
    ):
        return record
    return None


def write_record(record: Record) -> bytes:
    """Return the text that kube-apiserver writes for these keys."""
    r = record
    head = _Head(
        r.kind,
        r.api_version,
        r.level,
        r.audit_id,
        r.stage,
        r.request_uri,
        r.verb,
        r.user,
        r.impersonated_user,
        r.authentication_metadata,
        r.source_ips,
        r.user_agent,
        r.object_ref,
    )
    parts = [go_escape(_ENCODE(head))[:-1]]
    if r.response_status is not NO_TEXT:
        parts += (b',"responseStatus":', r.response_status)
    if r.request_object is not NO_TEXT:
        parts += (b',"requestObject":', r.request_object)
    if r.response_object is not NO_TEXT:
        parts += (b',"responseObject":', r.response_object)
    tail = go_escape(_ENCODE(_Tail(r.request_received_timestamp, r.stage_timestamp, r.annotations)))
    parts += (b",", tail[1:]) if len(tail) > 2 else (b"}",)
    return b"".join(parts)


def is_written(record: Record, raw: bytes) -> bool:
    """Say whether `write_record` gives `raw` for the record that was read from it."""
    # Record has the keys in their order, so one encoding does where bodies are escaped like the rest.
    return go_escape(_ENCODE(record)) == raw or write_record(record) == raw


def go_escape(text: bytes) -> bytes:
    """Escape in JSON text what Go's encoding/json escapes beyond the standard: <, >, & and U+2028, U+2029."""
    text = text.replace(b"&", b"\\u0026").replace(b"<", b"\\u003c").replace(b">", b"\\u003e")
    if text.isascii():
        return text
    return text.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
