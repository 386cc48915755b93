"""What coverage is asked about: a rule has one condition, a correlation one for each kind of event that it looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lanner.rules import ir
from lanner.rules.bodies import fields_in
from lanner.rules.correlation.model import Correlation, Part
from lanner.rules.ruleset import Rule

SOURCE = "k8s_audit"
_ANY = frozenset({"event_count", "value_count", "value_sum", "value_avg", "value_percentile", "first_seen", "rare"})
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
    for one in correlations:
        if one.enabled:
            conditions = tuple((part.alias, _of_part(part)) for part in one.parts)
            yield Subject(one.name, conditions, one.kind not in _ANY and one.expression is None)


def _of_part(part: Part) -> ir.Condition:
    """An event counts only where its key has all values, and the value that is looked at is there."""
    operands = [operand for operand in (*part.key, part.value) if operand is not None and any(fields_in(operand))]
    return ir.And((part.condition, *map(ir.Exists, operands))) if operands else part.condition
