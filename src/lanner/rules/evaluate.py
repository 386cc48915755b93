"""A plain evaluator that walks the condition tree: the reference that compiled code is tested against.

A check on an absent value is false whatever its operator; only `not` around it makes it true (Falco).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lanner.audit.event import Event
from lanner.audit.fields import Extractor, lookup
from lanner.rules import ir
from lanner.rules.check import is_numeric, kind_of, literals
from lanner.rules.glob import glob_matcher
from lanner.rules.patterns import PathPrefixes, regex_matcher
from lanner.rules.text import ascii_lower, ascii_upper, basename, decode_base64, parse_number

Value = str | int | list[str] | None

TEXT_FUNCTIONS: dict[str, Callable[[str], str | None]] = {
    "tolower": ascii_lower,
    "toupper": ascii_upper,
    "b64": decode_base64,
    "basename": basename,
}


class Evaluator:
    """One checked condition, ready to be tried on events; fields and patterns are prepared once."""

    def __init__(self, condition: ir.Condition) -> None:
        self._condition = condition
        self._extractors: dict[ir.Field, Extractor] = {}
        self._tests: dict[ir.Compare, Callable[[Any], bool]] = {}

    def holds(self, event: Event) -> bool:
        return self._holds(self._condition, event)

    def _holds(self, condition: ir.Condition, event: Event) -> bool:
        match condition:
            case ir.And(items):
                return all(self._holds(item, event) for item in items)
            case ir.Or(items):
                return any(self._holds(item, event) for item in items)
            case ir.Not(item):
                return not self._holds(item, event)
            case ir.Exists(operand):
                return self.value(operand, event) is not None
            case ir.Compare():
                return self._compare(condition, event)
            case ir.Macro(name):
                raise ValueError(f"macro {name} was not resolved")

    def value(self, operand: ir.Operand, event: Event) -> Value:
        """Return the operand's value on this event; None when it is absent."""
        match operand:
            case ir.Text(text):
                return text
            case ir.Values(items):
                return flatten([self.value(item, event) for item in items])
            case ir.Call(_, arguments):
                return call_function(operand)(*[self.value(argument, event) for argument in arguments])
            case ir.Field(name, argument):
                extract = self._extractors.get(operand)
                if extract is None:
                    extract = self._extractors[operand] = lookup(name, argument)
                found: Value = extract(event)
                return found

    def _compare(self, compare: ir.Compare, event: Event) -> bool:
        left = self.value(compare.left, event)
        if left is None:
            return False
        if isinstance(compare.right, ir.Field | ir.Call):
            right = self.value(compare.right, event)
            return right is not None and compare_values(compare.operator)(left, right)
        test = self._tests.get(compare)
        if test is None:
            test = self._tests[compare] = _literal_test(compare)
        return test(left)


def _literal_test(compare: ir.Compare) -> Callable[[Any], bool]:
    texts = literals(compare.right)
    kind = kind_of(compare.left)
    if is_numeric(kind.type):
        return number_test(compare.operator, texts)
    if kind.is_list:
        test = any if compare.operator == "intersects" else all
        return lambda left: test(item in texts for item in left)
    return text_test(compare.operator, texts)


def call_function(call: ir.Call) -> Callable[..., Value]:
    """Return the function of a transformer; it takes the arguments' values and gives None where one is absent."""
    match call.function:
        case "val":
            return lambda value: value
        case "len":
            return _length
        case "concat":
            return lambda *parts: None if None in parts else "".join(_plain(part) for part in parts)
        case "join":
            return _join
        case name:
            function = TEXT_FUNCTIONS[name]
            return lambda value: None if value is None else map_text(function, value)


def _length(value: Value) -> int | None:
    if value is None:
        return None
    return len(value) if isinstance(value, list) else len(_plain(value).encode("utf-8", "surrogateescape"))


def _join(separator: str, values: Value) -> str | None:
    items = flatten([values])
    return None if items is None else separator.join(items)


def flatten(values: Iterable[Value]) -> list[str] | None:
    """Put values and lists of values into one list; None where one is absent."""
    flat: list[str] = []
    for value in values:
        if value is None:
            return None
        flat.extend(value if isinstance(value, list) else [_plain(value)])
    return flat


def map_text(function: Callable[[str], str | None], value: str | int | list[str]) -> Value:
    """Apply a function to a text or to each of a list; None when one of them has no result."""
    if not isinstance(value, list):
        return function(_plain(value))
    changed = [function(item) for item in value]
    return None if None in changed else [item for item in changed if item is not None]


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else str(value)


def compare_values(operator: str) -> Callable[[Any, Any], bool]:
    """Return the test of two present values of one type, as between a field and a val()."""

    def test(left: str | int | list[str], right: str | int | list[str]) -> bool:
        if isinstance(left, list):
            rights = right if isinstance(right, list) else [_plain(right)]
            return any(item in rights for item in left) if operator == "intersects" else set(left) <= set(rights)
        if isinstance(left, int) and isinstance(right, int):
            return ordered(operator, left, right)
        return text_test(operator, (_plain(right),))(_plain(left))

    return test


def number_test(operator: str, texts: tuple[str, ...]) -> Callable[[int], bool]:
    """Return the test of a number that an operator with these literals makes."""
    numbers = [number for number in map(parse_number, texts) if number is not None]
    if operator in ("in", "intersects"):
        return frozenset(numbers).__contains__
    return lambda left: ordered(operator, left, numbers[0])


def ordered(operator: str, left: int, right: int) -> bool:
    """Compare two numbers by one of = == != < <= > >=."""
    if operator in ("=", "==", "in", "intersects"):
        return left == right
    if operator == "!=":
        return left != right
    if operator.startswith("<"):
        return left < right or (operator == "<=" and left == right)
    return left > right or (operator == ">=" and left == right)


def text_test(operator: str, texts: tuple[str, ...]) -> Callable[[str], bool]:
    """Return the test of a text that an operator with these literals makes; raise ValueError on a bad pattern."""
    if operator in ("in", "intersects"):
        members = frozenset(texts)
        return lambda text: text in members
    if operator == "pmatch":
        return PathPrefixes(texts).match
    return _single_test(operator, texts[0])


def _single_test(operator: str, literal: str) -> Callable[[str], bool]:
    lowered = ascii_lower(literal)
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda text: text == literal,
        "==": lambda text: text == literal,
        "!=": lambda text: text != literal,
        "<": lambda text: text < literal,
        "<=": lambda text: text <= literal,
        ">": lambda text: text > literal,
        ">=": lambda text: text >= literal,
        "contains": lambda text: literal in text,
        "icontains": lambda text: lowered in ascii_lower(text),
        "startswith": lambda text: text.startswith(literal),
        "endswith": lambda text: text.endswith(literal),
    }
    if operator in tests:
        return tests[operator]
    if operator == "regex":
        return regex_matcher(literal)
    return glob_matcher(literal, ignore_case=operator == "iglob")
