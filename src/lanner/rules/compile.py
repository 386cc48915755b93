"""Compiles a rule set's conditions into one matcher (IR to Python)."""

from __future__ import annotations

from collections.abc import Sequence

from lanner.audit.event import Event
from lanner.rules import ir
from lanner.rules.check import check_condition
from lanner.rules.evaluate import Evaluator


class Matcher:
    """Tells which conditions an event meets; a condition's number is its place in the sequence compiled."""

    def __init__(self, conditions: Sequence[ir.Condition]) -> None:
        self._evaluators = [Evaluator(condition) for condition in conditions]

    def match(self, event: Event) -> list[int]:
        """Return the numbers of all conditions that hold, ascending."""
        return [number for number, evaluator in enumerate(self._evaluators) if evaluator.holds(event)]

    def first(self, event: Event) -> int | None:
        """Return the lowest number of a condition that holds, or None."""
        return next((number for number, evaluator in enumerate(self._evaluators) if evaluator.holds(event)), None)


def compile_conditions(conditions: Sequence[ir.Condition]) -> Matcher:
    """Compile conditions without macros; raise ConditionError on one that the check refuses."""
    for condition in conditions:
        check_condition(condition)
    return Matcher(conditions)
