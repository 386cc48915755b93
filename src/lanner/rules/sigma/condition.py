"""Makes the condition tree that pySigma parsed a condition of ours, and notes what is asked of which field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.rule import SigmaRule
from sigma.types import SigmaString, SigmaType

from lanner.rules import ir
from lanner.rules.check import check_condition
from lanner.rules.ir import ConditionError
from lanner.rules.sigma.fields import Target, target_of
from lanner.rules.sigma.values import Lists, Refused, any_of, check, keyword


class Asked(msgspec.Struct, frozen=True):
    """A field's comparison with a value, as written and as a condition; `literal` is a text without wildcards."""

    name: str
    target: Target
    written: str
    literal: str | None
    condition: ir.Condition


class CheckError(Exception):
    """A check that cannot be run: what is wrong, and the field and the value as they are written."""

    def __init__(self, message: str, name: str, written: str) -> None:
        super().__init__(message)
        self.message, self.name, self.written = message, name, written


class Walker:
    """Makes conditions; `asked` has all comparisons with fields in order."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self.asked: list[Asked] = []

    def rule(self, rule: SigmaRule) -> ir.Condition:
        """Return the condition of a rule that parsed; several conditions are alternatives.

        Raises CheckError, and SigmaError where the condition itself is wrong.
        """
        parts = [self._walk(condition.parsed) for condition in rule.detection.parsed_condition]
        left = [part for part in parts if part is not None]
        if not left:
            raise CheckError("nothing is left of the condition", "", "")
        return any_of(left)

    @staticmethod
    def detections(rule: SigmaRule, lists: Lists) -> tuple[tuple[str, ir.Condition], ...]:
        """Return the conditions of a rule's detections by name; none where there is but one."""
        found = rule.detection.detections
        if len(found) < 2:
            return ()
        walker = Walker(lists)
        parts = ((name, walker._walk(each.postprocess(rule.detection, None))) for name, each in found.items())
        return tuple((name, part) for name, part in parts if part is not None)

    def _walk(self, node: Any) -> ir.Condition | None:
        """Return a part as a condition; None where a pipeline dropped all of it, which then counts for nothing."""
        match node:
            case ConditionAND():
                return _joined(ir.And, filter(None, map(self._walk, node.args)))
            case ConditionOR():
                return _joined(ir.Or, filter(None, map(self._walk, node.args)))
            case ConditionNOT():
                inner = self._walk(node.args[0])
                return None if inner is None else ir.Not(inner)
            case ConditionFieldEqualsValueExpression():
                return self._check(node.field, node.value)
            case ConditionValueExpression():
                return self._sound("", node.value, lambda: keyword(node.value, self._lists))
        return None

    def _check(self, name: str, value: SigmaType) -> ir.Condition:
        target = target_of(name)
        if target is None:
            raise CheckError(f"'{name}' is no field", name, "")
        condition = self._sound(name, value, lambda: check(target, value, self._lists))
        literal = str(value) if isinstance(value, SigmaString) and not value.contains_special() else None
        self.asked.append(Asked(name, target, written(value), literal, condition))
        return condition

    @staticmethod
    def _sound(name: str, value: SigmaType, make: Any) -> ir.Condition:
        """Make a check and try whether it compiles."""
        try:
            condition: ir.Condition = make()
            check_condition(condition)
        except Refused as error:
            raise CheckError(str(error), name, written(value)) from None
        except ConditionError as error:
            raise CheckError(error.message, name, written(value)) from None
        return condition


def _joined(kind: type[ir.And | ir.Or], parts: Iterable[ir.Condition]) -> ir.Condition | None:
    items = list(_flat(kind, parts))
    if len(items) < 2:
        return items[0] if items else None
    return ir.And(tuple(items)) if kind is ir.And else any_of(items)


def _flat(kind: type[ir.And | ir.Or], items: Iterable[ir.Condition]) -> Iterator[ir.Condition]:
    for item in items:
        if isinstance(item, kind):
            yield from item.items
        else:
            yield item


def written(value: SigmaType) -> str:
    """Return a value as its author wrote it, as near as pySigma remembers."""
    return str(
        getattr(value, "original", None) or getattr(value, "cidr", None) or getattr(value, "regexp", None) or value
    )
