"""Which events an export takes: time bounds, cluster and source, as a WHERE clause with parameters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec
from pyiceberg import expressions

_MAKE: Any = expressions
"""Its classes are pydantic's, whose constructors the type checker does not know."""


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

    def of_files(self) -> expressions.BooleanExpression:
        """Return the same for Iceberg, which leaves out files by it."""
        parts: list[expressions.BooleanExpression] = [_MAKE.AlwaysTrue()]
        if self.since is not None:
            parts.append(_MAKE.GreaterThanOrEqual("time", self.since.isoformat()))
        if self.until is not None:
            parts.append(_MAKE.LessThan("time", self.until.isoformat()))
        given = (("cluster", self.cluster), ("source", self.source))
        return all_of([*parts, *(_MAKE.EqualTo(name, value) for name, value in given if value)])


def all_of(parts: Iterable[expressions.BooleanExpression]) -> expressions.BooleanExpression:
    """Join for Iceberg by AND."""
    made: expressions.BooleanExpression = _MAKE.And(_MAKE.AlwaysTrue(), _MAKE.AlwaysTrue(), *parts)
    return made
