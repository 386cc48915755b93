"""The values of one text, cut into classes within which the checks of some rules and policies hold alike."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import msgspec

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.rules import ir
from lanner.rules.bodies import fields_in
from lanner.rules.check import TEXT, kind_of, literals
from lanner.rules.evaluate import Evaluator

EQUALITY = frozenset({"=", "==", "in"})


class TextClass(NamedTuple):
    """No value, one value, or (`open`) all others that begin with it and are in no class of a longer beginning."""

    value: str | None
    open: bool = False


ABSENT = TextClass(None)
ANY_OTHER = TextClass("", open=True)


class Named(msgspec.Struct, frozen=True):
    """What rules and policies name of a text: whole values and beginnings."""

    exact: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()

    def __or__(self, other: Named) -> Named:
        return Named(self.exact | other.exact, self.prefixes | other.prefixes)


def named_in(checks: Iterable[ir.Compare | ir.Exists]) -> Named:
    """Return what checks of one text name."""
    exact: set[str] = set()
    prefixes: set[str] = set()
    for check in checks:
        if isinstance(check, ir.Compare):
            (prefixes if check.operator == "startswith" else exact).update(literals(check.right))
    return Named(frozenset(exact), frozenset(prefixes - {""}))


def text_classes(named: Named, *, always: bool = False) -> list[TextClass]:
    """Return the classes of a text; without the absent one where it is `always` there."""
    return [
        *([] if always else [ABSENT]),
        *(TextClass(value) for value in sorted(named.exact)),
        *(TextClass(prefix, open=True) for prefix in sorted(named.prefixes)),
        ANY_OTHER,
    ]


def holds(check: ir.Compare | ir.Exists, one: TextClass, named: Named) -> bool | None:
    """Say whether a check of a single field holds on a class; None where it does on some of its values.

    `named` is what the classes were made of: no value of an open class equals a text of it.
    """
    if one.value is None:
        return False
    if not one.open:
        return tried(check, one.value)
    operand = check.operand if isinstance(check, ir.Exists) else check.left
    if isinstance(check, ir.Compare) and check.right == ir.Values(()):
        return False
    if not isinstance(operand, ir.Field):
        return None
    if isinstance(check, ir.Exists):
        return True
    return _on_open(check, one.value, named) if is_text(operand) else None


def is_text(operand: ir.Operand) -> bool:
    """Say whether an operand is one text, neither a list nor a number."""
    kind = kind_of(operand)
    return kind.type == TEXT and not kind.is_list


def _on_open(check: ir.Compare, beginning: str, named: Named) -> bool | None:
    texts = literals(check.right)
    if check.operator == "startswith":
        if beginning.startswith(texts[0]):
            return True
        return False if texts[0] in named.prefixes else None
    if named.exact.issuperset(texts):
        if check.operator in EQUALITY:
            return False
        if check.operator == "!=":
            return True
    return None


def tried(check: ir.Compare | ir.Exists, value: str) -> bool:
    """Say whether a check holds where all its fields have one value."""
    return Evaluator(check, {field: lambda _event: value for field in fields_of(check)}).holds(_no_event())


def fields_of(check: ir.Compare | ir.Exists) -> tuple[ir.Field, ...]:
    """Return the fields that a check reads, once each."""
    operands = (check.operand,) if isinstance(check, ir.Exists) else (check.left, check.right)
    return tuple(dict.fromkeys(field for operand in operands for field in fields_in(operand)))


@cache
def _no_event() -> Event:
    return decode(b'{"kind":"Event","auditID":"","stage":"","stageTimestamp":"2026-01-02T03:04:05Z"}').events[0]
