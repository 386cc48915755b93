"""What correlations remember by key: bounded, oldest forgotten first, counted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import msgspec

from lanner.detect.correlate.hits import Hit, Key

S = TypeVar("S")
KEYS = 100_000
"""Keys that one correlation remembers unless told otherwise."""


class Entry(msgspec.Struct, array_like=True, gc=False):
    """An event as it is remembered; with its text where the alert may come long after it."""

    time: int
    audit_id: str
    number: int
    value: str | None = None
    compared: tuple[str | None, ...] = ()
    raw: bytes = b""


def entry_of(hit: Hit, *, whole: bool = False) -> Entry:
    """Return what is remembered of a hit, its text too where it is wanted."""
    return Entry(hit.time, hit.audit_id, hit.number, hit.value, hit.compared, hit.raw if whole else b"")


class Evidence(msgspec.Struct):
    """The events that made a correlation fire, oldest first, and the number that was compared."""

    entries: list[Entry]
    measure: float | None = None


class Memory(Generic[S]):
    """States by key. A key that was not touched for `span` nanoseconds is forgotten, as is the oldest beyond `limit`.

    `evicted` counts keys that were forgotten before their time.
    """

    def __init__(self, make: Callable[[], S], span: int, limit: int = KEYS) -> None:
        self._make, self._span, self.limit = make, span, limit
        self._states: OrderedDict[Key, tuple[int, S]] = OrderedDict()
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._states)

    def touch(self, key: Key, time: int) -> S:
        """Return a key's state, made new where it is not known; times must not go back."""
        self._forget(time)
        found = self._states.get(key)
        state = self._make() if found is None else found[1]
        self._states[key] = (time, state)
        self._states.move_to_end(key)
        if len(self._states) > self.limit:
            self._states.popitem(last=False)
            self.evicted += 1
        return state

    def get(self, key: Key) -> S | None:
        """Return a key's state without touching it."""
        found = self._states.get(key)
        return None if found is None else found[1]

    def drop(self, key: Key) -> None:
        """Forget a key."""
        self._states.pop(key, None)

    def items(self) -> Iterator[tuple[Key, int, S]]:
        """Give keys with the time of their last touch and their states, oldest first."""
        for key, (time, state) in self._states.items():
            yield key, time, state

    def put(self, key: Key, time: int, state: S) -> None:
        """Put a state back that `items` gave."""
        self._states[key] = (time, state)

    def _forget(self, now: int) -> None:
        states = self._states
        while states:
            key = next(iter(states))
            if states[key][0] >= now - self._span:
                return
            del states[key]
