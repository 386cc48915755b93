"""What the state database keeps: alerts, deliveries, quarantine, incidents, and the commit that makes them known."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lanner.audit.batch import Checkpoint, Reject
from lanner.detect.alert import Alert


class NewAlert(msgspec.Struct):
    """An alert, the event line and the hunt's match that made it; a throttled one is kept but given to no output."""

    alert: Alert
    event: bytes
    throttled: bool = False
    match: int = 0


class StoredAlert(msgspec.Struct):
    """An alert with its number in the store; numbers rise in the order of firing."""

    id: int
    alert: Alert


class Delivery(msgspec.Struct):
    """How far one output is: the last alert handed over, counts, and its newest error."""

    output: str
    alert_id: int
    sent: int
    refused: int
    error: str


class Quarantined(Reject, kw_only=True):
    """A rejected piece of input as kept; `seen` is seconds since the epoch."""

    id: int
    seen: float


class IncidentRow(msgspec.Struct, array_like=True):
    """An incident as it is kept: `body` and `links` are its owner's, `into` is the incident that it went into."""

    id: str
    updated: str
    score: int
    into: str
    body: bytes
    links: bytes


class Commit(msgspec.Struct, kw_only=True):
    """What becomes known together: batches up to `sequence`, their checkpoints, alerts and rejects.

    `delivered` names the outputs that have already been given all alerts of this commit; `digests` are those of
    events from sources that may send an event twice. `hits` are what correlations have been given by record, `memory`
    the whole of what they remember after the record of that number. `incidents` are those that changed.
    """

    sequence: int
    checkpoints: dict[str, Checkpoint]
    alerts: Sequence[NewAlert] = ()
    rejects: Sequence[Reject] = ()
    delivered: Sequence[str] = ()
    digests: Sequence[bytes] = ()
    hits: Sequence[tuple[int, bytes]] = ()
    memory: tuple[int, bytes] | None = None
    incidents: Sequence[IncidentRow] = ()
