"""Compiles a rule set's conditions into one matcher (IR to Python).

The index names the rules that can match an event's class. Their conditions are folded under what the class tells and
written as one Python function, when the class is first met; classes that leave the same conditions share it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from lanner.audit.event import Event
from lanner.rules import ir
from lanner.rules.check import check_condition
from lanner.rules.codegen import Numbered, generate_all, generate_first
from lanner.rules.index import DIMENSIONS, Atom, Index, Known, dimensions_in, simplify

CLASSES_KEPT = 65_536
FOLDS_KEPT = 500_000
FUNCTIONS_KEPT = 2_048
"""Bounds of what a matcher remembers; beyond them it forgets all and learns anew."""

_Key = tuple[str | None, str | None, str | None, str | None]


class Remainder(NamedTuple):
    """What is left of a condition for a class of events; equal remainders of a matcher have one identity."""

    number: int
    condition: ir.Condition | bool
    identity: int


class Matcher:
    """Tells which conditions an event meets; a condition's number is its place in the sequence compiled."""

    def __init__(self, conditions: Sequence[ir.Condition]) -> None:
        self._groups = _Groups(conditions)
        self._all = _Functions(self._groups, generate_all)
        self._first = _Functions(self._groups, generate_first)

    def match(self, event: Event) -> list[int]:
        """Return the numbers of all conditions that hold, ascending."""
        found: list[int] = self._all.of(event)(event)
        return found

    def first(self, event: Event) -> int | None:
        """Return the lowest number of a condition that holds, or None."""
        found: int | None = self._first.of(event)(event)
        return found

    def candidates(self, event: Event) -> tuple[Remainder, ...]:
        """Return what the index leaves to try on events of this one's class; slow, made for profiling."""
        return self._groups.of(_class_of(event))


def compile_conditions(conditions: Sequence[ir.Condition]) -> Matcher:
    """Compile conditions without macros; raise ConditionError on one that the check refuses."""
    for condition in conditions:
        check_condition(condition)
    return Matcher(conditions)


def _class_of(event: Event) -> _Key:
    ref = event.head.object_ref
    stage, verb = event.head.stage, event.head.verb
    return (stage, verb, None, None) if ref is None else (stage, verb, ref.resource, ref.subresource)


class _Groups:
    """The conditions that are left to try on the events of a class.

    What a condition folds to is kept by the classes of only those dimensions that it looks at, and equal
    remainders get one identity, so that a new class costs little even among thousands of rules.
    """

    def __init__(self, conditions: Sequence[ir.Condition]) -> None:
        self._conditions = conditions
        self._index = Index(conditions)
        self._dimensions = [dimensions_in(condition) for condition in conditions]
        self._folded: dict[tuple[int, tuple[Atom, ...]], Remainder] = {}
        self._identities: dict[ir.Condition | bool, int] = {}
        self._next_identity = itertools.count()

    def of(self, key: _Key) -> tuple[Remainder, ...]:
        index = self._index
        known = {name: index.classify(name, value) for name, value in zip(DIMENSIONS, key, strict=True)}
        remainders = (self._fold(number, known) for number in index.candidates(known))
        return tuple(remainder for remainder in remainders if remainder.condition is not False)

    def _fold(self, number: int, known: Known) -> Remainder:
        key = (number, tuple([known[name] for name in self._dimensions[number]]))
        found = self._folded.get(key)
        if found is None:
            if len(self._folded) >= FOLDS_KEPT:
                self._folded.clear()
                self._identities.clear()
            condition = simplify(self._conditions[number], known)
            identity = self._identities.get(condition)
            if identity is None:
                identity = self._identities[condition] = next(self._next_identity)
            found = self._folded[key] = Remainder(number, condition, identity)
        return found


class _Functions:
    """Generated functions by an event's stage, verb, resource and subresource."""

    def __init__(self, groups: _Groups, generate: Callable[[Sequence[Numbered]], Callable[[Event], Any]]) -> None:
        self._groups, self._generate = groups, generate
        self._by_key: dict[_Key, Callable[[Event], Any]] = {}
        self._by_group: dict[tuple[tuple[int, int], ...], Callable[[Event], Any]] = {}

    def of(self, event: Event) -> Callable[[Event], Any]:
        head = event.head
        ref = head.object_ref
        key = (
            (head.stage, head.verb, None, None)
            if ref is None
            else (head.stage, head.verb, ref.resource, ref.subresource)
        )
        return self._by_key.get(key) or self._learn(key)

    def _learn(self, key: _Key) -> Callable[[Event], Any]:
        remainders = self._groups.of(key)
        group = tuple([(remainder.number, remainder.identity) for remainder in remainders])
        function = self._by_group.get(group)
        if function is None:
            if len(self._by_group) >= FUNCTIONS_KEPT:
                self._by_group.clear()
            function = self._by_group[group] = self._generate(
                [(number, condition) for number, condition, _ in remainders]
            )
        if len(self._by_key) >= CLASSES_KEPT:
            self._by_key.clear()
        self._by_key[key] = function
        return function
