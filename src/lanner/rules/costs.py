"""What it costs to try a condition, in ranks: the head comes before bodies, and bodies before patterns in them."""

from __future__ import annotations

from lanner.rules import ir
from lanner.rules.access import INLINE, twin

_CHEAP = frozenset({"=", "==", "!=", "in", "intersects", "contains", "startswith", "endswith", "<", "<=", ">", ">="})


def cost(condition: ir.Condition) -> int:
    """Rank a condition by the work it takes: 0 for what the event's head holds, more for bodies and patterns."""
    match condition:
        case ir.Not(item):
            return cost(item)
        case ir.And(items) | ir.Or(items):
            return max(cost(item) for item in items)
        case ir.Exists(operand):
            return operand_cost(operand)
        case ir.Compare(left, operator, right):
            return max(operand_cost(left), operand_cost(right)) + (operator not in _CHEAP)
        case _:
            return 0


def operand_cost(operand: ir.Operand) -> int:
    """Rank an operand by the work it takes to fetch: 0 for what the event's head holds."""
    match operand:
        case ir.Field(name):
            return 0 if name in INLINE or twin(operand) is not None else 4
        case ir.Call(_, arguments) | ir.Values(arguments):
            return 2 + max((operand_cost(argument) for argument in arguments), default=0)
        case ir.Text():
            return 0
