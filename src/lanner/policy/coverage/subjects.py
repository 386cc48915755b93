"""What coverage is asked about: a rule has one condition, a correlation one for each kind of event that it looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lanner.audit.event import SOURCE
from lanner.rules import ir
from lanner.rules.bodies import fields_in
from lanner.rules.correlation.model import BOUND_KINDS, Correlation, Part
from lanner.rules.ruleset import Rule

_ANY = frozenset({*BOUND_KINDS, "first_seen"})
"""Correlations of which each kind of event counts by itself."""


class Subject(NamedTuple):
    """A rule or correlation: conditions by the alias of their events; `together` says that it takes all of them."""

    name: str
    conditions: tuple[tuple[str, ir.Condition], ...]
    together: bool = False


def subjects(rules: Sequence[Rule], correlations: Iterable[Correlation] = ()) -> Iterator[Subject]:
    """Yield the rules of audit events and the correlations that are enabled, in their order."""
    for rule in rules:
        if rule.enabled and rule.source == SOURCE:
            yield Subject(rule.name, (("", rule.condition),))
    named = {one.name: one for one in correlations}
    for one in named.values():
        if one.enabled:
            yield _of_correlation(one, named)


def _of_correlation(one: Correlation, named: Mapping[str, Correlation]) -> Subject:
    conditions: list[tuple[str, ir.Condition]] = []
    for part in one.parts:
        if isinstance(part, Part):
            conditions.append((part.alias, _of_part(part)))
            continue
        below = _of_correlation(named[part.name], named)
        if below.together:
            conditions.extend((f"{part.alias}: {alias}", condition) for alias, condition in below.conditions)
        else:  # any of its events will do
            conditions.append((part.alias, ir.Or(tuple(condition for _, condition in below.conditions))))
    return Subject(one.name, tuple(conditions), one.kind not in _ANY and one.expression is None)


def _of_part(part: Part) -> ir.Condition:
    """An event counts only where its key has all values, and the value that is looked at is there."""
    operands = [operand for operand in (*part.key, *part.values) if any(fields_in(operand))]
    return ir.And((part.condition, *map(ir.Exists, operands))) if operands else part.condition
