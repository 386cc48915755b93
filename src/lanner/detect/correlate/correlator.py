"""The correlator: puts hits into the order of their time, gives them to the machines, and holds back repetitions.

Hits that come late by no more than `late` nanoseconds are in order; those that come later are taken as they come and
counted. The same hits give the same firings whenever they are replayed, however they were cut into batches.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from lanner.detect.correlate.hits import Hit, Key
from lanner.detect.correlate.machines import Machine, machine
from lanner.detect.correlate.memory import KEYS, Entry, Evidence, entry_of
from lanner.rules.correlation.model import Correlation

SECOND = 1_000_000_000
LATE = 2 * SECOND
WAITING = 20_000
"""Hits that wait for their order at most."""
RELATED = 50
"""Events that an alert names at most: the newest."""


class Firing(NamedTuple):
    """A correlation that fires.

    `entry` is the event that it is told of, with its text: the last one, for an absence the one that was not answered.
    `held` is how many times it was held back for this key since it was last told, `place` the place of the hit that
    made it fire, 0 where it was the passing of time.
    """

    correlation: int
    time: int
    key: Key
    entry: Entry
    evidence: Evidence
    held: int
    place: int

    def related(self) -> list[str]:
        """Return the audit ids of the events behind it, oldest first, each once."""
        return list(dict.fromkeys(entry.audit_id for entry in self.evidence.entries[-RELATED:]))


class _Silence(msgspec.Struct, array_like=True):
    until: int
    held: int = 0


class Correlator:
    """All correlations of a rule set. `late_hits` counts hits that came too late to be put in order."""

    def __init__(self, correlations: Sequence[Correlation], *, keys: int = KEYS, late: int = LATE) -> None:
        self._correlations, self._keys, self._late = correlations, keys, late
        self._machines: list[Machine] = [machine(correlation, keys) for correlation in correlations]
        self._timed = [(number, each) for number, each in enumerate(self._machines) if each.timed]
        self._silent: list[OrderedDict[Key, _Silence]] = [OrderedDict() for _ in correlations]
        self._waiting: list[tuple[int, int, Hit]] = []
        self._places: OrderedDict[int, int] = OrderedDict()
        self._arrived = 0
        self._newest = self._done = 0
        self.late_hits = 0
        self.held_back: list[int] = [0] * len(correlations)

    def take(self, hits: Iterable[Hit]) -> Iterator[Firing]:
        """Take hits in the order of their arrival; give what fires by those that are in order now."""
        for hit in hits:
            self._arrived += 1
            heapq.heappush(self._waiting, (hit.time, self._arrived, hit))
            self._places[self._arrived] = hit.place
            self._newest = max(self._newest, hit.time)
        yield from self._run(self._newest - self._late)

    def advance(self, time: int) -> Iterator[Firing]:
        """Say that the stream has come to a time, hits or not."""
        self._newest = max(self._newest, time)
        yield from self._run(self._newest - self._late)

    def finish(self) -> Iterator[Firing]:
        """Take what still waits; absences that time has not shown yet do not fire."""
        yield from self._run(self._newest)

    @property
    def first_waiting(self) -> int | None:
        """The place of the earliest hit that still waits; None when none does."""
        return next(iter(self._places.values()), None)

    @property
    def evicted(self) -> int:
        """Keys that were forgotten before their time."""
        return sum(each.memory.evicted for each in self._machines)

    @property
    def remembered(self) -> int:
        """Keys that are remembered."""
        return sum(len(each.memory) for each in self._machines)

    def _run(self, upto: int) -> Iterator[Firing]:
        waiting = self._waiting
        while waiting and (waiting[0][0] <= upto or len(waiting) > WAITING):
            _, arrived, hit = heapq.heappop(waiting)
            del self._places[arrived]
            if hit.time < self._done:
                self.late_hits += 1
                hit.time = self._done  # memories know no way back
            yield from self._pass(hit.time)
            yield from self._give(hit)
        yield from self._pass(upto)

    def _pass(self, time: int) -> Iterator[Firing]:
        if time <= self._done:
            return
        self._done = time
        for number, each in self._timed:
            for due in each.due(time):
                yield from self._fire(number, due.time, due.key, due.evidence, 0)

    def _give(self, hit: Hit) -> Iterator[Firing]:
        for key in hit.keys:
            evidence = self._machines[hit.correlation].take(key, hit)
            if evidence is not None:
                evidence.entries[-1] = entry_of(hit, whole=True)
                yield from self._fire(hit.correlation, hit.time, key, evidence, hit.place)

    def _fire(self, number: int, time: int, key: Key, evidence: Evidence, place: int) -> Iterator[Firing]:
        correlation, silent = self._correlations[number], self._silent[number]
        silence = silent.get(key)
        if silence is not None and time < silence.until:
            silence.held += 1
            self.held_back[number] += 1
            return
        held = silence.held if silence else 0
        silent[key] = _Silence(time + correlation.suppress)
        silent.move_to_end(key)
        if len(silent) > self._keys:
            silent.popitem(last=False)
        yield Firing(number, time, key, evidence.entries[-1], evidence, held, place)

    def pack(self, hits: Sequence[Hit]) -> bytes:
        """Return hits in a form that `unpack` reads, also with other correlations around; texts are left out."""
        named = {hit.correlation: _identity(self._correlations[hit.correlation]) for hit in hits}
        return _ENCODE((named, [msgspec.structs.replace(hit, raw=b"") for hit in hits]))

    def unpack(self, data: bytes) -> list[Hit]:
        """Read what `pack` gave; hits of correlations that are no more, or other ones now, are left out."""
        named, hits = _HITS.decode(data)
        places = {_identity(correlation): place for place, correlation in enumerate(self._correlations)}
        moved = {number: places[identity] for number, identity in named.items() if identity in places}
        return [
            msgspec.structs.replace(hit, correlation=moved[hit.correlation]) for hit in hits if hit.correlation in moved
        ]

    @property
    def newest(self) -> int:
        """The time that the stream has come to, in nanoseconds."""
        return self._newest

    def dump(self) -> bytes:
        """Return the whole state, for `load` of a correlator with the same correlations."""
        return _ENCODE(
            {
                "correlations": [_identity(correlation) for correlation in self._correlations],
                "machines": [each.dump() for each in self._machines],
                "silent": [list(silent.items()) for silent in self._silent],
                "waiting": self._waiting,
                "clock": [self._arrived, self._newest, self._done],
            }
        )

    def load(self, data: bytes) -> None:
        """Take the state that `dump` gave; correlations that were changed since begin anew."""
        state = msgspec.msgpack.decode(data)
        places = {identity: place for place, identity in enumerate(state["correlations"])}
        moved: dict[int, int] = {}
        for number, correlation in enumerate(self._correlations):
            place = places.get(_identity(correlation))
            if place is not None:
                moved[place] = number
                self._machines[number].load(state["machines"][place])
                pairs = ((tuple(key), msgspec.convert(value, _Silence)) for key, value in state["silent"][place])
                self._silent[number] = OrderedDict(pairs)
        for _, arrived, waiting in state["waiting"]:
            hit = msgspec.convert(waiting, Hit)
            if hit.correlation in moved:
                hit.correlation = moved[hit.correlation]
                self._waiting.append((hit.time, arrived, hit))
        self._places = OrderedDict(sorted((arrived, hit.place) for _, arrived, hit in self._waiting))
        heapq.heapify(self._waiting)
        self._arrived, self._newest, self._done = state["clock"]


_ENCODE: Callable[[Any], bytes] = msgspec.msgpack.Encoder().encode
_HITS = msgspec.msgpack.Decoder(tuple[dict[int, str], list[Hit]])


def _identity(correlation: Correlation) -> str:
    """Return what two correlations have in common whose memories mean the same."""
    parts = [(part.alias, repr(part.condition), repr(part.key), repr(part.value)) for part in correlation.parts]
    return repr((correlation.name, correlation.kind, parts, correlation.timespan, correlation.where))
