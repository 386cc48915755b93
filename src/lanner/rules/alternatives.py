"""Alternatives about one value, joined into one test: `a or b or c` as a set, a tuple of prefixes or one pattern.

A joined check has a list on its right-hand side where Falco's language knows none; only the code generator makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import re2

from lanner.rules import ir
from lanner.rules.check import TEXT, kind_of, literals
from lanner.rules.evaluate import text_test
from lanner.rules.patterns import regex_matcher

MANY_PARTS = 8
"""From so many texts on, one pass over a text that looks for all of them is quicker than a pass for each."""

_EQUALITY = frozenset({"=", "==", "in", "intersects"})
_JOINED = frozenset({"startswith", "endswith", "contains", "regex"})


def is_plain_text(operand: ir.Operand) -> bool:
    """Say whether an operand gives one text that compares as text does in Python."""
    kind = kind_of(operand)
    return kind.type == TEXT and not (kind.is_list or kind.terminated or kind.binary)


def merge_alternatives(items: Iterable[ir.Condition]) -> list[ir.Condition]:
    """Return items that hold where one of the items given holds, as few as can be."""
    kept: list[ir.Condition] = []
    groups: dict[tuple[ir.Operand, str], dict[str, None]] = {}
    for item in items:
        kind = _mergeable(item)
        if kind is None or not isinstance(item, ir.Compare):
            kept.append(item)
        else:
            groups.setdefault((item.left, kind), {}).update(dict.fromkeys(literals(item.right)))
    for (operand, operator), texts in groups.items():
        kept += _merged(operand, operator, tuple(texts))
    return kept


def _mergeable(item: ir.Condition) -> str | None:
    """Return the operator under which a check merges with others."""
    if not isinstance(item, ir.Compare) or isinstance(item.right, ir.Field | ir.Call) or not is_plain_text(item.left):
        return None
    if item.operator in _EQUALITY:
        return "in"
    return item.operator if item.operator in _JOINED else None


def _merged(operand: ir.Operand, operator: str, texts: tuple[str, ...]) -> list[ir.Condition]:
    few = operator == "contains" and len(texts) < MANY_PARTS
    if operator == "in" or (len(texts) > 1 and not few):
        return [ir.Compare(operand, operator, ir.Values(tuple(map(ir.Text, texts))))]
    return [ir.Compare(operand, operator, ir.Text(text)) for text in texts]


def any_of_texts(operator: str, texts: Sequence[str]) -> Callable[[str], bool]:
    """Return the test whether a text contains, or matches as `regex` does, one of several texts."""
    try:
        return _contains_any(texts) if operator == "contains" else regex_matcher("|".join(f"({one})" for one in texts))
    except ValueError:  # together they are larger than RE2 allows
        tests = [text_test(operator, (text,)) for text in texts]
        return lambda value: any(test(value) for test in tests)


def _contains_any(texts: Iterable[str]) -> Callable[[str], bool]:
    options = re2.Options()
    options.log_errors = False
    options.encoding = re2.Options.Encoding.LATIN1
    try:
        search = re2.compile(b"|".join(re2.escape(_plain_bytes(text)) for text in texts), options).search
    except re2.error as error:
        raise ValueError(*error.args) from None
    return lambda value: search(_plain_bytes(value)) is not None


def _plain_bytes(text: str) -> bytes:
    """Encode so that one text contains another exactly where its bytes contain the other's; any text can be."""
    return text.encode("utf-8", "surrogatepass")
