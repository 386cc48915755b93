"""An alert: Falco's JSON alert format plus lanner's own keys."""

from __future__ import annotations

from typing import Any

import msgspec

from lanner.rules.ruleset import PRIORITIES

__all__ = ["PRIORITIES", "Alert", "Origin", "decode_alert", "encode_alert"]


class Origin(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What lanner knows beyond Falco's keys: the event behind the alert and its neighbours.

    `event` is the 1-based number of the event in a replayed file; 0 (left out) on the live stream.
    `related` holds the audit IDs of the events behind the alert.
    """

    audit_id: str = ""
    stage: str = ""
    event: int = 0
    related: list[str] = []


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
