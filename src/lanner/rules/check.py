"""The type check of a condition against the table of fields, with Falco's words (libsinsp's filter compiler).

Checks come in libsinsp's order: the left side, the operator for its type, the right side. Every error is placed at
the check that it is in.
"""

from __future__ import annotations

from typing import NamedTuple

from lanner.audit.fields import FIELDS, FieldError, lookup
from lanner.rules import ir
from lanner.rules.ir import ConditionError
from lanner.rules.patterns import regex_matcher
from lanner.rules.text import parse_boolean, parse_number, to_bytes

TEXT, NUMBER, BOOLEAN = "CHARBUF", "UINT64", "BOOL"
LITERAL_BYTES = 256
"""A literal text has fewer bytes than this."""

_ANY_LIST = frozenset({"in", "intersects"})
_BOOLEAN = _ANY_LIST | {"=", "!="}
_NUMERIC = _BOOLEAN | {"<", "<=", ">", ">="}
_TEXTUAL = _NUMERIC | {"contains", "icontains", "startswith", "endswith", "glob", "iglob", "pmatch", "regex"}
_TEXT_FUNCTIONS = frozenset({"tolower", "toupper", "b64", "basename"})
_MANY = frozenset({"join", "concat", "getopt"})


class Kind(NamedTuple):
    """What an operand gives: its type in Falco's spelling, whether it is a list, and the name Falco blames.

    Where libsinsp compares bytes two more things count: `terminated` values have a NUL at their end, and `binary`
    ones may hold NULs before it.
    """

    type: str
    is_list: bool
    name: str
    terminated: bool = False
    binary: bool = False


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
    """Return what an operand gives; raise ConditionError, at `offset`, on what no event could give."""
    match operand:
        case ir.Field():
            return _field_kind(operand, offset)
        case ir.Call():
            return _call_kind(operand, offset)
        case ir.Values(items):
            for item in items:
                kind_of(item, offset)
            return Kind(TEXT, is_list=True, name="NA")
        case ir.Text():
            return Kind(TEXT, is_list=False, name="NA")


def _field_kind(field: ir.Field, offset: int) -> Kind:
    try:
        _check_name(field)
        lookup(field.name, field.argument)
    except FieldError as error:
        raise ConditionError(str(error), offset) from None
    info = FIELDS[field.name]
    return Kind(falco_type(info.type), info.is_list, field.name)


def _check_name(field: ir.Field) -> None:
    """Raise FieldError where libsinsp, which reads name and brackets as one text, would find another field or none."""
    written = field.name if field.argument is None else f"{field.name}[{field.argument}]"
    plugin = not field.name.startswith("evt.")
    if field.name in FIELDS and plugin and field.argument is not None and " " in field.argument:
        raise FieldError(f"filter '{written}': {field.name} has unbalanced argument brackets")
    if field.name not in FIELDS and field.argument is None:
        _check_prefix(field.name)
    if field.name not in FIELDS or (field.argument is not None and not (plugin and "]" not in field.argument)):
        raise FieldError(f"filter_check called with nonexistent field {written}")


def _check_prefix(name: str) -> None:
    """Raise FieldError where the longest field that an unknown name begins with needs an argument."""
    longest = max((known for known in FIELDS if name.startswith(known)), key=len, default=None)
    if longest is not None and FIELDS[longest].required:
        raise FieldError(f"filter '{name}': {longest} requires an argument but none provided")


def falco_type(name: str) -> str:
    """Return libsinsp's name of a field's type."""
    return {"string": TEXT, "charbuf": TEXT}.get(name.lower(), name.upper())


def _call_kind(call: ir.Call, offset: int) -> Kind:
    kinds = [kind_of(argument, offset) for argument in call.arguments]
    if len(kinds) > 1:
        return _many_kind(call, offset)
    if call.function == "val":
        return kinds[0]
    if call.function not in (*_TEXT_FUNCTIONS, "len"):
        raise ConditionError(f"unknown field transfomer '{call.function}'", offset)
    return _single_kind(call.function, kinds[0], offset)


