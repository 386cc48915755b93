"""Hides in an event that was kept in clear what redaction hides: it is read when asked for, not by accident."""

from __future__ import annotations

import msgspec

from lanner.audit.decode import decode
from lanner.audit.redaction.marks import MARK
from lanner.audit.redaction.redactor import Redactor


class Masked(msgspec.Struct, frozen=True):
    """An event's JSON text and how many values in it are hidden; with none it is the text as it is kept."""

    text: bytes
    hidden: int


def mask_event(text: bytes, redactor: Redactor) -> Masked:
    """Hide sensitive values of one event; an event that cannot be decoded is hidden whole."""
    found = decode(text)
    if len(found.events) != 1:
        return Masked(msgspec.json.encode(redactor.mark(text).decode()), 1)
    event = found.events[0]
    masked = redactor.redact(event.raw, event.head)
    if masked is event.raw:
        return Masked(text, 0)
    return Masked(masked, len(MARK.findall(masked)) - len(MARK.findall(text)))
