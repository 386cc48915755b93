"""Where the bytes went that came in: dropped by filters, saved by packing, deleted by retention, stored."""

from __future__ import annotations

import msgspec

from lanner.archive import summary
from lanner.archive.change import ARCHIVED
from lanner.archive.store import Archive


class Part(msgspec.Struct, frozen=True):
    """One line of the account: `events` and `bytes` that this part spared, or that came or are stored.

    `part` is one of arrived, dropped, packed, expired, stored; `reason` says why events were dropped. What arrived is
    all the others together.
    """

    part: str
    reason: str
    events: int
    bytes: int


def savings(archive: Archive) -> list[Part]:
    """Return the account since the archive was made; `bytes` of expired events are those of their files."""
    said = archive.carried()
    raw, dropped, expired = summary.raw_of(said), summary.dropped_of(said), summary.expired_of(said)
    stored, kept = archive.total_bytes(), archive.total_events()
    gone_events, gone_bytes = expired.get("events", 0), expired.get("bytes", 0)
    archived = raw.get(ARCHIVED, 0)
    lost = [Part("dropped", reason, dropped[reason], raw.get(reason, 0)) for reason in sorted(dropped)]
    events = kept + gone_events + sum(part.events for part in lost)
    return [
        Part("arrived", "", events, archived + sum(part.bytes for part in lost)),
        *lost,
        Part("packed", "", 0, archived - stored - gone_bytes),
        Part("expired", "", gone_events, gone_bytes),
        Part("stored", "", kept, stored),
    ]
