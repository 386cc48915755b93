"""An alert: Falco's JSON alert format plus lanner's own keys."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from lanner.audit import identity
from lanner.audit.event import Event
from lanner.rules.ruleset import PRIORITIES

__all__ = [
    "PRIORITIES",
    "Alert",
    "Habit",
    "Origin",
    "alert_time",
    "decode_alert",
    "encode_alert",
    "origin_of",
    "time_seconds",
    "time_text",
]


class Habit(msgspec.Struct, kw_only=True):
    """Why an alert was told at a lower priority: it came so often since then; `priority` is what it would have had."""

    count: int
    since: str
    priority: str


class Origin(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What lanner knows beyond Falco's keys: the event behind the alert and its neighbours.

    `event` is the 1-based number of the event in a replayed file; 0 (left out) on the live stream.
    `related` holds the audit IDs of the events behind the alert; `actor` came with `credential` from `address`, acting
    as `impersonated`. `object` is what the request was about, as RESOURCE/NAMESPACE/NAME, `pod` the one whose token it
    came with or that it made, as NAMESPACE/NAME. `incident` is the number of the incident that it belongs to, where
    alerts are grouped, `incident_priority` what that is by now; `links` bind the alert to it beside its own credential,
    address and pod. `habit` says why it was told at a lower priority.
    """

    audit_id: str = ""
    stage: str = ""
    event: int = 0
    related: list[str] = []
    actor: str = ""
    impersonated: str = ""
    credential: str = ""
    address: str = ""
    verb: str = ""
    object: str = ""
    pod: str = ""
    incident: str = ""
    incident_priority: str = ""
    links: list[str] = []
    habit: Habit | None = None


class Alert(msgspec.Struct, kw_only=True):
    """One firing of one rule. `time` is the event's stageTimestamp (RFC 3339, nanosecond digits, UTC)."""

    time: str
    rule: str
    priority: str
    source: str
    tags: list[str]
    output: str
    output_fields: dict[str, Any]
    hostname: str
    lanner: Origin


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Alert)


def encode_alert(alert: Alert) -> bytes:
    """Encode as one line of JSON without a newline."""
    return _ENCODER.encode(alert)


def decode_alert(data: bytes) -> Alert:
    """Decode what encode_alert wrote; raise msgspec.DecodeError on anything else."""
    return _DECODER.decode(data)


def origin_of(event: Event, number: int) -> Origin:
    """Return what an alert on one event says of it; `number` is its place in a replayed file, else 0."""
    audit_id = event.head.audit_id or ""
    return Origin(
        audit_id=audit_id,
        stage=event.head.stage or "",
        event=number,
        related=[audit_id] if audit_id else [],
        actor=identity.actor(event) or "",
        impersonated=identity.impersonated(event) or "",
        credential=identity.credential(event) or "",
        address=identity.address(event) or "",
        verb=event.head.verb or "",
        object=identity.target(event) or "",
        pod=identity.pod(event) or identity.made_pod(event) or "",
    )


_UTC_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)


_USUAL = "2026-11-23T10:00:01.000037Z"
"""kube-apiserver's form; no other timestamp that decoding lets pass has this length, this point and this Z."""


def alert_time(event: Event) -> str:
    """Return the event's time as Falco's JSON form writes it: UTC with nine digits of fraction."""
    text = event.head.stage_timestamp or ""
    if len(text) == len(_USUAL) and text[19] == "." and text[26] == "Z":
        return f"{text[:26]}000Z"
    found = _UTC_TIME.fullmatch(text)
    if found is not None:
        return f"{found[1]}.{(found[2] or '').ljust(9, '0')}Z"
    return time_text(event.time_ns)


def time_seconds(time: str) -> float:
    """Return an alert's time in whole seconds since 1970."""
    return datetime.fromisoformat(f"{time[:19]}+00:00").timestamp()


def time_text(time_ns: int) -> str:
    """Return nanoseconds since 1970 as Falco's JSON form writes a time."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
