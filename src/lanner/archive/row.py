"""What goes into the archive: one event's text, where it came from and its place in the order of arrival."""

from __future__ import annotations

import msgspec

from lanner.archive.record import Record
from lanner.archive.wire import read_record
from lanner.archive.wrapping import Wrapped
from lanner.audit.redaction.redactor import Redactor


class Row(msgspec.Struct, kw_only=True, gc=False):
    """One event on its way into the archive.

    `source`, `origin`, `offset`, `item` say where it stood (`item` counts inside an EventList), `ordinal` is its
    place in the order of arrival within `source`: exports sort by it, so it must not decrease. `ingested` is when
    lanner took it, in microseconds since 1970. `cluster` overrides the archive's own. `wrapped` is the provider's
    line that exports give back in place of `raw`, as long as `raw` is the text it was made for: a redacted one is not.
    """

    raw: bytes
    source: str
    origin: str = ""
    offset: int = 0
    item: int = 0
    ordinal: int = 0
    ingested: int = 0
    cluster: str | None = None
    wrapped: Wrapped | None = None
    parsed: Record | None = None

    @property
    def record(self) -> Record:
        """The event's keys; read from `raw` on first use and kept."""
        if self.parsed is None:
            self.parsed = read_record(self.raw)
        return self.parsed

    def redact(self, redactor: Redactor) -> None:
        """Replace what is secret in the event."""
        text = redactor.redact(self.raw, self.record)
        if text is not self.raw:
            self.raw, self.parsed = text, None
