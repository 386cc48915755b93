"""Correlations that look at correlations: which are at work, how deep they stand, and what those below hand up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from lanner.rules import ir
from lanner.rules.correlation.model import Correlation

DEEPEST = 8
"""Levels of correlations at most."""


def at_work(correlations: Sequence[Correlation]) -> list[Correlation]:
    """Return those that are enabled and those that they look at, in their order."""
    named = {each.name: each for each in correlations}
    wanted: dict[str, None] = {}
    ahead = [each for each in correlations if each.enabled]
    while ahead:
        each = ahead.pop()
        if each.name not in wanted:
            wanted[each.name] = None
            ahead.extend(named[link.name] for _, link in each.links)
    return [each for each in correlations if each.name in wanted]


def enabled_only(correlations: Iterable[Correlation], names: Iterable[str]) -> list[Correlation]:
    """Return the correlations at work where only those of these names are enabled."""
    kept = set(names)
    return at_work([msgspec.structs.replace(each, enabled=each.name in kept) for each in correlations])


def upwards(correlations: Sequence[Correlation]) -> list[int]:
    """Return the numbers of correlations, each after those that it looks at."""
    numbers = {each.name: number for number, each in enumerate(correlations)}
    placed: dict[int, None] = {}

    def place(number: int) -> None:
        if number not in placed:
            for _, link in correlations[number].links:
                place(numbers[link.name])
            placed[number] = None

    for number in range(len(correlations)):
        place(number)
    return list(placed)


def carried(correlations: Sequence[Correlation]) -> list[tuple[ir.Operand, ...]]:
    """Return for each correlation the fields of the event that it is told of that those above it ask for."""
    numbers = {each.name: number for number, each in enumerate(correlations)}
    wanted: list[dict[ir.Operand, None]] = [{} for _ in correlations]
    for number in reversed(upwards(correlations)):
        for _, link in correlations[number].links:
            takes = (*link.key, *link.values, *link.compared, *wanted[number])
            below = wanted[numbers[link.name]]
            below.update((take, None) for take in takes if not isinstance(take, int))
    return [tuple(each) for each in wanted]
