"""The modifiers oneof, anyof and allof of Falco 0.44 and later: one comparison against each item of a list.

Falco defines them as short forms of joined comparisons, and so they are read here.
"""

from __future__ import annotations

from collections.abc import Sequence

from lanner.rules import ir
from lanner.rules.ir import ConditionError

ONE_OF = 2000
"""The longest list behind oneof: its meaning, spelt out, grows faster than the list."""


def expand(modifier: str, left: ir.Operand, operator: str, items: Sequence[ir.Operand], offset: int) -> ir.Condition:
    """Return what `left operator modifier (items)` stands for; an empty list never matches.

    Raises ConditionError on a list behind oneof that is too long.
    """
    checks = [ir.Compare(left, operator, item, offset) for item in items]
    if not checks:
        return ir.Compare(left, "in", ir.Values(()), offset)
    if modifier == "oneof":
        if len(checks) > ONE_OF:
            raise ConditionError(f"'oneof' takes at most {ONE_OF} values", offset)
        return _exactly_one(checks)
    return _all(checks) if modifier == "allof" else _any(checks)


def _any(checks: list[ir.Compare]) -> ir.Condition:
    return ir.Or(tuple(checks)) if len(checks) > 1 else checks[0]


def _all(checks: list[ir.Compare]) -> ir.Condition:
    return ir.And(tuple(checks)) if len(checks) > 1 else checks[0]


def _exactly_one(checks: list[ir.Compare]) -> ir.Condition:
    """Halve the list, so that n items cost n log n parts in log n levels."""
    if len(checks) == 1:
        return checks[0]
    first, second = checks[: len(checks) // 2], checks[len(checks) // 2 :]
    return ir.Or(
        (
            ir.And((_exactly_one(first), ir.Not(_any(second)))),
            ir.And((_exactly_one(second), ir.Not(_any(first)))),
        )
    )
