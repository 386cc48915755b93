"""Sigma's extended conditions of temporal correlations: which parts occurred, joined by and, or, not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lanner.rules import ir

Presence = Sequence[bool]


def compile_expression(expression: ir.Condition | None, aliases: Sequence[str]) -> Callable[[Presence], bool]:
    """Return what judges which parts occurred; without an expression all must."""
    if expression is None:
        return all
    places = {alias: place for place, alias in enumerate(aliases)}
    return lambda present: _holds(expression, places, present)


def _holds(node: ir.Condition, places: dict[str, int], present: Presence) -> bool:
    match node:
        case ir.And(items):
            return all(_holds(item, places, present) for item in items)
        case ir.Or(items):
            return any(_holds(item, places, present) for item in items)
        case ir.Not(item):
            return not _holds(item, places, present)
        case ir.Macro(name):
            return present[places[name]]
        case _:
            raise ValueError(f"{node!r} is no name of a part")


def negates(expression: ir.Condition | None, aliases: Sequence[str]) -> frozenset[int]:
    """Return the parts that stand under a `not`: they speak against firing."""
    places = {alias: place for place, alias in enumerate(aliases)}
    return frozenset(places[name] for name in _negated(expression, under=False)) if expression else frozenset()


def _negated(node: ir.Condition, *, under: bool) -> list[str]:
    match node:
        case ir.And(items) | ir.Or(items):
            return [name for item in items for name in _negated(item, under=under)]
        case ir.Not(item):
            return _negated(item, under=not under)
        case ir.Macro(name) if under:
            return [name]
    return []
