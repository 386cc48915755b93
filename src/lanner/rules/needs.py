"""What an event must have for a condition to hold: one of some values in a field, or a text with one of some parts.

A need is necessary, not sufficient: where it is not met the condition is false, so that it need not be tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lanner.rules import ir
from lanner.rules.check import TEXT, kind_of, literals

VALUE = "="
MOST_TEXTS = 32
"""A need of more texts than this tells little and makes tables large."""

_EQUALITY = frozenset({"=", "==", "in", "intersects"})
_LIST_EQUALITY = frozenset({"intersects"})
_PARTS = frozenset({"startswith", "endswith", "contains", "regex"})


class Place(NamedTuple):
    """Where a need looks: a field, and how its value is compared (VALUE, or the operator of a part)."""

    name: str
    argument: str | None
    operator: str

    @property
    def field(self) -> ir.Field:
        return ir.Field(self.name, self.argument)


Needs = Mapping[Place, frozenset[str]]
"""By place the texts of which one must be there."""

_NOTHING: Needs = {}


def needs_of(condition: ir.Condition) -> Needs:
    """Return what a condition cannot hold without."""
    match condition:
        case ir.Compare(ir.Field(), _, ir.Text() | ir.Values()):
            return _needs_of_check(condition)
        case ir.And(items):
            return _together([needs_of(item) for item in items])
        case ir.Or(items):
            return _either([needs_of(item) for item in items])
    return _NOTHING


def _needs_of_check(check: ir.Compare) -> Needs:
    assert isinstance(check.left, ir.Field)
    kind = kind_of(check.left)
    texts = frozenset(literals(check.right))
    if kind.type != TEXT or len(texts) > MOST_TEXTS:
        return _NOTHING
    if check.operator in (_LIST_EQUALITY if kind.is_list else _EQUALITY):
        return {Place(check.left.name, check.left.argument, VALUE): texts}
    if check.operator in _PARTS and not kind.is_list:
        return {Place(check.left.name, check.left.argument, check.operator): texts}
    return _NOTHING


def _together(parts: list[Needs]) -> Needs:
    """All must be met: of two needs at one place the narrower is kept."""
    merged: dict[Place, frozenset[str]] = {}
    for part in parts:
        for place, texts in part.items():
            known = merged.get(place)
            if known is None or len(texts) < len(known):
                merged[place] = texts
    return merged


def _either(parts: list[Needs]) -> Needs:
    """One must be met: only a place that all name says something."""
    common = set(parts[0]).intersection(*parts[1:])
    united = {place: frozenset().union(*[part[place] for part in parts]) for place in common}
    return {place: texts for place, texts in united.items() if len(texts) <= MOST_TEXTS}


def conjuncts(condition: ir.Condition | bool) -> tuple[ir.Condition, ...]:
    """Return the conditions that must all hold for a condition to hold."""
    if isinstance(condition, bool):
        return ()
    return condition.items if isinstance(condition, ir.And) else (condition,)


def without(condition: ir.Condition | bool, met: ir.Condition) -> ir.Condition | bool:
    """Return what is left of a condition where one of its conjuncts is known to hold."""
    left = tuple(item for item in conjuncts(condition) if item != met)
    return left[0] if len(left) == 1 else ir.And(left) if left else True
