"""A plain evaluator that walks the condition tree: the reference that compiled code is tested against.

A check on an absent value is false whatever its operator; only `not` around it makes it true (Falco).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lanner.audit.event import Event
from lanner.audit.fields import Extractor, lookup
from lanner.rules import ir
from lanner.rules.check import Kind, is_numeric, kind_of, literals, parse_literal
from lanner.rules.glob import glob_matcher
from lanner.rules.patterns import PathPrefixes, regex_matcher
from lanner.rules.text import ascii_lower, until_nul
from lanner.rules.transformers import Value, call_function, flatten

__all__ = ["Evaluator", "Value", "compare_values", "literal_test", "number_test", "text_test"]

_MEMBERSHIP = ("in", "intersects")


class Evaluator:
    """One checked condition, ready to be tried on events; fields and patterns are prepared once.

    `extractors` read the fields that are not to be read as the table of fields says.
    """

    def __init__(self, condition: ir.Condition, extractors: Mapping[ir.Field, Extractor] | None = None) -> None:
        self._condition = condition
        self._extractors: dict[ir.Field, Extractor] = dict(extractors or {})
        self._tests: dict[ir.Compare, Callable[..., bool]] = {}

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
        test = self._tests.get(compare)
        if isinstance(compare.right, ir.Field | ir.Call):
            right = self.value(compare.right, event)
            if test is None:
                test = self._tests[compare] = compare_values(compare)
            return right is not None and test(left, right)
        if test is None:
            test = self._tests[compare] = literal_test(compare)
        return test(left)


def reader_of(operand: ir.Operand) -> Extractor:
    """Return what reads an operand's value of an event; None where it is absent."""
    if isinstance(operand, ir.Field):
        return lookup(operand.name, operand.argument)
    evaluator = Evaluator(ir.Exists(operand))
    return lambda event: evaluator.value(operand, event)


def literal_test(compare: ir.Compare) -> Callable[[Any], bool]:
    """Return the test of a present value that a check with literals on its right makes."""
    texts = literals(compare.right)
    kind = kind_of(compare.left)
    if is_numeric(kind.type):
        return number_test(compare.operator, texts, kind.type)
    if kind.is_list:
        # Transformed items have a NUL at their end that no literal has (libsinsp compares lists as bytes).
        return _list_test(compare.operator, frozenset() if kind.terminated else frozenset(texts))
    test = text_test(compare.operator, texts)
    return _past_nul(compare.operator, test) if kind.binary else test


def _list_test(operator: str, members: frozenset[str]) -> Callable[[list[str]], bool]:
    if operator == "intersects":
        return lambda left: any(item in members for item in left)
    return lambda left: all(item in members for item in left)


def _past_nul(operator: str, test: Callable[[str], bool]) -> Callable[[str], bool]:
    """Return a test of text that may hold NULs: membership and patterns see all of it, C's functions do not."""
    if operator in (*_MEMBERSHIP, "regex", "pmatch"):
        return test
    return lambda text: test(until_nul(text))


def compare_values(compare: ir.Compare) -> Callable[[Any, Any], bool]:
    """Return the test of two present values that a check with a field on its right makes."""
    operator, left_kind, right_kind = compare.operator, kind_of(compare.left), kind_of(compare.right)
    if left_kind.is_list:
        return _lists_test(operator, alike=left_kind.terminated is right_kind.terminated)
    if is_numeric(left_kind.type):
        return lambda left, right: ordered(operator, left, right)
    if operator in _MEMBERSHIP:
        return _members_test(right_kind)
    if left_kind.binary or right_kind.binary:
        return lambda left, right: text_test(operator, (until_nul(right),))(until_nul(left))
    return lambda left, right: text_test(operator, (right,))(left)


def _lists_test(operator: str, *, alike: bool) -> Callable[[list[str], list[str]], bool]:
    def test(left: list[str], right: list[str]) -> bool:
        return _list_test(operator, frozenset(right) if alike else frozenset())(left)

    return test


def _members_test(right_kind: Kind) -> Callable[[str, str], bool]:
    """A text is without the NUL at its end when it is looked up in the right-hand values, which are as they are."""
    if right_kind.terminated:
        return lambda _left, _right: False
    return lambda left, right: left == right


def number_test(operator: str, texts: tuple[str, ...], type_name: str) -> Callable[[int], bool]:
    """Return the test of a number that an operator with these literals makes."""
    numbers = [number for text in texts if (number := parse_literal(type_name, text)) is not None]
    if operator in _MEMBERSHIP:
        return frozenset(numbers).__contains__
    return lambda left: ordered(operator, left, numbers[0])


def ordered(operator: str, left: int, right: int) -> bool:
    """Compare two numbers by one of = == != < <= > >=, in, intersects."""
    if operator in ("=", "==", *_MEMBERSHIP):
        return left == right
    if operator == "!=":
        return left != right
    if operator.startswith("<"):
        return left < right or (operator == "<=" and left == right)
    return left > right or (operator == ">=" and left == right)


def text_test(operator: str, texts: tuple[str, ...]) -> Callable[[str], bool]:
    """Return the test of a text that an operator with these literals makes; raise ValueError on a bad pattern."""
    if operator in _MEMBERSHIP:
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
