"""Which parts of one rule's condition events put to the test.

A part (a comparison or an `exists`) decides on an event when the rule's answer would be the other one if that part
alone said the opposite. It is tested when it has decided on an event that fires the rule and on one that does not:
a lenient reading of MC/DC (modified condition/decision coverage), where no pair of such events is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from lanner.audit.event import Event
from lanner.rules import ir
from lanner.rules.evaluate import Evaluator


class Marks(NamedTuple):
    """Parts, as bits by their number, that decided on events that fire and on events that do not."""

    fires: int = 0
    silent: int = 0

    def __or__(self, other: object) -> Marks:
        assert isinstance(other, Marks)
        return Marks(self.fires | other.fires, self.silent | other.silent)


class Branches:
    """A condition taken apart; parts are numbered in written order."""

    def __init__(self, condition: ir.Condition) -> None:
        self.leaves = list(ir.checks_in(condition))
        self._condition = condition
        self._tests = _tests(self.leaves)

    def observe(self, event: Event) -> Marks:
        """Return the parts that decide on an event."""
        holds, deciding = _Walk(self._tests, event).walk(self._condition)
        return Marks(fires=deciding) if holds else Marks(silent=deciding)


def shape_of(condition: ir.Condition) -> tuple[object, ...]:
    """Return what two conditions share that differ only in the values they compare with, as by a list."""
    match condition:
        case ir.And(items) | ir.Or(items):
            return (type(condition), *map(shape_of, items))
        case ir.Not(item):
            return (ir.Not, shape_of(item))
        case ir.Compare(left, operator, _):
            return (left, operator)
    return (condition,)


def _tests(leaves: list[ir.Check]) -> list[tuple[int, Callable[[Event], bool]]]:
    """Return each part's test; equal parts share one, known by the number of the first."""
    first: dict[ir.Check, tuple[int, Callable[[Event], bool]]] = {}
    for number, leaf in enumerate(leaves):
        if leaf not in first:
            first[leaf] = (number, Evaluator(leaf).holds)
    return [first[leaf] for leaf in leaves]


class _Walk:
    """One evaluation of all parts on one event, from the leaves up."""

    def __init__(self, tests: list[tuple[int, Callable[[Event], bool]]], event: Event) -> None:
        self._tests, self._event = tests, event
        self._number = 0
        self._known: dict[int, bool] = {}

    def walk(self, condition: ir.Condition) -> tuple[bool, int]:
        """Return a condition's value and the parts that decide it."""
        match condition:
            case ir.And(items):
                return self._join(items, neutral=True)
            case ir.Or(items):
                return self._join(items, neutral=False)
            case ir.Not(item):
                holds, deciding = self.walk(item)
                return not holds, deciding
        return self._leaf()

    def _leaf(self) -> tuple[bool, int]:
        number = self._number
        self._number += 1
        known, test = self._tests[number]
        if known not in self._known:
            self._known[known] = test(self._event)
        return self._known[known], 1 << number

    def _join(self, items: tuple[ir.Condition, ...], *, neutral: bool) -> tuple[bool, int]:
        """Join by `and` (neutral True) or `or`: one other item decides alone, two or more hide each other."""
        found = [self.walk(item) for item in items]
        others = [deciding for holds, deciding in found if holds is not neutral]
        if not others:
            return neutral, _union(deciding for _holds, deciding in found)
        return not neutral, others[0] if len(others) == 1 else 0


def _union(masks: Iterator[int]) -> int:
    joined = 0
    for mask in masks:
        joined |= mask
    return joined
