"""Correlations over a sliding window of one key's events: counts, distinct values, sums, averages, percentiles, shares.

An event sees the window that ends with it: events no older than the timespan.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable

from lanner.detect.correlate.memory import RELATED, Entry, bytes_of
from lanner.rules.correlation.model import Correlation

ENTRIES = 10_000
"""Events of one key that a window holds; beyond, the oldest go before their time."""


class Window:
    """One key's events, how they are measured, and about how many bytes they take (`used`)."""

    __slots__ = ("_measure", "_span", "entries", "used")

    def __init__(self, correlation: Correlation) -> None:
        self._span = correlation.timespan
        self.entries: list[Entry] = []  # a deque takes 600 bytes more, and most keys have few events
        self.used = 0
        self._measure = _MEASURES[correlation.kind](correlation)

    def add(self, entry: Entry) -> int:
        """Take an event; those that are too old go. Returns how many went before their time."""
        entries, oldest = self.entries, entry.time - self._span
        old = 0
        while old < len(entries) and entries[old].time < oldest:
            old += 1
        lost = len(entries) - old >= ENTRIES
        self._leave(old + lost)
        entries.append(entry)
        self.used += bytes_of(entry) + self._measure.bytes
        self._measure.enter(entry)
        return lost

    def _leave(self, count: int) -> None:
        for entry in self.entries[:count]:
            self.used -= bytes_of(entry) + self._measure.bytes
            self._measure.leave(entry)
        del self.entries[:count]

    def measure(self) -> float | None:
        """Return what bounds are compared with; None where there is nothing to compare."""
        return self._measure.now(len(self.entries))

    def newest(self) -> list[Entry]:
        """Return the newest events, oldest first: as many as an alert names."""
        return self.entries[-RELATED:]


class _Count:
    """The number of events. `bytes` is what a measure keeps of an event beside it."""

    __slots__ = ()
    bytes = 0

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

    __slots__ = ("_values",)
    bytes = 240

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


class _Sum(_Count):
    """The sum of the values that are numbers, others do not count; exact, so that events may go as they came."""

    __slots__ = ("_numbers", "_total")
    bytes = 160

    def __init__(self, correlation: Correlation) -> None:
        super().__init__(correlation)
        self._total, self._numbers = 0, 0

    def enter(self, entry: Entry) -> None:
        self._add(entry, 1)

    def leave(self, entry: Entry) -> None:
        self._add(entry, -1)

    def _add(self, entry: Entry, sign: int) -> None:
        number = number_of(entry.value)
        if number is not None:
            self._total += sign * _scaled(number)
            self._numbers += sign

    def now(self, size: int) -> float | None:
        return _quotient(self._total, 1) if size and self._numbers else None


class _Average(_Sum):
    __slots__ = ()

    def now(self, size: int) -> float | None:
        return _quotient(self._total, self._numbers) if size and self._numbers else None


class _Percentile(_Count):
    """The value that so many percent do not exceed, between two values by their distance (SQL's percentile_cont)."""

    __slots__ = ("_percentile", "_sorted")
    bytes = 100

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

    def now(self, size: int) -> float | None:
        return quantile(self._sorted, self._percentile) if size and self._sorted else None


class _Share(_Distinct):
    """The share of all events that have the newest one's value; None until enough were seen."""

    __slots__ = ("_learn", "_newest")

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
    "value_median": _Percentile,
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


_SCALE = 1074
"""Every finite number is a whole multiple of two to the minus this."""


def _scaled(number: float) -> int:
    numerator, denominator = number.as_integer_ratio()
    return numerator << (_SCALE + 1 - denominator.bit_length())


def _quotient(total: int, count: int) -> float:
    try:
        return total / (count << _SCALE)
    except OverflowError:
        return math.inf if total > 0 else -math.inf


def quantile(ordered: list[float], percent: float) -> float:
    """Return the percentile of numbers in ascending order, between two of them by their distance."""
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    distance, share = ordered[high] - ordered[low], place - low
    if math.isinf(distance):
        return ordered[low] * (1 - share) + ordered[high] * share
    return ordered[low] + distance * share
