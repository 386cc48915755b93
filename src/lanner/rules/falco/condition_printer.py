"""Printer of the condition tree as Falco's condition language; what it prints parses to the same tree."""

from __future__ import annotations

from lanner.rules import ir
from lanner.rules.falco.condition_lexer import BARE_TEXT, IDENTIFIER, LIST_OPERATORS, NUMBER_OPERATORS

_ESCAPES = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}


def print_condition(condition: ir.Condition) -> str:  # noqa: PLR0911 - one return a kind of node
    """Print in one line with the fewest parentheses; raise ValueError where Falco's quoting cannot say a text."""
    match condition:
        case ir.Compare(left, operator, ir.Text(text)) if _is_bare(operator, text):
            return f"{_operand(left)} {operator} {text}"
        case ir.Compare(left, operator, right):
            return f"{_operand(left)} {operator} {_operand(right)}"
        case ir.Exists(operand):
            return f"{_operand(operand)} exists"
        case ir.Macro(name):
            return name
        case ir.Not(item):
            return f"not {_inner(item, (ir.Not, ir.And, ir.Or))}"
        case ir.And(items):
            return " and ".join(_inner(item, (ir.And, ir.Or)) for item in items)
        case ir.Or(items):
            return " or ".join(_inner(item, (ir.Or,)) for item in items)


def _inner(condition: ir.Condition, grouped: tuple[type[ir.Node], ...]) -> str:
    text = print_condition(condition)
    return f"({text})" if isinstance(condition, grouped) else text


def _operand(operand: ir.Operand) -> str:
    match operand:
        case ir.Field(name, argument):
            return name if argument is None else f"{name}[{_argument(argument)}]"
        case ir.Call(function, arguments):
            return f"{function}({', '.join(_operand(argument) for argument in arguments)})"
        case ir.Values(items):
            return f"({', '.join(_operand(item) for item in items)})"
        case ir.Text(text):
            return quote(text)


def _is_bare(operator: str, text: str) -> bool:
    """Say whether a text stands without quotes: numbers, names of lists, and what quotes would end."""
    if operator in LIST_OPERATORS:
        return IDENTIFIER.fullmatch(text) is not None
    return operator in NUMBER_OPERATORS or ("\0" in text and BARE_TEXT.fullmatch(text) is not None)


def _argument(argument: str) -> str:
    return quote(argument) if not argument or any(mark in argument for mark in "[]\"' \t\n\r\v\f") else argument


def quote(text: str) -> str:
    """Quote a text; raise ValueError on one with a NUL, which ends Falco's quoted texts.

    A backslash at the end is written as backslash and blank, the one spelling of it that the quote behind it leaves
    alone.
    """
    if "\0" in text:
        raise ValueError("Falco's condition language cannot quote a NUL")
    body = "".join(_ESCAPES.get(character, character) for character in text)
    return f'"{body[:-1]} "' if text.endswith("\\") else f'"{body}"'
