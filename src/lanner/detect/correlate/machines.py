"""One machine a kind of correlation: it takes hits in the order of their time and says when they make it fire."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import msgspec

from lanner.detect.correlate.expression import Presence, compile_expression, negates
from lanner.detect.correlate.hits import Hit, Key
from lanner.detect.correlate.memory import Entry, Evidence, Memory, entry_of
from lanner.detect.correlate.windows import WINDOW_KINDS, Window, refill
from lanner.rules.correlation.model import Correlation

TIMED = 10_000
"""Keys of a correlation that waits for time to pass: it keeps whole events."""
VALUES = 1_000
"""Values of one key that first_seen remembers."""
REMEMBERED = 16
"""Events of one key that a join remembers: the newest."""


class Due(NamedTuple):
    """A correlation that fires because time has passed: when, for which key, and what was seen until then."""

    time: int
    key: Key
    evidence: Evidence


class Machine(Protocol):
    """The state of one correlation; `timed` says that the passing of time can make it fire."""

    timed: bool

    @property
    def memory(self) -> Memory[Any]:
        """What it remembers by key."""

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        """Take a hit for one of its keys; returns the evidence when the correlation fires."""

    def due(self, now: int) -> Iterator[Due]:
        """Give what fires because time has passed beyond `now`."""

    def dump(self) -> list[Any]:
        """Return the state as plain values, for `load`."""

    def load(self, state: list[Any]) -> None:
        """Take a state that `dump` gave."""


def machine(correlation: Correlation, limit: int) -> Machine:
    """Return the machine of a correlation, remembering at most so many keys."""
    make = _Windows if correlation.kind in WINDOW_KINDS else _MACHINES[correlation.kind]
    return make(correlation, limit)


class _Base:
    """A machine without timers."""

    timed = False

    def __init__(self, correlation: Correlation, limit: int) -> None:
        self._correlation, self._limit, self._span = correlation, limit, correlation.timespan

    def due(self, _now: int) -> Iterator[Due]:
        return iter(())


class _Windows(_Base):
    """Counts and measures over a sliding window."""

    def __init__(self, correlation: Correlation, limit: int) -> None:
        super().__init__(correlation, limit)
        self.memory: Memory[Window] = Memory(lambda: Window(correlation), correlation.timespan, limit)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        window = self.memory.touch(key, hit.time)
        window.add(entry_of(hit))
        measure = window.measure()
        if measure is None or not all(bound.holds(measure) for bound in self._correlation.bounds):
            return None
        return window.evidence()

    def dump(self) -> list[Any]:
        return [(key, time, list(window.entries)) for key, time, window in self.memory.items()]

    def load(self, state: list[Any]) -> None:
        for key, time, entries in state:
            window = Window(self._correlation)
            refill(window, (msgspec.convert(entry, Entry) for entry in entries))
            self.memory.put(tuple(key), time, window)


class _Timers:
    """When which key is due. Keys that the memory forgot are left out when too many have gathered."""

    def __init__(self, memory: Memory[Any]) -> None:
        self._memory = memory
        self.heap: list[tuple[int, Key]] = []

    def add(self, time: int, key: Key) -> None:
        heapq.heappush(self.heap, (time, key))
        if len(self.heap) > 2 * self._memory.limit:
            self.load([(time, key) for time, key in self.heap if self._memory.get(key) is not None])

    def due(self, now: int) -> Iterator[tuple[int, Key]]:
        """Take out, oldest first, what was due before `now`."""
        while self.heap and self.heap[0][0] < now:
            yield heapq.heappop(self.heap)

    def load(self, timers: Iterable[Any]) -> None:
        self.heap = [(time, tuple(key)) for time, key in timers]
        heapq.heapify(self.heap)


class _Temporal(_Base):
    """All parts within the timespan, in any order; or an extended condition without `not`, at each event.

    With `not`, the condition is judged when the timespan is over that the first event of a part that may occur opened.
    """

    def __init__(self, correlation: Correlation, limit: int) -> None:
        super().__init__(correlation, limit)
        aliases = [part.alias for part in correlation.parts]
        self._holds = compile_expression(correlation.expression, aliases)
        self._negated = negates(correlation.expression, aliases)
        self.timed = bool(self._negated)
        limit = min(limit, TIMED) if self._negated else limit
        self.memory: Memory[list[Entry | None]] = Memory(lambda: [None] * len(aliases), self._span, limit)
        self._timers = _Timers(self.memory)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        if self._negated:
            self._gather(key, hit)
            return None
        seen = self.memory.touch(key, hit.time)
        seen[hit.part] = entry_of(hit)
        recent = [entry if entry and entry.time >= hit.time - self._span else None for entry in seen]
        return _evidence(recent) if self._holds(_presence(recent)) else None

    def _gather(self, key: Key, hit: Hit) -> None:
        open_ = self.memory.get(key)
        if open_ is None:
            if hit.part in self._negated:
                return
            self._timers.add(hit.time + self._span, key)
        seen = self.memory.touch(key, hit.time)
        if seen[hit.part] is None:
            seen[hit.part] = entry_of(hit, whole=True)

    def due(self, now: int) -> Iterator[Due]:
        for time, key in self._timers.due(now):
            seen = self.memory.get(key)
            self.memory.drop(key)
            if seen is not None and self._holds(_presence(seen)):
                yield Due(time, key, _evidence(seen))

    def dump(self) -> list[Any]:
        return [[(key, time, seen) for key, time, seen in self.memory.items()], self._timers.heap]

    def load(self, state: list[Any]) -> None:
        for key, time, seen in state[0]:
            self.memory.put(tuple(key), time, [_entry(entry) for entry in seen])
        self._timers.load(state[1])


def _presence(seen: Iterable[Entry | None]) -> Presence:
    return [entry is not None for entry in seen]


def _evidence(seen: Iterable[Entry | None]) -> Evidence:
    return Evidence(sorted((entry for entry in seen if entry), key=lambda entry: entry.time))


def _entry(value: Any) -> Entry | None:
    return None if value is None else msgspec.convert(value, Entry)


class _Ordered(_Base):
    """All parts in their order within the timespan: for each part the chain up to it that began last."""

    def __init__(self, correlation: Correlation, limit: int) -> None:
        super().__init__(correlation, limit)
        self.memory: Memory[list[list[Entry]]] = Memory(lambda: [[] for _ in correlation.parts], self._span, limit)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        chains = self.memory.touch(key, hit.time)
        place, entry = hit.part, entry_of(hit)
        before: list[Entry] = []
        if place:
            before = chains[place - 1]
            if not before or before[0].time < hit.time - self._span:
                return None
        chain = [*before, entry]
        if place + 1 < len(chains):
            chains[place] = chain
            return None
        return Evidence(chain) if _differ(self._correlation, dict(enumerate(chain))) else None

    def dump(self) -> list[Any]:
        return [(key, time, chains) for key, time, chains in self.memory.items()]

    def load(self, state: list[Any]) -> None:
        for key, time, chains in state:
            self.memory.put(tuple(key), time, [msgspec.convert(chain, list[Entry]) for chain in chains])


def _differ(correlation: Correlation, entries: dict[int, Entry]) -> bool:
    """Say whether the values of two parts are equal or not, as `where` wants; an absent value meets nothing."""
    for wanted in correlation.where:
        left = entries[wanted.left].compared[wanted.left_value]
        right = entries[wanted.right].compared[wanted.right_value]
        if left is None or right is None or (left == right) is not wanted.equal:
            return False
    return True


class _Join(_Base):
    """The last part's event meets a remembered event of another part: the newest that `where` accepts."""

    def __init__(self, correlation: Correlation, limit: int) -> None:
        super().__init__(correlation, limit)
        self._last = len(correlation.parts) - 1
        self.memory: Memory[list[tuple[int, Entry]]] = Memory(list, self._span, limit)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        entry = entry_of(hit)
        if hit.part != self._last:
            remembered = self.memory.touch(key, hit.time)
            remembered[:] = [(part, old) for part, old in remembered if not _same(part, old, hit)][-REMEMBERED + 1 :]
            remembered.append((hit.part, entry))
            return None
        for part, old in reversed(self.memory.get(key) or ()):
            if old.time >= hit.time - self._span and _differ(self._correlation, {part: old, self._last: entry}):
                return Evidence([old, entry])
        return None

    def dump(self) -> list[Any]:
        return [(key, time, remembered) for key, time, remembered in self.memory.items()]

    def load(self, state: list[Any]) -> None:
        for key, time, remembered in state:
            self.memory.put(tuple(key), time, [(part, msgspec.convert(entry, Entry)) for part, entry in remembered])


