"""Makes alerts of correlations that fire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from lanner.audit.decode import decode
from lanner.audit.event import SOURCE
from lanner.detect.alert import Alert, Origin, alert_time, origin_of, time_text
from lanner.detect.correlate.correlator import Correlator
from lanner.detect.correlate.hits import Hit
from lanner.detect.correlate.links import Firing
from lanner.detect.correlate.memory import KEYS
from lanner.rules.correlation.model import Correlation
from lanner.rules.falco.output import OutputFormat

_UNTOLD = "The event's text was not kept over a restart; the archive has it by its audit id"


class Told(NamedTuple):
    """An alert, the text of the event that it is told of, and its place in the order of arrival (see Firing)."""

    alert: Alert
    event: bytes
    place: int


class Teller:
    """Takes hits in the order of the stream and gives alerts."""

    def __init__(self, correlations: Sequence[Correlation], *, hostname: str = "", keys: int = KEYS) -> None:
        self.correlations = correlations
        self.correlator = Correlator(correlations, keys=keys)
        self._hostname = hostname
        self._formats = [OutputFormat(correlation.output) for correlation in correlations]

    def take(self, hits: Iterable[Hit]) -> Iterator[Told]:
        """Give the alerts of hits."""
        yield from map(self._told, self.correlator.take(hits))

    def advance(self, time: int) -> Iterator[Told]:
        """Give what fires because the stream has come to a time, in nanoseconds."""
        yield from map(self._told, self.correlator.advance(time))

    def finish(self) -> Iterator[Told]:
        """Give what still waits for its order; no more hits will come."""
        yield from map(self._told, self.correlator.finish())

    def status(self) -> dict[str, Any]:
        """Return counts: correlations, keys they remember, keys forgotten early, late hits, repetitions held back."""
        correlator = self.correlator
        return {
            "count": len(self.correlations),
            "remembered": correlator.remembered,
            "evicted": correlator.evicted,
            "late": correlator.late_hits,
            "held_back": sum(correlator.held_back),
        }

    def _told(self, firing: Firing) -> Told:
        correlation, entry = self.correlations[firing.correlation], firing.entry
        origin, time, text = Origin(audit_id=entry.audit_id, event=entry.number), time_text(firing.time), _UNTOLD
        fields: dict[str, Any] = {}
        if entry.raw:  # a hit that was read back after a restart has none
            (event,) = decode(entry.raw).events
            event.number = entry.number
            origin, time = origin_of(event, entry.number), alert_time(event)
            text, fields = self._formats[firing.correlation].resolve(event)
        origin.related, origin.links = firing.related(), firing.bonds()
        alert = Alert(
            time=time,
            rule=correlation.name,
            priority=correlation.priority,
            source=SOURCE,
            tags=list(correlation.tags),
            output=text,
            output_fields=fields | _more(correlation, firing),
            hostname=self._hostname,
            lanner=origin,
        )
        return Told(alert, entry.raw, firing.place)


def _more(correlation: Correlation, firing: Firing) -> dict[str, Any]:
    """Return what an alert says beside the fields of its event."""
    more: dict[str, Any] = dict(zip((f"key.{name}" for name in correlation.group_by), firing.key, strict=True))
    if firing.evidence.measure is not None:
        more["measure"] = firing.evidence.measure
    if firing.held:
        more["held_back"] = firing.held
    return more
