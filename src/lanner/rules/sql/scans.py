"""Many conditions in few passes over the rows: those that need values in the same plain column go together.

What they need stands before them in a form that engines push down to the statistics of files and row groups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp

from lanner.rules import ir
from lanner.rules.needs import VALUE, conjuncts, needs_of, without
from lanner.rules.sql.checks import among
from lanner.rules.sql.compile import Translation
from lanner.rules.sql.dialect import text
from lanner.rules.sql.reading import Columns, Constant, Expression, Reading, UnreadError, either, every

MOST_PASSES = 64
"""A condition that needs one of more values than this gets one pass for all of them."""

FEW_VALUES = 4
"""So many values of a column by which rows are not sorted have a pass each: engines test one value on a dictionary."""

MOST_PIECES = 8

Anchors = Mapping[str, frozenset[str]]
"""By column the texts of which it must hold one."""


class Scan(NamedTuple):
    """One pass: what holds on every row that is looked for, the anchors that are part of it, and columns not null."""

    condition: Expression
    anchors: Anchors
    present: frozenset[str] = frozenset()


def anchors_of(condition: ir.Condition, columns: Columns) -> Anchors:
    """Return the plain columns that a condition needs one of some values in."""
    found: dict[str, frozenset[str]] = {}
    for place, texts in needs_of(condition).items():
        column = _plain_column(place.field, columns) if place.operator == VALUE else None
        if column is not None:
            found[column] = texts & found.get(column, texts)
    return found


def present_in(condition: ir.Condition, columns: Columns) -> frozenset[str]:
    """Return columns that are not null wherever a condition holds."""
    match condition:
        case ir.And(items):
            return frozenset().union(*(present_in(item, columns) for item in items))
        case ir.Or(items):
            return frozenset.intersection(*(present_in(item, columns) for item in items))
        case ir.Compare(ir.Field() as field) | ir.Exists(ir.Field() as field):
            column = _column(field, columns)
            return frozenset() if column is None else frozenset([column])
    return frozenset()


def divide(condition: ir.Condition, is_narrow: Callable[[ir.Condition], bool]) -> list[ir.Condition]:
    """Return conditions of which one holds where the condition does: narrow ones if it is made of few, else itself."""
    pieces = _narrow_pieces(condition, is_narrow, MOST_PIECES)
    return [condition] if pieces is None else pieces


def _narrow_pieces(
    condition: ir.Condition, is_narrow: Callable[[ir.Condition], bool], most: int
) -> list[ir.Condition] | None:
    if is_narrow(condition):
        return [condition]
    parts = conjuncts(condition)
    for part in parts:
        if isinstance(part, ir.Or) and len(part.items) <= most:
            rest = without(condition, part)
            each = [
                item if isinstance(rest, bool) else ir.And((*conjuncts(rest), *conjuncts(item))) for item in part.items
            ]
            found = [_narrow_pieces(one, is_narrow, most // len(each)) for one in each]
            if None not in found:
                return [piece for pieces in found for piece in pieces or ()]
    return None


def plan_scans(
    conditions: Sequence[ir.Condition],
    translations: Sequence[Translation],
    columns: Columns,
    order: Sequence[str],
    sparse: Sequence[str] = (),
) -> list[Scan]:
    """Divide conditions by the first column of `order` that each needs values in, else of `sparse` that is not null.

    The first of all is the column by which rows are sorted: each of its values has a pass of its own, which reads
    only where that value stands, and tries only the conditions that may need it. What needs nothing goes together.
    """
    needs = [anchors_of(condition, columns) for condition in conditions]
    split = _split_columns(needs, order)
    groups: dict[tuple[str, str], list[_Wanted]] = defaultdict(list)
    for condition, translation, anchors in zip(conditions, translations, needs, strict=True):
        present = present_in(condition, columns).intersection(sparse)
        column = _first(order[:-1], anchors) or _first(sparse, present) or _first(order, anchors)
        values = sorted(anchors[column]) if column in split and column in anchors else [""]
        for value in values if len(values) <= MOST_PASSES else [""]:
            narrow = {**anchors, column: frozenset([value])} if value else anchors
            groups[column, value].append(_Wanted(translation.condition, narrow, present))
    return [_scan(group, order) for group in groups.values()]


def _first(names: Sequence[str], found: Container[str]) -> str:
    return next((name for name in names if name in found), "")


def _split_columns(needs: Iterable[Anchors], order: Sequence[str]) -> set[str]:
    """Return the columns whose values have a pass each: the first, and others but the last where they are few."""
    values: dict[str, set[str]] = defaultdict(set)
    for anchors in needs:
        column = _first(order, anchors)
        values[column] |= anchors.get(column, frozenset())
    few = {name for name in order[:-1] if len(values[name]) <= FEW_VALUES}
    return {order[0], *few}


class _Wanted(NamedTuple):
    condition: Expression
    anchors: Anchors
    present: frozenset[str]


def _scan(group: Sequence[_Wanted], order: Sequence[str]) -> Scan:
    shared: dict[str, frozenset[str]] = {}
    for name in order:
        needs = [wanted.anchors[name] for wanted in group if name in wanted.anchors]
        if len(needs) == len(group):
            shared[name] = frozenset().union(*needs)
    needed = [among(exp.column(name), [text(item) for item in sorted(texts)]) for name, texts in shared.items()]
    present = frozenset.intersection(*(wanted.present for wanted in group))
    needed += [exp.column(name).is_(exp.null()).not_() for name in sorted(present)]
    found = every([*needed, either([_folded(wanted.condition) for wanted in group])])
    return Scan(exp.Boolean(this=found) if isinstance(found, bool) else found, shared, present)


def _folded(condition: Expression) -> Expression | bool:
    return bool(condition.this) if isinstance(condition, exp.Boolean) else condition.copy()


def _plain_column(field: ir.Field, columns: Columns) -> str | None:
    try:
        return _name(columns(field))
    except UnreadError:
        return None


def _name(reading: Reading | Constant) -> str | None:
    plain = isinstance(reading, Reading) and isinstance(reading.value, exp.Column)
    return reading.value.name if plain and isinstance(reading, Reading) else None


def _column(field: ir.Field, columns: Columns) -> str | None:
    """Return the column that a field is, or that is not null wherever the field is there."""
    try:
        return _name(columns(field))
    except UnreadError as error:
        return _not_null(error.possible)


def _not_null(possible: Expression | None) -> str | None:
    match possible:
        case exp.Not(this=exp.Is(this=exp.Column() as column)):
            return column.name
    return None
