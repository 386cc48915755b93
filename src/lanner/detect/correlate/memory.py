"""What correlations remember by key: bounded in keys and, all together, in bytes; oldest forgotten first, counted."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import msgspec

from lanner.detect.correlate.hits import Hit, Key

S = TypeVar("S")
KEYS = 100_000
"""Keys that one correlation remembers unless told otherwise."""
ROOM = 256 * 1024 * 1024
"""Bytes that all correlations of a process remember together unless told otherwise."""
RELATED = 50
"""Events that an alert names at most: the newest."""

_KEY_BYTES = 700
_ENTRY_BYTES = 240
_TEXT_BYTES = 64
"""What a key, an event and a text more take beside their characters (CPython 3.11, see bench/correlations.py)."""


class Entry(msgspec.Struct, array_like=True, gc=False):
    """An event as it is remembered; with its text where the alert may come long after it."""

    time: int
    audit_id: str
    number: int
    value: str | None = None
    compared: tuple[str | None, ...] = ()
    raw: bytes = b""
    carried: tuple[tuple[str, ...], ...] = ()
    related: tuple[str, ...] = ()
    bonds: tuple[str, ...] = ()


def entry_of(hit: Hit, *, whole: bool = False) -> Entry:
    """Return what is remembered of a hit, its text too where it is wanted."""
    raw = hit.raw if whole else b""
    more = hit.carried, hit.related, hit.bonds
    return Entry(hit.time, hit.audit_id, hit.number, hit.value, hit.compared, raw, *more)


class Evidence(msgspec.Struct):
    """The newest events that made a correlation fire, oldest first, and the number that was compared."""

    entries: list[Entry]
    measure: float | None = None


def bytes_of(entry: Entry) -> int:
    """Return about how many bytes an event takes; the same after a restart."""
    used = _ENTRY_BYTES + len(entry.raw) + text_bytes(entry.audit_id) + text_bytes(entry.value)
    if entry.compared or entry.carried or entry.related or entry.bonds:
        more = itertools.chain(entry.compared, entry.related, entry.bonds, *entry.carried)
        used += sum(_TEXT_BYTES + text_bytes(text) for text in more) + 64 * len(entry.carried)
    return used


def text_bytes(text: str | None) -> int:
    """Return about how many bytes a text takes."""
    return 0 if text is None else len(text) if text.isascii() else 4 * len(text)


class Room:
    """The bytes that several memories share: where they are too many, the largest memory forgets its oldest key."""

    def __init__(self, limit: int = ROOM) -> None:
        self._limit = limit
        self.used = 0
        self.memories: list[Memory[Any]] = []

    def take(self, more: int) -> None:
        """Count bytes that were taken, or given back."""
        self.used += more
        while self.used > self._limit:
            max(self.memories, key=lambda each: each.used).evict()


class _Slot(msgspec.Struct, Generic[S]):
    time: int
    used: int
    state: S


class Memory(Generic[S]):
    """States by key, the oldest first. A key that was not touched for `span` nanoseconds is forgotten.

    So is the oldest beyond `limit`, and where the room is too small. `evicted` counts what went before its time.
    """

    def __init__(self, make: Callable[[], S], span: int, limit: int = KEYS, room: Room | None = None) -> None:
        self._make, self._span, self._limit = make, span, limit
        self._slots: OrderedDict[Key, _Slot[S]] = OrderedDict()
        self._room = room or Room()
        self._room.memories.append(self)
        self.evicted = self.used = 0

    def __len__(self) -> int:
        return len(self._slots)

    def touch(self, key: Key, time: int) -> S:
        """Return a key's state, made new where it is not known; times must not go back."""
        self._forget(time)
        slot = self._slots.get(key)
        if slot is None:
            return self._add(key, time, self._make())
        slot.time = time
        self._slots.move_to_end(key)
        return slot.state

    def open(self, key: Key, time: int) -> S:
        """Return a key's state, made new where it is not known; the time is that of the first opening."""
        slot = self._slots.get(key)
        return self._add(key, time, self._make()) if slot is None else slot.state

    def get(self, key: Key) -> S | None:
        """Return a key's state without touching it."""
        slot = self._slots.get(key)
        return None if slot is None else slot.state

    def holds(self, key: Key, entries: Iterable[Entry], lost: int = 0) -> None:
        """Say which events a key's state holds now, and how many of them it lost before their time."""
        self.measured(key, sum(map(bytes_of, entries)))
        self.evicted += lost

    def measured(self, key: Key, used: int) -> None:
        """Say how many bytes a key's state takes now, beside its key."""
        slot = self._slots.get(key)
        if slot is not None:
            self._take(slot, used + _KEY_BYTES + sum(map(text_bytes, key)) - slot.used)

    def drop(self, key: Key) -> None:
        """Forget a key."""
        slot = self._slots.pop(key, None)
        if slot is not None:
            self._take(slot, -slot.used)

    def evict(self) -> None:
        """Forget the oldest key before its time."""
        self.drop(next(iter(self._slots)))
        self.evicted += 1

    def oldest(self) -> tuple[int, Key] | None:
        """Return the oldest key and its time; None where nothing is remembered."""
        for key, slot in self._slots.items():
            return slot.time, key
        return None

    def items(self) -> Iterator[tuple[Key, int, S]]:
        """Give keys with their times and their states, oldest first."""
        for key, slot in self._slots.items():
            yield key, slot.time, slot.state

    def put(self, key: Key, time: int, state: S) -> None:
        """Put a state back that `items` gave; what it holds is to be said."""
        self._add(key, time, state)

    def _add(self, key: Key, time: int, state: S) -> S:
        self._slots[key] = _Slot(time, 0, state)
        self.measured(key, 0)
        if len(self._slots) > self._limit:
            self.evict()
        return state

    def _take(self, slot: _Slot[S], more: int) -> None:
        slot.used += more
        self.used += more
        self._room.take(more)

    def _forget(self, now: int) -> None:
        slots = self._slots
        while slots:
            key = next(iter(slots))
            if slots[key].time >= now - self._span:
                return
            self.drop(key)