def _same(part: int, old: Entry, hit: Hit) -> bool:
    """Say whether a remembered event tells nothing that the new one does not."""
    return part == hit.part and old.compared == hit.compared


class _Values(msgspec.Struct, array_like=True):
    """What first_seen knows of a key: since when, how many events, and when each value was last seen."""

    since: int = 0
    events: int = 0
    values: OrderedDict[str, int] = msgspec.field(default_factory=OrderedDict)


class _FirstSeen(_Base):
    """A value that this key has not had within the timespan, once enough is known of the key."""

    def __init__(self, correlation: Correlation, limit: int) -> None:
        super().__init__(correlation, limit)
        self.memory: Memory[_Values] = Memory(_Values, self._span, limit)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        known, value = self.memory.touch(key, hit.time), hit.value or ""
        last = known.values.get(value)
        learnt = known.events >= self._correlation.learn and hit.time - known.since >= self._correlation.learn_time
        fresh = known.events > 0 and learnt and (last is None or last < hit.time - self._span)
        known.since = known.since if known.events else hit.time
        known.events += 1
        known.values[value] = hit.time
        known.values.move_to_end(value)
        if len(known.values) > VALUES:
            known.values.popitem(last=False)
        return Evidence([entry_of(hit)], float(known.events)) if fresh else None

    def dump(self) -> list[Any]:
        return [(key, time, (v.since, v.events, list(v.values.items()))) for key, time, v in self.memory.items()]

    def load(self, state: list[Any]) -> None:
        for key, time, (since, events, values) in state:
            pairs = ((value, last) for value, last in values)
            self.memory.put(tuple(key), time, _Values(since, events, OrderedDict(pairs)))


