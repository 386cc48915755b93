"""How a group of rules is divided so that an event tries few of them, however many there are.

Rules that need one of some values in a field go into a table by value. Rules that need a text with some part, or share
a condition, stand behind a gate that tries this once. The parts are divided again when an event first gets there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

from lanner.rules import ir
from lanner.rules.check import kind_of
from lanner.rules.costs import cost, operand_cost
from lanner.rules.needs import VALUE, Needs, Place, conjuncts, without

FLAT = 16
"""So many rules are tried one after the other; more are divided."""

SPARES = 4
"""A division must spare an event so many rules."""

BODY_SPARES = 24
"""The same where the division has to read a body, which the rules behind it may never need."""


class Candidate(NamedTuple):
    """A rule to try: its number, what is left of its condition, and what it cannot hold without."""

    number: int
    condition: ir.Condition | bool
    needs: Needs


Candidates = tuple[Candidate, ...]


class Table(NamedTuple):
    """Rules by a value of a field that they need; of a list field by one of its values."""

    field: ir.Field
    is_list: bool
    parts: dict[str, Candidates]
    lowest: int


class Gate(NamedTuple):
    """Rules of which none holds where the test does not."""

    test: ir.Condition
    part: Candidates


class Plan(NamedTuple):
    """How a group is tried: `loose` rules one by one, the others by way of tables and gates.

    `used` names the places that divide the group already, so that its parts are divided by others.
    """

    loose: Candidates
    tables: tuple[Table, ...]
    gates: tuple[Gate, ...]
    used: frozenset[Place]


def make_plan(group: Candidates, used: frozenset[Place] = frozenset()) -> Plan:
    """Divide a group of candidates, which are in ascending order and stay so in every part."""
    tables: list[Table] = []
    gates: list[Gate] = []
    rest = group
    while len(rest) > FLAT and (place := _best_place(rest, used)) is not None:
        needing, rest = _divide(rest, partial(_needs, place))
        used |= {place}
        if place.operator == VALUE:
            tables.append(_table(place, needing))
        else:
            gates.append(Gate(_any_part(place, needing), needing))
    while len(rest) > FLAT and (shared := _most_shared(rest)) is not None:
        sharing, rest = _divide(rest, partial(_shares, shared))
        left = [candidate._replace(condition=without(candidate.condition, shared)) for candidate in sharing]
        gates.append(Gate(shared, tuple(left)))
    return Plan(rest, tuple(tables), tuple(gates), used)


def _needs(place: Place, candidate: Candidate) -> bool:
    return place in candidate.needs


def _shares(condition: ir.Condition, candidate: Candidate) -> bool:
    return condition in conjuncts(candidate.condition)


def _divide(group: Candidates, wanted: Callable[[Candidate], bool]) -> tuple[Candidates, Candidates]:
    chosen: list[Candidate] = []
    rest: list[Candidate] = []
    for candidate in group:
        (chosen if wanted(candidate) else rest).append(candidate)
    return tuple(chosen), tuple(rest)


def _best_place(group: Candidates, used: Collection[Place]) -> Place | None:
    """Return the place whose division spares an event the most rules; values go before parts of text."""
    needed: dict[Place, list[frozenset[str]]] = {}
    for candidate in group:
        for place, texts in candidate.needs.items():
            needed.setdefault(place, []).append(texts)
    spared = {place: _spared(place, texts) for place, texts in needed.items() if place not in used}
    worthy = [place for place, rules in spared.items() if rules >= _worth(place)]
    return max(worthy, key=lambda place: (place.operator == VALUE, spared[place]), default=None)


def _spared(place: Place, needed: Sequence[frozenset[str]]) -> int:
    """Return how many rules an event is spared at least, supposed that it has a value."""
    if place.operator != VALUE or len(needed) < SPARES:
        return len(needed)
    return len(needed) - max(Counter(chain.from_iterable(needed)).values(), default=0)


def _worth(place: Place) -> int:
    return BODY_SPARES if operand_cost(place.field) else SPARES


def _table(place: Place, group: Candidates) -> Table:
    parts: dict[str, list[Candidate]] = {}
    for candidate in group:
        for text in candidate.needs[place]:
            parts.setdefault(text, []).append(candidate)
    lowest = group[0].number
    return Table(place.field, kind_of(place.field).is_list, {text: tuple(part) for text, part in parts.items()}, lowest)


def _any_part(place: Place, group: Candidates) -> ir.Condition:
    """Return the condition that the text has one of the parts that the group's rules need."""
    texts = sorted({text for candidate in group for text in candidate.needs[place]})
    return ir.Or(tuple(ir.Compare(place.field, place.operator, ir.Text(text)) for text in texts))


def _most_shared(group: Candidates) -> ir.Condition | None:
    """Return the condition that most rules of the group share; one that reads a body must serve many."""
    counts = Counter(condition for candidate in group for condition in set(conjuncts(candidate.condition)))
    worthy = [one for one, rules in counts.items() if rules >= (BODY_SPARES if cost(one) > 1 else SPARES)]
    return max(worthy, key=counts.__getitem__, default=None)
