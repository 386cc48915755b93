"""Why a rule did not fire: the event that came closest, and the fewest parts of the condition that were in its way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from lanner.audit.event import Event
from lanner.rules import ir
from lanner.rules.evaluate import Evaluator, Value
from lanner.rules.outline import check_text, operand_text
from lanner.rules.testing.branches import Leaf
from lanner.rules.testing.differences import shorten
from lanner.rules.testing.events import Given

EVENTS_TRIED = 1_000
"""The first so many events of a test are looked at; a file may hold any number."""


class Reason(NamedTuple):
    """The closest event, and the parts that were in the way, each in words."""

    label: str
    parts: list[str]


class _Cost(NamedTuple):
    """The parts that would have to turn for a condition to be true, and for it to be false."""

    to_hold: tuple[tuple[Leaf, bool], ...]
    to_fail: tuple[tuple[Leaf, bool], ...]


def closest(condition: ir.Condition, events: Iterable[Given]) -> Reason | None:
    """Return why no event met a condition, by the one that lacked least; None without events."""
    found: tuple[tuple[tuple[Leaf, bool], ...], Given] | None = None
    evaluators: dict[Leaf, Evaluator] = {}
    for given in islice(events, EVENTS_TRIED):
        lacking = _cost(condition, given.event, evaluators).to_hold
        if found is None or len(lacking) < len(found[0]):
            found = lacking, given
    if found is None:
        return None
    parts = [_in_words(leaf, wanted, found[1].event) for leaf, wanted in found[0]]
    return Reason(found[1].label, parts)


def _cost(condition: ir.Condition, event: Event, evaluators: dict[Leaf, Evaluator]) -> _Cost:
    match condition:
        case ir.And(items):
            costs = [_cost(item, event, evaluators) for item in items]
            return _Cost(_all(cost.to_hold for cost in costs), _least(cost.to_fail for cost in costs))
        case ir.Or(items):
            costs = [_cost(item, event, evaluators) for item in items]
            return _Cost(_least(cost.to_hold for cost in costs), _all(cost.to_fail for cost in costs))
        case ir.Not(item):
            cost = _cost(item, event, evaluators)
            return _Cost(cost.to_fail, cost.to_hold)
        case ir.Compare() | ir.Exists():
            return _leaf_cost(condition, event, evaluators)
    raise ValueError("a macro was not resolved")


def _leaf_cost(leaf: Leaf, event: Event, evaluators: dict[Leaf, Evaluator]) -> _Cost:
    evaluator = evaluators.get(leaf)
    if evaluator is None:
        evaluator = evaluators[leaf] = Evaluator(leaf)
    holds = evaluator.holds(event)
    return _Cost(() if holds else ((leaf, True),), ((leaf, False),) if holds else ())


def _all(costs: Iterable[tuple[tuple[Leaf, bool], ...]]) -> tuple[tuple[Leaf, bool], ...]:
    # A part that stands in several places turns once.
    return tuple(dict.fromkeys(part for cost in costs for part in cost))


def _least(costs: Iterable[tuple[tuple[Leaf, bool], ...]]) -> tuple[tuple[Leaf, bool], ...]:
    return min(costs, key=len)


def _in_words(leaf: Leaf, wanted: bool, event: Event) -> str:
    operand = leaf.left if isinstance(leaf, ir.Compare) else leaf.operand
    value = Evaluator(leaf).value(operand, event)
    return f"{check_text(leaf, {})} is {str(not wanted).lower()}: {operand_text(operand)} is {_shown(value)}"


def _shown(value: Value) -> str:
    return "absent" if value is None else shorten(json.dumps(value, ensure_ascii=False))
