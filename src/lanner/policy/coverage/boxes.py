"""The requests on which a formula can be true, as few boxes: for each variable the classes that it may be in."""

from __future__ import annotations

from collections.abc import Iterable

from lanner.policy.coverage import names as part
from lanner.policy.coverage.formula import All, Either, Formula, Literal, TooWideError, both, either, models
from lanner.policy.coverage.space import TARGET, Space

MOST_BOXES = 200
"""Where there are more, one box holds them all."""

Box = dict[str, int]
"""By variable the classes in it; a variable that is not there is not narrowed."""


def boxes(formula: Formula, space: Space) -> list[Box]:
    """Return boxes that together hold all requests for which a formula can be true."""
    about = _about_requests(formula, space)
    return [box for kind in (space.for_resource, space.for_url) for box in _boxes([about, kind], space)]


def _boxes(formulas: list[Formula], space: Space) -> list[Box]:
    found: list[Box] = []
    try:
        for model in models(formulas):
            box = {name: mask for name, mask in model.domains.items() if mask != full(name, space)}
            if not any(_within(box, other) for other in found):
                found = [*(other for other in found if not _within(other, box)), box]
            if len(found) > MOST_BOXES:
                return _hull(formulas, space)
    except TooWideError:
        return _hull(formulas, space)
    return found


def _hull(formulas: list[Formula], space: Space) -> list[Box]:
    """Return the one box of all requests of a kind."""
    return _boxes(formulas[1:], space)


def _about_requests(formula: Formula, space: Space) -> Formula:
    """Return a formula that is true wherever the given one can be, and says nothing but of what policies look at."""
    match formula:
        case Literal(variable):
            about = variable == TARGET or variable in space.texts or variable.startswith(f"{part.GROUPS} ")
            return formula if about else True
        case All(items):
            return both(*(_about_requests(item, space) for item in items))
        case Either(items):
            return either(*(_about_requests(item, space) for item in items))
    return formula


def full(variable: str, space: Space) -> int:
    """Return all classes of a variable."""
    if variable == TARGET:
        return (1 << len(space.targets)) - 1
    return (1 << len(space.texts[variable])) - 1 if variable in space.texts else 0b11


def literals_of(box: Box, space: Space) -> list[Formula]:
    """Return the formulas that a request is in a box."""
    return [Literal(variable, mask, mask, full(variable, space)) for variable, mask in box.items()]


def united(found: Iterable[Box]) -> list[Box]:
    """Return boxes that hold the same requests, those joined that differ in one variable only."""
    left = list(found)
    while True:
        for variable in sorted({name for box in left for name in box}):
            joined = _joined(left, variable)
            if len(joined) < len(left):
                left = joined
                break
        else:
            return left


def _joined(found: list[Box], variable: str) -> list[Box]:
    by_rest: dict[tuple[tuple[str, int], ...], int | None] = {}
    for box in found:
        rest = tuple(sorted((name, mask) for name, mask in box.items() if name != variable))
        known = by_rest.get(rest, 0)
        mask = box.get(variable)
        by_rest[rest] = None if mask is None or known is None else mask | known
    return [dict(rest) | ({} if mask is None else {variable: mask}) for rest, mask in by_rest.items()]


def _within(box: Box, other: Box) -> bool:
    return all(name in box and not box[name] & ~mask for name, mask in other.items())
