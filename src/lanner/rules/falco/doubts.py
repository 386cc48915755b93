"""Falco's warnings about conditions that load but probably do not mean what they say."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.audit.fields import FieldError
from lanner.rules import ir
from lanner.rules.falco.condition_lexer import TRANSFORMERS
from lanner.rules.falco.fieldtext import is_field, may_be_of_system_calls

_EQUALITY = frozenset({"=", "==", "!=", "in", "intersects", "pmatch"})
_SPECIAL = ".+*?^$()[]{}|\\"
_MANY = "+*?"
_NO_BLANKS = str.maketrans("", "", " \t\n\r\f\v")
_NO_LATENCY = "field is not available due to the drop of enter events."
_DEPRECATED = {
    "evt.dir": (
        "due to the drop of enter events, 'evt.dir = <' always evaluates to true, and 'evt.dir = >' always evaluates "
        "to false. The rule expression can be simplified by removing the condition on 'evt.dir'"
    ),
    "evt.latency": _NO_LATENCY,
    "evt.latency.s": _NO_LATENCY,
    "evt.latency.ns": _NO_LATENCY,
    "evt.latency.human": _NO_LATENCY,
    "evt.wait_latency": _NO_LATENCY,
}


def comparisons(condition: ir.Condition) -> Iterator[ir.Compare]:
    """Yield the comparisons of a condition from left to right."""
    match condition:
        case ir.And(items) | ir.Or(items):
            for item in items:
                yield from comparisons(item)
        case ir.Not(item):
            yield from comparisons(item)
        case ir.Compare():
            yield condition


def compares_with_na(condition: ir.Condition) -> bool:
    """Say whether an audit field is compared with <NA>, which no value equals."""
    return any(_asks_audit(check) and "<NA>" in _texts(check) for check in comparisons(condition))


def _asks_audit(check: ir.Compare) -> bool:
    """Say whether an equality's left side ends in an audit field, inside transformers or not."""
    last = next(iter(reversed(list(fields(check.left)))), None)
    return last is not None and last.name.startswith(("ka.", "jevt.")) and check.operator in _EQUALITY


def deprecated_in_condition(condition: ir.Condition) -> Iterator[str]:
    """Yield Falco's message for each deprecated field that a condition asks, in Falco's order."""
    asked = {field.name for operand in _asked(condition) for field in fields(operand)}
    yield from (message for name, message in _DEPRECATED.items() if name in asked)


def deprecated_in_output(text: str) -> Iterator[str]:
    """Yield Falco's message for each deprecated field whose name stands in an output, even as plain words."""
    for name in _DEPRECATED:
        if name in text:
            yield f"usage of deprecated field '{name}' has been detected in the rule output"


def _asked(condition: ir.Condition) -> Iterator[ir.Operand]:
    match condition:
        case ir.And(items) | ir.Or(items):
            for item in items:
                yield from _asked(item)
        case ir.Not(item):
            yield from _asked(item)
        case ir.Exists(operand):
            yield operand
        case ir.Compare():
            yield condition.left
            if _asks_audit(condition):
                yield condition.right


def doubtful_values(condition: ir.Condition) -> Iterator[tuple[str, int]]:
    """Yield Falco's message and the offset for each literal that looks like a field, a transformer or a plain text."""
    for check in comparisons(condition):
        for text in _texts(check):
            for message in _doubts(check.operator, text):
                yield message, check.offset


def _texts(check: ir.Compare) -> tuple[str, ...]:
    right = check.right
    items = right.items if isinstance(right, ir.Values) else (right,)
    return tuple(item.text for item in items if isinstance(item, ir.Text))


def _doubts(operator: str, text: str) -> Iterator[str]:
    bare = text.translate(_NO_BLANKS)
    if operator == "regex" and _is_simple(text):
        yield (
            f"regex check with '{text}' may be optimized with simpler operators such as "
            "'=', 'contains', 'startswith', 'endswith'"
        )
    try:
        if is_field(bare):
            yield f"'{text}' may be a valid field misused as a const string value"
    except FieldError:
        return
    for name in ("val", *TRANSFORMERS):
        if bare.startswith(f"{name}(") and bare.endswith(")"):
            yield f"'{text}' may be a valid field transformer misused as a const string value"


def _is_simple(pattern: str) -> bool:
    """Say whether a pattern has no special signs but anchors and `.*` at its ends."""
    length, at = len(pattern), 0
    while at < length:
        sign = pattern[at]
        anchor = (at == 0 and sign == "^") or (at == length - 1 and sign == "$")
        at_end = (at == 0 and length > 1) or at == length - 2
        if not anchor and at_end and sign == "." and pattern[at + 1] in _MANY:
            at += 1
        elif not anchor and sign in _SPECIAL:
            return False
        at += 1
    return True


def foreign_fields(condition: ir.Condition) -> Iterator[tuple[str, int]]:
    """Yield the fields that system-call events cannot have, with their offsets."""
    for field in fields(condition):
        if not may_be_of_system_calls(field.name):
            yield field.name, field.offset


def fields(node: ir.Condition | ir.Operand) -> Iterator[ir.Field]:
    """Yield every field of a condition or operand from left to right."""
    match node:
        case ir.And(items) | ir.Or(items) | ir.Values(items):
            for item in items:
                yield from fields(item)
        case ir.Call(_function, arguments):
            for argument in arguments:
                yield from fields(argument)
        case ir.Not(item) | ir.Exists(item):
            yield from fields(item)
        case ir.Compare(left, _operator, right):
            yield from fields(left)
            yield from fields(right)
        case ir.Field():
            yield node


def macro_names(condition: ir.Condition) -> Iterator[str]:
    """Yield the macros that a condition names, from left to right."""
    match condition:
        case ir.And(items) | ir.Or(items):
            for item in items:
                yield from macro_names(item)
        case ir.Not(item):
            yield from macro_names(item)
        case ir.Macro(name):
            yield name
