"""From a condition to SQL that holds on every row on which the condition holds, and where it can on no other.

Negations go down to the checks, for a check on an absent value is false and only `not` around it makes it true: what
is NULL in SQL then never stands below a NOT. A check that SQL cannot say is weakened to what is sure, or to TRUE.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlglot import exp

from lanner.rules import ir
from lanner.rules.check import Kind, is_numeric, kind_of, literals
from lanner.rules.evaluate import literal_test
from lanner.rules.outline import operand_text
from lanner.rules.sql import checks
from lanner.rules.sql.dialect import Dialect, text
from lanner.rules.sql.operands import Operands
from lanner.rules.sql.reading import Columns, Constant, Expression, Reading, UnreadError, either, every


class Translation(NamedTuple):
    """A condition in SQL; `refused` names what it does not say, so that it may hold on more rows than the condition."""

    condition: Expression
    refused: tuple[str, ...]

    @property
    def exact(self) -> bool:
        return not self.refused


class _Check(NamedTuple):
    """A check in SQL, the rows on which it may be wrong, and the name of what makes them many."""

    test: Expression | bool
    doubts: tuple[Expression, ...] = ()
    refused: str = ""


class Translator:
    """Translates checked conditions; with `doubts` also rows are found on which a column may not tell the truth."""

    def __init__(self, columns: Columns, dialect: Dialect, *, doubts: bool) -> None:
        self._dialect, self._doubts = dialect, doubts
        self._operands = Operands(columns, dialect)

    def translate(self, condition: ir.Condition) -> Translation:
        """Return the SQL of a condition; raises nothing that depends on what the condition says."""
        refused: dict[str, None] = {}
        try:
            found = self._holds(condition, refused, positive=True)
        except RecursionError:
            return Translation(exp.true(), ("a condition that is nested too deep",))
        return Translation(_boolean(found), tuple(refused))

    def _holds(self, condition: ir.Condition, refused: dict[str, None], *, positive: bool) -> Expression | bool:
        match condition:
            case ir.Not(item):
                return self._holds(item, refused, positive=not positive)
            case ir.And(items) | ir.Or(items):
                parts = [self._holds(item, refused, positive=positive) for item in items]
                return every(parts) if isinstance(condition, ir.And) is positive else either(parts)
            case ir.Exists() | ir.Compare():
                return self._checked(condition, refused, positive=positive)
            case ir.Macro(name):
                raise ValueError(f"macro {name} was not resolved")

    def _checked(
        self, condition: ir.Exists | ir.Compare, refused: dict[str, None], *, positive: bool
    ) -> Expression | bool:
        try:
            check = self._exists(condition.operand) if isinstance(condition, ir.Exists) else self._compare(condition)
        except UnreadError as error:
            refused[_named(condition, error.reason)] = None
            return self._possible(condition, error) if positive else True
        if check.refused:
            refused[_named(condition, check.refused)] = None
        doubts = check.doubts if self._doubts or check.refused else ()
        return either([_signed(check.test, positive=positive), *[doubt.copy() for doubt in doubts]])

    def _exists(self, operand: ir.Operand) -> _Check:
        reading = self._operands.read(operand)
        if isinstance(reading, Constant):
            return _Check(reading.value is not None)
        if reading.text_only:
            raise UnreadError(reading.text_only)
        return _Check(reading.exists or checks.present(reading.value), reading.doubts, reading.partly)

    def _compare(self, compare: ir.Compare) -> _Check:
        left, kind = self._operands.read(compare.left), kind_of(compare.left)
        if isinstance(compare.right, ir.Field | ir.Call):
            return self._with_field(compare, kind)
        if isinstance(left, Constant):
            return _Check(left.value is not None and literal_test(compare)(left.value))
        texts = literals(compare.right)
        if is_numeric(kind.type):
            test = checks.number_check(compare.operator, left.value, texts, kind.type)
            return _Check(test, left.doubts, left.partly)
        if kind.is_list:
            values = left.lax if left.lax is not None and compare.operator == "intersects" else left.value
            return _Check(checks.list_check(self._dialect, compare.operator, values, texts), left.doubts)
        return self._with_literals(compare, left, texts)

    def _with_literals(self, compare: ir.Compare, left: Reading, texts: Sequence[str]) -> _Check:
        operator, doubts = compare.operator, left.doubts
        if checks.reads_bytes(operator, texts):
            doubts = (*doubts, checks.beyond_ascii(left.value))
        if left.number is not None and operator in checks.ALIKE:
            return _Check(checks.whole_check(operator, left.number, texts), doubts)
        if left.form is None:
            return _Check(checks.text_check(self._dialect, operator, left.value, texts), doubts, left.partly)
        null_fits = literal_test(compare)("null")
        if null_fits and left.text_only:
            raise UnreadError(left.text_only)
        value = left.value if null_fits or left.lax is None else left.lax
        test = checks.text_check(self._dialect, operator, value, texts)
        if checks.form_matters(operator, texts):
            return _Check(test, (*doubts, left.form), "the text of a number, list or object")
        return _Check(test, doubts)

    def _with_field(self, compare: ir.Compare, kind: Kind) -> _Check:
        assert isinstance(compare.right, ir.Field | ir.Call)
        left, right = self._operands.value(compare.left), self._operands.value(compare.right)
        if kind.is_list:
            raise UnreadError("two lists", checks.present(left.value))
        doubts = (*left.doubts, *right.doubts, *[one.form for one in (left, right) if one.form is not None])
        operator, partly = compare.operator, left.partly or right.partly
        if is_numeric(kind.type):
            return _Check(checks.numbers_check(operator, left.value, right.value), doubts, partly)
        if operator in checks.MEMBERSHIP and kind_of(compare.right).terminated:
            return _Check(False, doubts)
        other = self._dialect.lower(right.value) if operator == "icontains" else right.value
        return _Check(checks.texts_check(self._dialect, operator, left.value, other), doubts, partly)

    def _possible(self, condition: ir.Exists | ir.Compare, error: UnreadError) -> Expression | bool:
        """Return what holds at least where a check does that SQL cannot say."""
        hint, sure = error.hint, error.possible
        if hint is None or sure is None:
            return True if sure is None else sure
        texts = checks.texts_needed(condition)
        if texts and hint.verbatim:
            parts = [self._dialect.contains(hint.column.copy(), text(part)) for part in texts]
            sure = exp.and_(sure, exp.or_(*parts))
        return exp.or_(sure, hint.unless)


def _boolean(found: Expression | bool) -> Expression:
    return exp.Boolean(this=found) if isinstance(found, bool) else found


def _signed(test: Expression | bool, *, positive: bool) -> Expression | bool:
    """Return a check or its opposite, which holds where the check is NULL."""
    if isinstance(test, bool) or positive:
        return test is positive if isinstance(test, bool) else test
    match test:
        case exp.Not(this=exp.Is() as absent):
            return absent
        case exp.EQ(this=exp.Column() as column, expression=exp.Literal() as literal):
            return exp.NullSafeNEQ(this=column, expression=literal)
        case exp.In(this=exp.Column() as column):
            return exp.or_(exp.Is(this=column.copy(), expression=exp.Null()), exp.Not(this=test))
    return exp.Not(this=exp.Coalesce(this=test, expressions=[exp.false()]))


def _named(condition: ir.Exists | ir.Compare, reason: str) -> str:
    operand = condition.operand if isinstance(condition, ir.Exists) else condition.left
    return f"{operand_text(operand)}: {reason}"
