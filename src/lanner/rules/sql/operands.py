"""Operands of conditions as values in SQL: fields by their columns, and the transformers that SQL has words for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from lanner.rules import ir
from lanner.rules.check import kind_of
from lanner.rules.sql.checks import present
from lanner.rules.sql.dialect import Dialect, call, number, text
from lanner.rules.sql.reading import Columns, Constant, Expression, Reading, UnreadError


class Operands:
    """Reads operands from columns in one dialect."""

    def __init__(self, columns: Columns, dialect: Dialect) -> None:
        self._columns, self._dialect = columns, dialect
        self._functions: dict[str, Callable[[Expression], Expression]] = {
            "tolower": dialect.lower,
            "toupper": dialect.upper,
            "basename": dialect.basename,
        }

    def read(self, operand: ir.Operand) -> Reading | Constant:
        """Return an operand's value; raises UnreadError."""
        match operand:
            case ir.Field():
                return self._columns(operand)
            case ir.Text(literal):
                return Constant(literal)
            case ir.Values():
                raise UnreadError("a list of fields")
            case ir.Call("val", (inner,)):
                return self.read(inner)
            case ir.Call("concat", parts):
                return self._joined(parts)
            case ir.Call(function, (inner,)):
                return self._changed(function, inner)
            case ir.Call(function):
                raise UnreadError(f"{function}()")

    def value(self, operand: ir.Operand) -> Reading:
        """Return an operand's value, a constant one as a literal; raises UnreadError."""
        reading = self.read(operand)
        return _literal(reading) if isinstance(reading, Constant) else reading

    def _changed(self, function: str, inner: ir.Operand) -> Reading:
        reading = self.value(inner)
        if function == "len":
            return self._length(reading, is_list=kind_of(inner).is_list)
        change = self._functions.get(function)
        if change is None or kind_of(inner).is_list:
            raise UnreadError(f"{function}()", _sure(reading))
        return _like(reading, change(reading.value.copy()))

    def _length(self, reading: Reading, *, is_list: bool) -> Reading:
        if is_list:
            return _like(reading, exp.ArraySize(this=reading.value.copy()))
        counted = _like(reading, self._dialect.length(reading.value.copy()))
        return _with_doubts(counted, (self._has_nul(reading.value),))

    def _joined(self, parts: Sequence[ir.Operand]) -> Reading:
        readings = [self.value(part) for part in parts]
        joined = readings[0].value.copy()
        for reading in readings[1:]:
            joined = exp.DPipe(this=joined, expression=reading.value.copy())
        doubts = [doubt for reading in readings for doubt in _all_doubts(reading)]
        nuls = [self._has_nul(reading.value) for reading in readings if not isinstance(reading.value, exp.Literal)]
        partly = next((reading.partly for reading in readings if reading.partly), "")
        return Reading(value=exp.Paren(this=joined), doubts=(*doubts, *nuls), partly=partly)

    def _has_nul(self, value: Expression) -> Expression:
        """Falco's functions read a text up to its first NUL."""
        return self._dialect.contains(value.copy(), call("CHR", number(0)))


def _literal(constant: Constant) -> Reading:
    if constant.value is None:
        return Reading(value=exp.Null())
    return Reading(value=number(constant.value) if isinstance(constant.value, int) else text(constant.value))


def _all_doubts(reading: Reading) -> tuple[Expression, ...]:
    return reading.doubts if reading.form is None else (*reading.doubts, reading.form)


def _like(reading: Reading, value: Expression) -> Reading:
    """Return a value that is made of another: what is doubted of the one is doubted of the other."""
    return Reading(value=value, doubts=_all_doubts(reading), partly=reading.partly)


def _with_doubts(reading: Reading, more: tuple[Expression, ...]) -> Reading:
    return Reading(value=reading.value, doubts=(*reading.doubts, *more), partly=reading.partly)


def _sure(reading: Reading) -> Expression:
    """Say what is sure where something is said of a value that is made of this one: that it is there."""
    there = reading.exists if isinstance(reading.exists, exp.Expression) else present(reading.value.copy())
    return exp.or_(there, *_all_doubts(reading))