def _single_kind(function: str, kind: Kind, offset: int) -> Kind:
    """Return what a transformer of one value gives of that kind."""
    if kind.type != TEXT and not (function == "len" and kind.is_list):
        where = "list " if kind.is_list else ""
        raise ConditionError(
            f"can't add field transformer: type '{kind.type}' is not supported by '{function}' transformer "
            f"applied on {where}field '{kind.name}'",
            offset,
        )
    if function == "len":
        return Kind(NUMBER, is_list=False, name=kind.name)
    return kind._replace(terminated=True, binary=kind.binary or function == "b64")


def _many_kind(call: ir.Call, offset: int) -> Kind:
    """Return what a transformer of several values gives; libsinsp looks at their types before any transformer."""
    first, *rest = origins = [_origin(argument) for argument in call.arguments]
    _expect(call.function in _MANY, "unknown multivalue transformer", offset)
    if call.function == "concat":
        strings = all(origin.type == TEXT and not origin.is_list for origin in origins)
        _expect(strings, "concat() arguments must be strings", offset)
        return Kind(TEXT, is_list=False, name="NA")
    if call.function == "join":
        _expect(len(origins) == 2, "join() requires exactly 2 arguments: separator and list", offset)
        _expect(not first.is_list, "join() first argument (separator) must be a single value, not a list", offset)
        _expect(rest[0].is_list, "join() second argument must be a list", offset)
        return Kind(TEXT, is_list=False, name="NA")
    _expect(len(origins) == 2, "getopt() requires exactly 2 arguments: args list and optstring", offset)
    _expect(first.is_list, "getopt() first argument must be a list", offset)
    _expect(not rest[0].is_list, "getopt() second argument (optstring) must be a single value", offset)
    _expect(first.type == rest[0].type == TEXT, "getopt() arguments must be strings", offset)
    return Kind(TEXT, is_list=True, name="INTERNAL")


def _origin(operand: ir.Operand) -> Kind:
    """Return the kind of the field, or of the transformer of several values, below transformers of one."""
    while isinstance(operand, ir.Call) and len(operand.arguments) == 1:
        operand = operand.arguments[0]
    return kind_of(operand)


def _expect(holds: bool, message: str, offset: int) -> None:
    if not holds:
        raise ConditionError(message, offset)


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
    if left.type == TEXT:
        return None if operator in _TEXTUAL else "for string filters"
    return None if operator in (_BOOLEAN if left.type == BOOLEAN else _NUMERIC) else "for numeric filters"


def literals(right: ir.Operand) -> tuple[str, ...]:
    """Return the literal texts on a right-hand side."""
    items = right.items if isinstance(right, ir.Values) else (right,)
    return tuple(item.text for item in items if isinstance(item, ir.Text))


def parse_literal(type_name: str, text: str) -> int | None:
    """Return the number that a literal stands for beside a field of a type that is no text; None where it is none."""
    return parse_boolean(text) if type_name == BOOLEAN else parse_number(text)


def _check_literal(operator: str, left: Kind, text: str, offset: int) -> None:
    if is_numeric(left.type):
        if parse_literal(left.type, text) is None:
            boolean = f"filter error: unrecognized boolean value {text}"
            raise ConditionError(boolean if left.type == BOOLEAN else f"{text} is not a valid number", offset)
        return
    if len(to_bytes(text)) >= LITERAL_BYTES:
        raise ConditionError(f"filter parameter too long:{text}", offset)
    if operator == "regex":
        try:
            regex_matcher(text)
        except ValueError as error:
            raise ConditionError(f"invalid regex pattern: {error}", offset) from None


def _check_right_field(operator: str, left: Kind, right: Kind, offset: int) -> None:
    if operator in ("pmatch", "regex"):
        raise ConditionError(f"operator '{operator.upper()}' doesn't support right-hand side fields", offset)
    if (left.type, left.is_list) != (right.type, right.is_list):
        raise ConditionError(
            f"field '{left.name}' has type '{_type_name(left)}' while the right-hand side field "
            f"'{right.name}' has incompatible type '{_type_name(right)}'",
            offset,
        )


def _type_name(kind: Kind) -> str:
    return kind.type + (" (list)" if kind.is_list else "")
