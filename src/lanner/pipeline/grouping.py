"""Incidents on the live stream: alerts are grouped as they come, and what changes is kept beside them."""

from __future__ import annotations

import msgspec

from lanner.detect.alert import Alert
from lanner.detect.habits import Habits
from lanner.detect.incidents import Grouping, Incident
from lanner.state.kept import IncidentRow
from lanner.state.store import Store

_ENCODE = msgspec.json.encode
_INCIDENT = msgspec.json.Decoder(Incident)
_LINKS = msgspec.json.Decoder(list[str])
RESTORED = 2_000
"""Incidents that are open again after a restart at most: those touched last."""


class LiveGrouping:
    """A grouping whose changes can be kept."""

    def __init__(self) -> None:
        self._grouping = Grouping()

    def place(self, alert: Alert, habits: Habits) -> None:
        """Lower an alert that fits a habit, and give it its incident."""
        self._grouping.place(alert, habits)

    @property
    def open(self) -> int:
        """How many incidents are open."""
        return self._grouping.count

    def changes(self) -> list[IncidentRow]:
        """Return the incidents that changed since the last call, for the commit of their alerts."""
        changed, merged = self._grouping.changes()
        rows = [self._row(incident, "") for incident in changed]
        return rows + [self._row(incident, into) for incident, into in merged]

    def restore(self, store: Store) -> None:
        """Open the incidents again that were touched last; the grouping closes what has been quiet for too long."""
        rows = store.incidents(limit=RESTORED)
        for row in reversed(rows):
            self._grouping.restore(_INCIDENT.decode(row.body), _LINKS.decode(row.links))

    def _row(self, incident: Incident, into: str) -> IncidentRow:
        links = self._grouping.links(incident)
        return IncidentRow(incident.id, incident.updated, incident.score, into, _ENCODE(incident), _ENCODE(links))
