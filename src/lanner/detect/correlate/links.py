"""Correlations that look at correlations: a firing becomes a hit of those above it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lanner.detect.correlate.hits import Hit, Key, joined, keys_of, together
from lanner.detect.correlate.memory import RELATED, Entry, Evidence
from lanner.rules.correlation.chains import carried, upwards
from lanner.rules.correlation.model import Correlation, Link, Take


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
        entries = self.evidence.entries[-RELATED:]
        behind = dict.fromkeys(one for entry in entries for one in entry.related or (entry.audit_id,))
        return list(behind)[-RELATED:]

    def bonds(self) -> list[str]:
        """Return what binds it to the incident of those who made these events, each once."""
        entries = self.evidence.entries[-RELATED:]
        return list(dict.fromkeys(bond for entry in entries for bond in entry.bonds))[-RELATED:]


class Links:
    """Which correlations look at which, by their numbers; `ranks` order each after those that it looks at."""

    def __init__(self, correlations: Sequence[Correlation]) -> None:
        numbers = {each.name: number for number, each in enumerate(correlations)}
        self._carried = carried(correlations)
        self._above: list[list[tuple[int, int, Link]]] = [[] for _ in correlations]
        for number, each in enumerate(correlations):
            for part, link in each.links:
                self._above[numbers[link.name]].append((number, part, link))
        order = upwards(correlations)
        self.ranks = {number: rank for rank, number in enumerate(order)}
        self.identities = [""] * len(correlations)
        for number in order:
            below = [self.identities[numbers[link.name]] for _, link in correlations[number].links]
            self.identities[number] = _identity(correlations[number], below, self._carried[number])

    def hits(self, firing: Firing) -> Iterator[Hit]:
        """Give the hits of those that look at a correlation that fired."""
        number, key, entry = firing.correlation, firing.key, firing.entry
        for above, part, link in self._above[number]:
            texts = [self._texts(number, take, key, entry) for take in link.key]
            values = [joined(self._texts(number, take, key, entry)) for take in link.values]
            if all(texts) and None not in values:
                yield Hit(
                    above,
                    part,
                    firing.time,
                    entry.audit_id,
                    entry.number,
                    keys_of(texts),
                    together(values),
                    tuple([joined(self._texts(number, take, key, entry)) for take in link.compared]),
                    entry.raw,
                    firing.place,
                    tuple([self._texts(number, take, key, entry) for take in self._carried[above]]),
                    tuple(firing.related()),
                    tuple(firing.bonds()),
                )

    def _texts(self, number: int, take: Take, key: Key, entry: Entry) -> tuple[str, ...]:
        if isinstance(take, int):
            return (key[take],)
        return entry.carried[self._carried[number].index(take)]


def _identity(correlation: Correlation, below: Sequence[str], carries: Sequence[object]) -> str:
    """Return what two correlations have in common whose memories mean the same."""
    meant = (correlation.name, correlation.kind, correlation.parts, correlation.timespan, correlation.where)
    return hashlib.sha256(repr((meant, below, carries)).encode(errors="surrogatepass")).hexdigest()
