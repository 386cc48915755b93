"""Which events an export takes: time bounds, cluster and source, as a WHERE clause with parameters."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of `time` (`since` included, `until` not), one cluster, one source; None leaves it open."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    cluster: str | None = None
    source: str | None = None

    def where(self) -> tuple[str, dict[str, Any]]:
        """Return the condition and its parameters."""
        asked = {
            '"time" >= $since::TIMESTAMPTZ': ("since", self.since and self.since.isoformat()),
            '"time" < $until::TIMESTAMPTZ': ("until", self.until and self.until.isoformat()),
            "cluster = $cluster": ("cluster", self.cluster),
            "source = $source": ("source", self.source),
        }
        given = {condition: pair for condition, pair in asked.items() if pair[1] is not None}
        return " AND ".join(given) or "true", dict(given.values())
