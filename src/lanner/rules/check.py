"""The type check of a condition against the table of fields, with Falco's words (libsinsp's filter compiler).

Transformers that Falco knows by name but lanner cannot evaluate are refused as Falco refuses unknown ones.
"""

from __future__ import annotations

from typing import NamedTuple

from lanner.audit.fields import FIELDS, FieldError, lookup
from lanner.rules import ir
from lanner.rules.ir import ConditionError
from lanner.rules.patterns import regex_matcher
from lanner.rules.text import parse_number

TEXT, NUMBER = "CHARBUF", "UINT64"

_ANY_LIST = frozenset({"in", "intersects"})
_NUMERIC = _ANY_LIST | {"=", "!=", "<", "<=", ">", ">="}
_TEXTUAL = _NUMERIC | {"contains", "icontains", "startswith", "endswith", "glob", "iglob", "pmatch", "regex"}
_SCALAR_FUNCTIONS = frozenset({"tolower", "toupper", "b64", "basename"})


class Kind(NamedTuple):
    """What an operand gives: its type in Falco's spelling, whether it is a list, and the name Falco blames."""

    type: str
    is_list: bool
    name: str


def check_condition(condition: ir.Condition) -> None:
    """Raise ConditionError at the first check that Falco would refuse, or at an unresolved macro."""
    _check(condition, 0)


def _check(condition: ir.Condition, depth: int) -> None:
    if depth > ir.DEPTH:
        raise ConditionError(f"condition is nested deeper than {ir.DEPTH} levels: split it into macros or rules")
    match condition:
        case ir.And(items) | ir.Or(items):
            for item in items:
                _check(item, depth + 1)
        case ir.Not(item):
            _check(item, depth + 1)
        case ir.Exists(operand, offset):
            kind_of(operand, offset)
        case ir.Compare():
            _check_compare(condition)
        case ir.Macro(name, offset):
            raise ConditionError(f"Undefined macro '{name}' used in filter.", offset, "LOAD_ERR_VALIDATE")


def is_numeric(type_name: str) -> bool:
    """Say whether values of the type compare as numbers."""
    return type_name != TEXT


def kind_of(operand: ir.Operand, offset: int = 0) -> Kind:
    """Return what an operand gives; raise ConditionError on what no event could give."""
    match operand:
        case ir.Field():
            return _field_kind(operand)
        case ir.Call():
            return _call_kind(operand)
        case ir.Text() | ir.Values():
            return Kind(TEXT, isinstance(operand, ir.Values), "")
    raise ConditionError("filter error: missing field in left-hand of binary check", offset)


def _field_kind(field: ir.Field) -> Kind:
    try:
        lookup(field.name, field.argument)
    except FieldError as error:
        raise ConditionError(str(error), field.offset) from None
    info = FIELDS[field.name]
    return Kind(falco_type(info.type), info.is_list, field.name)


def falco_type(name: str) -> str:
    """Return libsinsp's name of a field's type."""
    return {"string": TEXT, "charbuf": TEXT}.get(name.lower(), name.upper())


def _call_kind(call: ir.Call) -> Kind:
    if call.function != "val" and call.function not in ir.FUNCTIONS:
        raise ConditionError(f"unknown field transfomer '{call.function}'", call.offset)
    kinds = [_argument_kind(argument, call.offset) for argument in call.arguments]
    first = kinds[0]
    if call.function == "join":
        _expect(len(kinds) == 2 and isinstance(call.arguments[0], ir.Text), call, "a separator and a list")
        return Kind(TEXT, False, "join")
    if call.function == "concat":
        _expect(len(kinds) > 1, call, "two or more values")
        return Kind(TEXT, False, "concat")
    _expect(len(kinds) == 1 and isinstance(call.arguments[0], ir.Field | ir.Call), call, "one field")
    if call.function in _SCALAR_FUNCTIONS and first.type != TEXT:
        where = "list " if first.is_list else ""
        raise ConditionError(
            f"can't add field transformer: type '{first.type}' is not supported by '{call.function}' transformer "
            f"applied on {where}field '{first.name}'",
            call.offset,
        )
    return Kind(NUMBER, False, first.name) if call.function == "len" else first


def _argument_kind(argument: ir.Operand, offset: int) -> Kind:
    if isinstance(argument, ir.Values):
        for item in argument.items:
            _argument_kind(item, offset)
    return kind_of(argument, offset)


def _expect(holds: bool, call: ir.Call, what: str) -> None:
    if not holds:
        raise ConditionError(f"transformer '{call.function}' takes {what}", call.offset)


def _check_compare(compare: ir.Compare) -> None:
    left = kind_of(compare.left, compare.offset)
    operator = "=" if compare.operator == "==" else compare.operator
    refusal = _refusal(operator, left)
    if refusal is not None:
        raise ConditionError(f"filter error: '{operator}' operator not supported {refusal}", compare.offset)
    if isinstance(compare.right, ir.Field | ir.Call):
        _check_right_field(operator, left, kind_of(compare.right, compare.offset), compare.offset)
        return
    for text in literals(compare.right):
        _check_literal(operator, left, text, compare.offset)


def _refusal(operator: str, left: Kind) -> str | None:
    if left.is_list:
        return None if operator in _ANY_LIST else "list filters"
    if is_numeric(left.type):
        return None if operator in _NUMERIC else "for numeric filters"
    return None if operator in _TEXTUAL else "for string filters"


def literals(right: ir.Operand) -> tuple[str, ...]:
    """Return the literal texts on a right-hand side."""
    items = right.items if isinstance(right, ir.Values) else (right,)
    return tuple(item.text for item in items if isinstance(item, ir.Text))


def _check_literal(operator: str, left: Kind, text: str, offset: int) -> None:
    if operator == "regex":
        try:
            regex_matcher(text)
        except ValueError as error:
            raise ConditionError(f"invalid regex pattern: {error}", offset) from None
    if is_numeric(left.type) and parse_number(text) is None:
        raise ConditionError(f"filter error: {text} is not a valid number", offset)


def _check_right_field(operator: str, left: Kind, right: Kind, offset: int) -> None:
    if operator in ("pmatch", "regex"):
        raise ConditionError(
            f"filter error: operator '{operator.upper()}' doesn't support right-hand side fields", offset
        )
    if (left.type, left.is_list) != (right.type, right.is_list):
        raise ConditionError(
            f"filter error: field '{left.name}' has type '{_type_name(left)}' while the right-hand side field "
            f"'{right.name}' has incompatible type '{_type_name(right)}'",
            offset,
        )


def _type_name(kind: Kind) -> str:
    return kind.type + (" (list)" if kind.is_list else "")
