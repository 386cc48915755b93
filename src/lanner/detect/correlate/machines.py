"""One machine a kind of correlation: it takes hits in the order of their time and says when they make it fire."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from lanner.detect.correlate.expression import Presence, compile_expression, negates
from lanner.detect.correlate.hits import Hit, Key
from lanner.detect.correlate.memory import Entry, Evidence, Memory, Room, bytes_of, entry_of, text_bytes
from lanner.detect.correlate.windows import WINDOW_KINDS, Window
from lanner.rules.correlation.model import Bound, Correlation

TIMED = 10_000
"""Keys of a correlation that waits for time to pass: it keeps whole events."""
VALUES = 1_000
"""Values of one key that first_seen remembers."""
REMEMBERED = 16
"""Events of one key that a join remembers: the newest."""
_VALUE_BYTES = 160
"""What a value takes beside its text."""


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

    @property
    def due_time(self) -> int | None:
        """The time after which the passing of time alone decides something; None where nothing waits for it."""

    def expire(self) -> Due | None:
        """Decide what `due_time` is the time of; returns it when it fires."""

    def dump(self) -> list[Any]:
        """Return the state as plain values, for `load`."""

    def load(self, state: list[Any]) -> None:
        """Take a state that `dump` gave."""


def machine(correlation: Correlation, limit: int, room: Room) -> Machine:
    """Return the machine of a correlation, remembering at most so many keys, in a room that it shares."""
    if correlation.kind == "temporal" and negates(correlation.expression, _aliases(correlation)):
        return _Unmet(correlation, limit, room)
    make = _Windows if correlation.kind in WINDOW_KINDS else _MACHINES[correlation.kind]
    return make(correlation, limit, room)


def _aliases(correlation: Correlation) -> list[str]:
    return [part.alias for part in correlation.parts]


class _Base:
    """A machine that waits for no time to pass; a timed one waits until the timespan of its oldest key is over."""

    timed = False
    memory: Memory[Any]

    def __init__(self, correlation: Correlation) -> None:
        self._correlation, self._span = correlation, correlation.timespan

    @property
    def due_time(self) -> int | None:
        oldest = self.memory.oldest() if self.timed else None
        return None if oldest is None else oldest[0] + self._span

    def expire(self) -> Due | None:
        return None


class _Windows(_Base):
    """Counts and measures over a sliding window."""

    def __init__(self, correlation: Correlation, limit: int, room: Room) -> None:
        super().__init__(correlation)
        self.memory: Memory[Window] = Memory(lambda: Window(correlation), self._span, limit, room)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        window = self.memory.touch(key, hit.time)
        self.memory.evicted += window.add(entry_of(hit))
        self.memory.measured(key, window.used)
        measure = window.measure()
        if measure is None or not all(bound.holds(measure) for bound in self._correlation.bounds):
            return None
        return Evidence(window.newest(), measure)

    def dump(self) -> list[Any]:
        return [(key, time, list(window.entries)) for key, time, window in self.memory.items()]

    def load(self, state: list[Any]) -> None:
        for key, time, entries in state:
            window = Window(self._correlation)
            for entry in entries:
                window.add(msgspec.convert(entry, Entry))
            self.memory.put(tuple(key), time, window)
            self.memory.measured(tuple(key), window.used)


class _Temporal(_Base):
    """All parts within the timespan, in any order; or an extended condition without `not`, at each event."""

    def __init__(self, correlation: Correlation, limit: int, room: Room) -> None:
        super().__init__(correlation)
        aliases = _aliases(correlation)
        self._holds = _counted(correlation.bounds) or compile_expression(correlation.expression, aliases)
        self.memory: Memory[list[Entry | None]] = Memory(lambda: [None] * len(aliases), self._span, limit, room)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        seen = self.memory.touch(key, hit.time)
        seen[hit.part] = entry_of(hit)
        self.memory.holds(key, filter(None, seen))
        recent = [entry if entry and entry.time >= hit.time - self._span else None for entry in seen]
        if not self._holds(_presence(recent)):
            return None
        recent[hit.part] = None
        return Evidence([*_evidence(recent).entries, entry_of(hit)])

    def dump(self) -> list[Any]:
        return [(key, time, seen) for key, time, seen in self.memory.items()]

    def load(self, state: list[Any]) -> None:
        for key, time, entries in state:
            seen = [_entry(entry) for entry in entries]
            self.memory.put(tuple(key), time, seen)
            self.memory.holds(tuple(key), filter(None, seen))


class _Unmet(_Temporal):
    """An extended condition with `not`.

    It is judged when the timespan is over that the first event of a part that may occur opened.
    """

    timed = True

    def __init__(self, correlation: Correlation, limit: int, room: Room) -> None:
        super().__init__(correlation, min(limit, TIMED), room)
        self._negated = negates(correlation.expression, _aliases(correlation))

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        if self.memory.get(key) is None and hit.part in self._negated:
            return None
        seen = self.memory.open(key, hit.time)
        if seen[hit.part] is None:
            seen[hit.part] = entry_of(hit, whole=True)
            self.memory.holds(key, filter(None, seen))
        return None

    def expire(self) -> Due | None:
        for key, time, seen in self.memory.items():
            self.memory.drop(key)
            return Due(time + self._span, key, _evidence(seen)) if self._holds(_presence(seen)) else None
        return None


def _counted(bounds: Sequence[Bound]) -> Callable[[Presence], bool] | None:
    """Return what judges how many parts occurred, where that is asked."""
    return (lambda present: all(bound.holds(sum(present)) for bound in bounds)) if bounds else None


def _presence(seen: Iterable[Entry | None]) -> Presence:
    return [entry is not None for entry in seen]


def _evidence(seen: Iterable[Entry | None]) -> Evidence:
    return Evidence(sorted((entry for entry in seen if entry), key=lambda entry: entry.time))


def _entry(value: Any) -> Entry | None:
    return None if value is None else msgspec.convert(value, Entry)


class _Ordered(_Base):
    """All parts in their order within the timespan: for each part the chain up to it that began last."""

    def __init__(self, correlation: Correlation, limit: int, room: Room) -> None:
        super().__init__(correlation)
        parts = len(correlation.parts)
        self.memory: Memory[list[list[Entry]]] = Memory(lambda: [[] for _ in range(parts)], self._span, limit, room)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        if hit.part and self.memory.get(key) is None:
            return None  # nothing came before it
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
            self.memory.holds(key, itertools.chain.from_iterable(chains))
            return None
        return Evidence(chain) if _differ(self._correlation, dict(enumerate(chain))) else None

    def dump(self) -> list[Any]:
        return [(key, time, chains) for key, time, chains in self.memory.items()]

    def load(self, state: list[Any]) -> None:
        for key, time, chains in state:
            self.memory.put(tuple(key), time, [msgspec.convert(chain, list[Entry]) for chain in chains])
            self.memory.holds(tuple(key), itertools.chain.from_iterable(self.memory.get(tuple(key)) or ()))


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

    def __init__(self, correlation: Correlation, limit: int, room: Room) -> None:
        super().__init__(correlation)
        self._last = len(correlation.parts) - 1
        self.memory: Memory[list[tuple[int, Entry]]] = Memory(list, self._span, limit, room)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        entry = entry_of(hit)
        if hit.part != self._last:
            self._remember(key, hit, entry)
            return None
        for part, old in reversed(self.memory.get(key) or ()):
            if old.time >= hit.time - self._span and _differ(self._correlation, {part: old, self._last: entry}):
                return Evidence([old, entry])
        return None

    def _remember(self, key: Key, hit: Hit, entry: Entry) -> None:
        remembered = self.memory.touch(key, hit.time)
        kept = [(part, old) for part, old in remembered if not _same(part, old, hit)]
        lost = [old for _, old in kept[: -REMEMBERED + 1] if old.time >= hit.time - self._span]
        remembered[:] = [*kept[-REMEMBERED + 1 :], (hit.part, entry)]
        self.memory.holds(key, (old for _, old in remembered), len(lost))

    def dump(self) -> list[Any]:
        return [(key, time, remembered) for key, time, remembered in self.memory.items()]

    def load(self, state: list[Any]) -> None:
        for key, time, pairs in state:
            remembered = [(part, msgspec.convert(entry, Entry)) for part, entry in pairs]
            self.memory.put(tuple(key), time, remembered)
            self.memory.holds(tuple(key), (entry for _, entry in remembered))


def _same(part: int, old: Entry, hit: Hit) -> bool:
    """Say whether a remembered event tells nothing that the new one does not."""
    return part == hit.part and old.compared == hit.compared


class _Values(msgspec.Struct, array_like=True):
    """What first_seen knows of a key: since when, how many events, and when each value was last seen."""

    since: int = 0
    events: int = 0
    values: OrderedDict[str, int] = msgspec.field(default_factory=OrderedDict)
    used: int = 0


class _FirstSeen(_Base):
    """A value that this key has not had within the timespan, once enough is known of the key."""

    def __init__(self, correlation: Correlation, limit: int, room: Room) -> None:
        super().__init__(correlation)
        self.memory: Memory[_Values] = Memory(_Values, self._span, limit, room)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        known, value = self.memory.touch(key, hit.time), hit.value or ""
        last = known.values.get(value)
        learnt = known.events >= self._correlation.learn and hit.time - known.since >= self._correlation.learn_time
        fresh = known.events > 0 and learnt and (last is None or last < hit.time - self._span)
        known.since = known.since if known.events else hit.time
        known.events += 1
        self._keep(key, known, value, hit.time)
        return Evidence([entry_of(hit)], float(known.events)) if fresh else None

    def _keep(self, key: Key, known: _Values, value: str, time: int) -> None:
        if value not in known.values:
            known.used += _VALUE_BYTES + text_bytes(value)
        known.values[value] = time
        known.values.move_to_end(value)
        if len(known.values) > VALUES:
            oldest, last = known.values.popitem(last=False)
            known.used -= _VALUE_BYTES + text_bytes(oldest)
            self.memory.evicted += last >= time - self._span
        self.memory.measured(key, known.used)

    def dump(self) -> list[Any]:
        return [(key, time, (v.since, v.events, list(v.values.items()))) for key, time, v in self.memory.items()]

    def load(self, state: list[Any]) -> None:
        for key, time, (since, events, pairs) in state:
            values = OrderedDict((value, last) for value, last in pairs)
            used = sum(_VALUE_BYTES + text_bytes(value) for value in values)
            self.memory.put(tuple(key), time, _Values(since, events, values, used))
            self.memory.measured(tuple(key), used)


class _Absence(_Base):
    """The first part's event, and none of another part within the timespan after it."""

    timed = True

    def __init__(self, correlation: Correlation, limit: int, room: Room) -> None:
        super().__init__(correlation)
        self.memory: Memory[Entry | None] = Memory(lambda: None, self._span, min(limit, TIMED), room)

    def take(self, key: Key, hit: Hit) -> Evidence | None:
        if hit.part:
            self.memory.drop(key)
        elif self.memory.get(key) is None:
            entry = entry_of(hit, whole=True)
            self.memory.put(key, hit.time, entry)
            self.memory.measured(key, bytes_of(entry))
        return None

    def expire(self) -> Due | None:
        for key, time, entry in self.memory.items():
            self.memory.drop(key)
            return Due(time + self._span, key, Evidence([entry])) if entry is not None else None
        return None

    def dump(self) -> list[Any]:
        return [(key, time, entry) for key, time, entry in self.memory.items()]

    def load(self, state: list[Any]) -> None:
        for key, time, value in state:
            entry = _entry(value)
            self.memory.put(tuple(key), time, entry)
            self.memory.holds(tuple(key), filter(None, [entry]))


_MACHINES: dict[str, Callable[[Correlation, int, Room], Machine]] = {
    "temporal": _Temporal,
    "temporal_ordered": _Ordered,
    "join": _Join,
    "first_seen": _FirstSeen,
    "absence": _Absence,
}
