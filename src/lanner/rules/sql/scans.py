"""Many conditions in few passes over the rows: those that need values in the same plain column go together.

What they need stands before them in a form that engines push down to the statistics of files and row groups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp

from lanner.rules import ir
from lanner.rules.needs import VALUE, needs_of
from lanner.rules.sql.checks import among
from lanner.rules.sql.compile import Translation
from lanner.rules.sql.dialect import text
from lanner.rules.sql.reading import Columns, Expression, Reading, UnreadError, either, every

MOST_PASSES = 64
"""A condition that needs one of more values than this gets one pass for all of them."""

Anchors = Mapping[str, frozenset[str]]
"""By column the texts of which it must hold one."""


class Scan(NamedTuple):
    """One pass: what holds on every row that is looked for, and the anchors that are part of it."""

    condition: Expression
    anchors: Anchors


def anchors_of(condition: ir.Condition, columns: Columns) -> Anchors:
    """Return the plain columns that a condition needs one of some values in."""
    found: dict[str, frozenset[str]] = {}
    for place, texts in needs_of(condition).items():
        column = _plain_column(place.field, columns) if place.operator == VALUE else None
        if column is not None:
            found[column] = texts & found.get(column, texts)
    return found


def plan_scans(
    conditions: Sequence[ir.Condition], translations: Sequence[Translation], columns: Columns, order: Sequence[str]
) -> list[Scan]:
    """Divide conditions by the first column of `order` that each needs values in; those without one go together.

    The first of all is the column by which rows are sorted: each of its values has a pass of its own, which reads
    only where that value stands, and tries only the conditions that may need it.
    """
    groups: dict[tuple[str, str], list[_Wanted]] = defaultdict(list)
    for condition, translation in zip(conditions, translations, strict=True):
        anchors = anchors_of(condition, columns)
        column = next((name for name in order if name in anchors), "")
        values = sorted(anchors[column]) if column == order[0] else [""]
        for value in values if len(values) <= MOST_PASSES else [""]:
            narrow = {**anchors, column: frozenset([value])} if value else anchors
            groups[column, value].append(_Wanted(translation.condition, narrow))
    return [_scan(group, order) for group in groups.values()]


class _Wanted(NamedTuple):
    condition: Expression
    anchors: Anchors


def _scan(group: Sequence[_Wanted], order: Sequence[str]) -> Scan:
    shared: dict[str, frozenset[str]] = {}
    for name in order:
        needs = [wanted.anchors[name] for wanted in group if name in wanted.anchors]
        if len(needs) == len(group):
            shared[name] = frozenset().union(*needs)
    needed = [among(exp.column(name), [text(item) for item in sorted(texts)]) for name, texts in shared.items()]
    found = every([*needed, either([_folded(wanted.condition) for wanted in group])])
    return Scan(exp.Boolean(this=found) if isinstance(found, bool) else found, shared)


def _folded(condition: Expression) -> Expression | bool:
    return bool(condition.this) if isinstance(condition, exp.Boolean) else condition.copy()


def _plain_column(field: ir.Field, columns: Columns) -> str | None:
    try:
        reading = columns(field)
    except UnreadError:
        return None
    plain = isinstance(reading, Reading) and isinstance(reading.value, exp.Column)
    return reading.value.name if plain and isinstance(reading, Reading) else None
