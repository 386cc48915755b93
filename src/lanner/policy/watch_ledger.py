"""Counts deviations by kind and rule, and says when one is to be told: at once, and again after a while."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lanner.policy.watch_model import Deviation, Kind

NS = 1_000_000_000
MAX_ENTRIES = 10_000
_Key = tuple[Kind, int | None, str]


class Entry(msgspec.Struct):
    """One kind of deviation from one rule: the first, the events counted in all, the time of the latest.

    `untold` is what was counted since it was last told.
    """

    first: Deviation
    count: int
    untold: int
    told_ns: int
    last: str


class Ledger:
    """What deviates, in the order of first sight. Bounded: what is beyond MAX_ENTRIES is in `counts` only."""

    def __init__(self, rearm: float) -> None:
        self.counts: dict[str, int] = dict.fromkeys(Kind, 0)
        self._rearm_ns = int(rearm * NS)
        self._entries: dict[_Key, Entry] = {}

    def add(self, found: Iterable[Deviation]) -> Iterator[tuple[Deviation, int]]:
        """Count deviations; yields those to tell, each with the events counted since it was last told."""
        for deviation in found:
            self.counts[deviation.kind] += deviation.events
            untold = self._enter(deviation)
            if untold:
                yield deviation, untold

    def _enter(self, deviation: Deviation) -> int:
        kind, witness = deviation.kind, deviation.witness
        key = (kind, deviation.rule, witness.target if kind is Kind.GONE_SILENT else "")
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) < MAX_ENTRIES:
                self._entries[key] = Entry(deviation, deviation.events, 0, witness.time_ns, witness.time)
                return deviation.events
            return 0
        entry.count += deviation.events
        entry.untold += deviation.events
        entry.last = witness.time
        if witness.time_ns - entry.told_ns < self._rearm_ns:
            return 0
        untold, entry.untold, entry.told_ns = entry.untold, 0, witness.time_ns
        return untold

    def entries(self) -> list[Entry]:
        """Return all that was counted, what blinds first."""
        return sorted(self._entries.values(), key=lambda entry: not entry.first.blinds)

    def forget(self) -> None:
        """Begin anew, as under another policy, whose rules have other numbers; counts stay."""
        self._entries.clear()