class _Absence(_Base):
    """The first part's event, and none of another part within the timespan after it."""

    timed = True

    def __init__(self, correlation: Correlation, limit: int) -> None:
        super().__init__(correlation, limit)
        self.memory: Memory[Entry | None] = Memory(lambda: None, self._span, min(limit, TIMED))
        self._timers = _Timers(self.memory)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        if hit.part:
            self.memory.drop(key)
        elif self.memory.get(key) is None:
            self.memory.touch(key, hit.time)
            self.memory.put(key, hit.time, entry_of(hit, whole=True))
            self._timers.add(hit.time + self._span, key)
        return None

    def due(self, now: int) -> Iterator[Due]:
        for time, key in self._timers.due(now):
            waiting = self.memory.get(key)
            if waiting is not None and waiting.time + self._span == time:
                self.memory.drop(key)
                yield Due(time, key, Evidence([waiting]))

    def dump(self) -> list[Any]:
        return [[(key, time, entry) for key, time, entry in self.memory.items()], self._timers.heap]

    def load(self, state: list[Any]) -> None:
        for key, time, entry in state[0]:
            self.memory.put(tuple(key), time, _entry(entry))
        self._timers.load(state[1])


_MACHINES: dict[str, Callable[[Correlation, int], Machine]] = {
    "temporal": _Temporal,
    "temporal_ordered": _Ordered,
    "join": _Join,
    "first_seen": _FirstSeen,
    "absence": _Absence,
}
