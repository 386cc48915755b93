"""Compiles a rule set's conditions into one matcher (IR to Python).

The index names the rules that can match an event's class. Their conditions are folded under what the class tells, and
what is left is one group for all classes that leave the same; functions.py tries it.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Sequence
from typing import Any, NamedTuple

from lanner.audit.event import Event
from lanner.rules import ir
from lanner.rules.check import check_condition
from lanner.rules.functions import Function, Maker, Trial
from lanner.rules.index import DIMENSIONS, Atom, Class, Index, dimensions_in, simplify
from lanner.rules.needs import needs_of
from lanner.rules.plan import Candidate

KEYS_KEPT = 4_096
CLASSES_KEPT = 16_384
FOLDS_KEPT = 131_072
WEIGHT_KEPT = 131_072
"""Bounds of what a matcher remembers; beyond one it forgets that and learns anew."""

_Key = tuple[str | None, str | None, str | None, str | None]
_Class = tuple[Atom, Atom, Atom, Atom]


class Remainder(NamedTuple):
    """What is left of a condition for a class of events; equal remainders of a condition have one identity."""

    number: int
    condition: ir.Condition | bool
    identity: int


class Matcher:
    """Tells which conditions an event meets; a condition's number is its place in the sequence compiled."""

    def __init__(self, conditions: Sequence[ir.Condition]) -> None:
        self._groups = _Groups(conditions)
        self._groups.prepare()
        self._all = _Functions(self._groups, first=False)
        self._first = _Functions(self._groups, first=True)

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
        return self._groups.of(self._groups.class_of(_key_of(event)))


def compile_conditions(conditions: Sequence[ir.Condition]) -> Matcher:
    """Compile conditions without macros; raise ConditionError on one that the check refuses."""
    for condition in conditions:
        check_condition(condition)
    return Matcher(conditions)


def _key_of(event: Event) -> _Key:
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
        self._remainders: dict[int, list[Remainder]] = {}
        self._candidates: dict[int, Candidate] = {}
        self._next_identity = itertools.count()

    def prepare(self) -> None:
        """Do before the first event what every class asks for: the rules that name no verb and no resource."""
        for stage in self._index.classes("ka.stage"):
            for subresource in (Class.OTHER, None):
                for remainder in self.of((stage, Class.OTHER, Class.OTHER, subresource)):
                    self.candidate(remainder)

    def class_of(self, key: _Key) -> _Class:
        """Return the class of an event's values: all that no rule names are one."""
        stage, verb, resource, subresource = map(self._index.classify, DIMENSIONS, key)
        return stage, verb, resource, subresource

    def of(self, classes: _Class) -> tuple[Remainder, ...]:
        known = dict(zip(DIMENSIONS, classes, strict=True))
        remainders = (self._fold(number, known) for number in self._index.candidates(known))
        return tuple(remainder for remainder in remainders if remainder.condition is not False)

    def candidate(self, remainder: Remainder) -> Candidate:
        """Return a remainder as what a group is made of."""
        number, condition, identity = remainder
        found = self._candidates.get(identity)
        if found is None:
            needs = {} if isinstance(condition, bool) else needs_of(condition)
            found = self._candidates[identity] = Candidate(number, condition, needs)
        return found

    def _fold(self, number: int, known: dict[str, Atom]) -> Remainder:
        key = (number, tuple([known[name] for name in self._dimensions[number]]))
        found = self._folded.get(key)
        if found is None:
            if len(self._folded) >= FOLDS_KEPT:
                for kept in (self._folded, self._remainders, self._candidates):
                    kept.clear()
            found = self._folded[key] = self._remainder(number, simplify(self._conditions[number], known))
        return found

    def _remainder(self, number: int, condition: ir.Condition | bool) -> Remainder:
        # Few remainders of one condition are met, and comparing them is quicker than hashing them.
        met = self._remainders.setdefault(number, [])
        for remainder in met:
            if remainder.condition == condition:
                return remainder
        met.append(Remainder(number, condition, next(self._next_identity)))
        return met[-1]


class _Functions:
    """What tries the rules on an event: by its values, by their class, and by what the class leaves to try.

    Values that no rule names reach only the first of these, which is small: they come from outside.
    """

    def __init__(self, groups: _Groups, *, first: bool) -> None:
        self._groups = groups
        self._maker = Maker(first=first, limit=WEIGHT_KEPT, forget=self._forget)
        self._by_key: dict[_Key, Function] = {}
        self._by_class: dict[_Class, bytes] = {}
        self._by_group: dict[Any, Function] = {}

    def of(self, event: Event) -> Function:
        key = _key_of(event)
        return self._by_key.get(key) or self._learn(key)

    def _learn(self, key: _Key) -> Function:
        classes = self._groups.class_of(key)
        group = self._by_class.get(classes)
        function = None if group is None else self._by_group.get(group)
        if function is None:
            function = self._begin(classes)
        if not isinstance(function, Trial):
            if len(self._by_key) >= KEYS_KEPT:
                self._by_key.clear()
            self._by_key[key] = function
        return function

    def _begin(self, classes: _Class) -> Function:
        remainders = self._groups.of(classes)
        group = array("q", [remainder.identity for remainder in remainders]).tobytes()
        if len(self._by_class) >= CLASSES_KEPT:
            self._by_class.clear()
        self._by_class[classes] = group
        known = self._by_group.get(group)
        if known is not None:
            return known
        return self._maker.begin(tuple(map(self._groups.candidate, remainders)), self._by_group, group)

    def _forget(self) -> None:
        for kept in (self._by_key, self._by_class, self._by_group):
            kept.clear()
