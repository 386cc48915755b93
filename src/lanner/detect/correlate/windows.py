"""Correlations over a sliding window of one key's events: counts, distinct values, sums, averages, percentiles, shares.

An event sees the window that ends with it: events no older than the timespan.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Callable, Iterable

from lanner.detect.correlate.memory import Entry, Evidence
from lanner.rules.correlation.model import Correlation

ENTRIES = 10_000
"""Events of one key that a window holds; beyond, the oldest go before their time."""


class Window:
    """One key's events, and how they are measured."""

    def __init__(self, correlation: Correlation) -> None:
        self._span = correlation.timespan
        self.entries: deque[Entry] = deque()
        self._measure = _MEASURES[correlation.kind](correlation)

    def add(self, entry: Entry) -> None:
        """Take an event; those that are too old go."""
        entries = self.entries
        while entries and (entries[0].time < entry.time - self._span or len(entries) >= ENTRIES):
            self._measure.leave(entries.popleft())
        entries.append(entry)
        self._measure.enter(entry)

    def measure(self) -> float | None:
        """Return what bounds are compared with; None where there is nothing to compare."""
        return self._measure.now(len(self.entries))

    def evidence(self) -> Evidence:
        """Return the events, and what was measured."""
        return Evidence(list(self.entries), self.measure())


class _Count:
    """The number of events."""

    def __init__(self, _correlation: Correlation) -> None:
        """Nothing is kept: the window counts."""

    def enter(self, entry: Entry) -> None:
        """An event comes in."""

    def leave(self, entry: Entry) -> None:
        """An event goes."""

    def now(self, size: int) -> float | None:
        """Return the measure for a window of that size."""
        return size


class _Distinct(_Count):
    """The number of different values."""

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self._values: Counter[str | None] = Counter()

    def enter(self, entry: Entry) -> None:
        self._values[entry.value] += 1

    def leave(self, entry: Entry) -> None:
        self._values[entry.value] -= 1
        if not self._values[entry.value]:
            del self._values[entry.value]

    def now(self, size: int) -> float | None:
        return len(self._values) if size else None


class _Numbers(_Count):
    """What is computed of the values that are numbers, kept in order; others do not count."""

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self._sorted: list[float] = []
        self._percentile = correlation.percentile

    def enter(self, entry: Entry) -> None:
        number = number_of(entry.value)
        if number is not None:
            insort(self._sorted, number)

    def leave(self, entry: Entry) -> None:
        number = number_of(entry.value)
        if number is not None:
            del self._sorted[bisect_left(self._sorted, number)]


class _Sum(_Numbers):
    def now(self, size: int) -> float | None:
        return math.fsum(self._sorted) if size and self._sorted else None


class _Average(_Numbers):
    def now(self, size: int) -> float | None:
        return math.fsum(self._sorted) / len(self._sorted) if size and self._sorted else None


class _Percentile(_Numbers):
    """The value that so many percent do not exceed, between two values by their distance (SQL's percentile_cont)."""

    def now(self, size: int) -> float | None:
        return quantile(self._sorted, self._percentile) if size and self._sorted else None


class _Share(_Distinct):
    """The share of all events that have the newest one's value; None until enough were seen."""

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self._learn = correlation.learn
        self._newest: str | None = None

    def enter(self, entry: Entry) -> None:
        super().enter(entry)
        self._newest = entry.value

    def now(self, size: int) -> float | None:
        return self._values[self._newest] / size if size > self._learn else None


_MEASURES: dict[str, Callable[[Correlation], _Count]] = {
    "event_count": _Count,
    "value_count": _Distinct,
    "value_sum": _Sum,
    "value_avg": _Average,
    "value_percentile": _Percentile,
    "rare": _Share,
}
WINDOW_KINDS = tuple(_MEASURES)


def number_of(text: str | None) -> float | None:
    """Return a value as a finite number, None where it is none."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def quantile(ordered: list[float], percent: float) -> float:
    """Return the percentile of numbers in ascending order, between two of them by their distance."""
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def refill(window: Window, entries: Iterable[Entry]) -> None:
    """Put remembered events back."""
    for entry in entries:
        window.add(entry)
