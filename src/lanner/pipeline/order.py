"""Puts alerts of rules and of correlations into the order of the log: a correlation waits for late events."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Sequence

from lanner.detect.alert import Alert, decode_alert, encode_alert
from lanner.detect.correlate.hits import Hit
from lanner.detect.correlate.teller import Teller, Told
from lanner.detect.habits import Habits
from lanner.detect.incidents import Grouping
from lanner.detect.repeats import Repeats


class Order:
    """Holds alerts back until no correlation can fire any more on an event before theirs.

    What fires because time has passed (an absence) is given when it is known. `repeats` holds alerts back, a `grouping`
    gives them their incident, `habits` lower them; where one is there (`reads`), alerts come in as JSON.
    """

    def __init__(
        self,
        teller: Teller | None,
        form: Callable[[Alert], bytes],
        grouping: Grouping | None = None,
        repeats: Repeats | None = None,
        habits: Habits | None = None,
    ) -> None:
        self._teller, self._form, self._grouping, self._repeats = teller, form, grouping, repeats
        self._habits = habits
        self.reads = grouping is not None or (repeats is not None and bool(repeats.spans))
        self._held: list[tuple[int, int, bytes]] = []
        self._count = 0

    @property
    def lowered(self) -> int:
        """How many alerts were told at a lower priority."""
        return sum(self._habits.lowered.values()) if self._habits else 0

    def add(self, place: int, alerts: Sequence[bytes], hits: Iterable[Hit]) -> list[bytes]:
        """Take an event's encoded alerts and its hits; `place` grows with the log. Returns what may be given now."""
        if self._teller is None:
            return self._told(alerts)
        for alert in alerts:
            self._hold(place, alert)
        hits = list(hits)
        for hit in hits:
            hit.place = place
        self._hold_told(self._teller.take(hits))
        return self._release(self._teller.correlator.first_waiting)

    def finish(self) -> list[bytes]:
        """Return all that is left; no more will come."""
        if self._teller is not None:
            self._hold_told(self._teller.finish())
        return self._release(None)

    def _hold_told(self, found: Iterable[Told]) -> None:
        for told in found:
            self._hold(told.place, (encode_alert if self.reads else self._form)(told.alert))

    def _hold(self, place: int, alert: bytes) -> None:
        self._count += 1
        insort(self._held, (place, self._count, alert))

    def _release(self, upto: int | None) -> list[bytes]:
        ready = len(self._held)
        if upto is not None:
            ready = next((n for n, (place, _, _) in enumerate(self._held) if place >= upto), ready)
        released = [alert for _, _, alert in self._held[:ready]]
        del self._held[:ready]
        return self._told(released)

    def _told(self, alerts: Sequence[bytes]) -> list[bytes]:
        if not self.reads:
            return list(alerts)
        return [self._form(alert) for alert in map(decode_alert, alerts) if self._tell(alert)]

    def _tell(self, alert: Alert) -> bool:
        if self._repeats is not None and not self._repeats.tell(alert):
            return False
        if self._grouping is not None:
            self._grouping.place(alert, self._habits)
        return True
