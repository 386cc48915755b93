"""The correlator: puts hits into the order of their time, gives them to the machines, and holds back repetitions.

Hits that come late by no more than `late` nanoseconds are in order; those that come later are taken as they come and
counted. The same hits give the same firings whenever they are replayed, however they were cut into batches.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from lanner.detect.correlate.hits import Hit, Key
from lanner.detect.correlate.links import Firing, Links
from lanner.detect.correlate.machines import Machine, machine
from lanner.detect.correlate.memory import KEYS, ROOM, Evidence, Memory, Room, entry_of
from lanner.rules.correlation.model import Correlation

SECOND = 1_000_000_000
LATE = 2 * SECOND
WAITING = 20_000
"""Hits that wait for their order at most."""
WAITING_BYTES = 64 * 1024 * 1024
"""What their texts take at most."""
_EVER = 1 << 63


class _Silence(msgspec.Struct, array_like=True):
    until: int = 0
    held: int = 0


class Correlator:
    """All correlations of a rule set. `late_hits` counts hits that came too late to be put in order."""

    def __init__(
        self, correlations: Sequence[Correlation], *, keys: int = KEYS, room: int = ROOM, late: int = LATE
    ) -> None:
        self._room = shared = Room(room)
        self._correlations, self._late = correlations, late
        self._links = Links(correlations)
        self._machines: list[Machine] = [machine(correlation, keys, shared) for correlation in correlations]
        ranked = sorted(self._links.ranks.items(), key=lambda pair: pair[1])
        self._timed = [
            (rank, number, self._machines[number]) for number, rank in ranked if self._machines[number].timed
        ]
        self._silent = [Memory(_Silence, _EVER, keys, shared) for _ in correlations]
        self._waiting: list[tuple[int, int, Hit]] = []
        self._waiting_bytes = 0
        self._places: OrderedDict[int, int] = OrderedDict()
        self._arrived = 0
        self._newest = self._done = 0
        self.late_hits = 0
        self.held_back: list[int] = [0] * len(correlations)

    def take(self, hits: Iterable[Hit]) -> Iterator[Firing]:
        """Take hits in the order of their arrival; give what fires by those that are in order now."""
        for hit in hits:
            self._arrived += 1
            self._wait(self._arrived, hit)
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
        """Keys, and events of keys that have too many, that were forgotten before their time."""
        return sum(each.memory.evicted for each in self._machines) + sum(silent.evicted for silent in self._silent)

    @property
    def used(self) -> int:
        """About how many bytes that takes; hits that wait for their order not counted."""
        return self._room.used

    @property
    def remembered(self) -> int:
        """Keys that are remembered."""
        return sum(len(each.memory) for each in self._machines)

    def _wait(self, arrived: int, hit: Hit) -> None:
        heapq.heappush(self._waiting, (hit.time, arrived, hit))
        self._waiting_bytes += len(hit.raw)

    def _run(self, upto: int) -> Iterator[Firing]:
        waiting = self._waiting
        while waiting and (waiting[0][0] <= upto or len(waiting) > WAITING or self._waiting_bytes > WAITING_BYTES):
            _, arrived, hit = heapq.heappop(waiting)
            self._waiting_bytes -= len(hit.raw)
            del self._places[arrived]
            if hit.time < self._done:
                self.late_hits += 1
                hit.time = self._done  # memories know no way back
            yield from self._pass(hit.time)
            yield from self._give(hit)
        yield from self._pass(upto)

    def _pass(self, time: int) -> Iterator[Firing]:
        """Give, in the order of time, what fires because time has passed."""
        while time > self._done:
            dues = ((at, rank, number) for rank, number, each in self._timed if (at := each.due_time) is not None)
            first, _, number = min(dues, default=(time, 0, 0))
            if first >= time:
                self._done = time
                return
            due = self._machines[number].expire()
            if due is not None:
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
            self.held_back[number] += correlation.enabled
            return
        silence = silent.touch(key, time)
        held, silence.held, silence.until = silence.held, 0, time + correlation.suppress
        firing = Firing(number, time, key, evidence.entries[-1], evidence, held, place)
        if correlation.enabled:
            yield firing
        for hit in self._links.hits(firing):
            yield from self._give(hit)

    def pack(self, hits: Sequence[Hit]) -> bytes:
        """Return hits in a form that `unpack` reads, also with other correlations around; texts are left out."""
        named = {hit.correlation: self._links.identities[hit.correlation] for hit in hits}
        return _ENCODE((named, [msgspec.structs.replace(hit, raw=b"") for hit in hits]))

    def unpack(self, data: bytes) -> list[Hit]:
        """Read what `pack` gave; hits of correlations that are no more, or other ones now, are left out."""
        named, hits = _HITS.decode(data)
        places = {identity: place for place, identity in enumerate(self._links.identities)}
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
                "correlations": self._links.identities,
                "machines": [each.dump() for each in self._machines],
                "silent": [list(each.items()) for each in self._silent],
                "waiting": self._waiting,
                "clock": [self._arrived, self._newest, self._done],
            }
        )

    def load(self, data: bytes) -> None:
        """Take the state that `dump` gave; correlations that were changed since begin anew."""
        state = msgspec.msgpack.decode(data)
        places = {identity: place for place, identity in enumerate(state["correlations"])}
        moved: dict[int, int] = {}
        for number, identity in enumerate(self._links.identities):
            place = places.get(identity)
            if place is not None:
                moved[place] = number
                self._machines[number].load(state["machines"][place])
                for key, time, silence in state["silent"][place]:
                    self._silent[number].put(tuple(key), time, msgspec.convert(silence, _Silence))
        for _, arrived, waiting in state["waiting"]:
            hit = msgspec.convert(waiting, Hit)
            if hit.correlation in moved:
                hit.correlation = moved[hit.correlation]
                self._wait(arrived, hit)
        self._places = OrderedDict(sorted((arrived, hit.place) for _, arrived, hit in self._waiting))
        self._arrived, self._newest, self._done = state["clock"]


_ENCODE: Callable[[Any], bytes] = msgspec.msgpack.Encoder().encode
_HITS = msgspec.msgpack.Decoder(tuple[dict[int, str], list[Hit]])
