"""Makes alerts of correlations that fire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.detect.alert import Alert, Origin, alert_time, origin_of
from lanner.detect.correlate.correlator import Correlator, Firing
from lanner.detect.correlate.hits import Hit
from lanner.detect.correlate.memory import KEYS
from lanner.rules.correlation.model import Correlation
from lanner.rules.falco.output import OutputFormat

SOURCE = "k8s_audit"


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

    def _told(self, firing: Firing) -> Told:
        correlation = self.correlations[firing.correlation]
        (event,) = decode(firing.entry.raw).events
        event.number = firing.entry.number
        text, fields = self._formats[firing.correlation].resolve(event)
        fields |= dict(zip((f"key.{name}" for name in correlation.group_by), firing.key, strict=True))
        if firing.evidence.measure is not None:
            fields["measure"] = firing.evidence.measure
        if firing.held:
            fields["held_back"] = firing.held
        alert = Alert(
            time=alert_time(event),
            rule=correlation.name,
            priority=correlation.priority,
            source=SOURCE,
            tags=list(correlation.tags),
            output=text,
            output_fields=fields,
            hostname=self._hostname,
            lanner=_origin(event, firing),
        )
        return Told(alert, firing.entry.raw, firing.place)


def _origin(event: Event, firing: Firing) -> Origin:
    origin = origin_of(event, firing.entry.number)
    origin.related = firing.related()
    return origin
