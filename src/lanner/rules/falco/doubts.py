"""Falco's warnings about conditions that load but probably do not mean what they say."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.audit.fields import FieldError, lookup
from lanner.rules import ir
from lanner.rules.falco.condition_lexer import TRANSFORMERS

_EQUALITY = frozenset({"=", "==", "!=", "in", "intersects", "pmatch"})
_SPECIAL = ".+*?^$()[]{}|\\"
_MANY = "+*?"


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
    return any(
        isinstance(check.left, ir.Field)
        and check.left.name.startswith(("ka.", "jevt."))
        and check.operator in _EQUALITY
        and "<NA>" in _texts(check)
        for check in comparisons(condition)
    )


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
    bare = "".join(text.split())
    if operator == "regex" and _is_simple(text):
        yield (
            f"regex check with '{text}' may be optimized with simpler operators such as "
            "'=', 'contains', 'startswith', 'endswith'"
        )
    if _is_field(bare):
        yield f"'{text}' may be a valid field misused as a const string value"
    for name in ("val", *TRANSFORMERS):
        if bare.startswith(f"{name}(") and bare.endswith(")"):
            yield f"'{text}' may be a valid field transformer misused as a const string value"


def _is_field(text: str) -> bool:
    if "." not in text:
        return False
    name, bracket, rest = text.partition("[")
    try:
        lookup(name, rest.removesuffix("]") if bracket else None)
    except FieldError:
        return False
    return True


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


def audit_fields(condition: ir.Condition) -> Iterator[tuple[str, int]]:
    """Yield the audit fields (ka., jevt., json.) of a condition with their offsets."""
    for field in fields(condition):
        if field.name.startswith(("ka.", "jevt.", "json.")):
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
