"""Formulas over variables whose values fall into finitely many classes, and the search for a way to make them true.

A set of classes is an integer, one bit a class. Variables do not depend on each other but by formulas.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

import msgspec

MOST_STEPS = 20_000
"""Choices that a search makes before it gives up."""


class TooWideError(Exception):
    """A search took more choices than it may."""


class Literal(msgspec.Struct, frozen=True):
    """A check of one variable: true in the classes `sure`, maybe true in the further ones of `mask`, else false.

    `key` is the check's identity: whether it holds within a class that does not say is decided once for all.
    """

    variable: str
    mask: int
    sure: int
    full: int
    key: Hashable = None
    wanted: bool = True


class All(msgspec.Struct, frozen=True):
    """True where all items are."""

    items: tuple[Formula, ...]


class Either(msgspec.Struct, frozen=True):
    """True where one of the items is."""

    items: tuple[Formula, ...]


Formula = bool | Literal | All | Either


class Model(msgspec.Struct):
    """Classes left for each variable that is narrowed, and what was decided of checks that their class leaves open."""

    domains: dict[str, int]
    truths: dict[Hashable, bool]


def both(*items: Formula) -> Formula:
    """Return the formula that all items hold."""
    return _joined(items, All, idle=True)


def either(*items: Formula) -> Formula:
    """Return the formula that one of the items holds."""
    return _joined(items, Either, idle=False)


def _joined(items: Iterable[Formula], kind: type[All | Either], *, idle: bool) -> Formula:
    """Join items as `kind` does; `idle` is what changes nothing in it, and its contrary decides alone."""
    kept: list[Formula] = []
    for item in items:
        if isinstance(item, bool):
            if item is not idle:
                return item
        else:
            kept.extend(item.items if isinstance(item, kind) else (item,))
    return (kept[0] if len(kept) == 1 else kind(tuple(kept))) if kept else idle


def negated(formula: Formula) -> Formula:
    """Return the formula that holds where another does not."""
    match formula:
        case bool():
            return not formula
        case Literal(variable, mask, sure, full, key, wanted):
            return Literal(variable, full & ~sure, full & ~mask, full, key, not wanted)
        case All(items):
            return either(*map(negated, items))
        case Either(items):
            return both(*map(negated, items))


def find(formulas: Iterable[Formula], most: int = MOST_STEPS) -> Model | None:
    """Return a way to make all formulas true, None where there is none; raises TooWideError."""
    return next(models(formulas, most), None)


def models(formulas: Iterable[Formula], most: int = MOST_STEPS) -> Iterator[Model]:
    """Yield ways that together are all ways to make the formulas true; raises TooWideError."""
    return _search(list(formulas), Model({}, {}), _Meter(most))


class _Meter:
    def __init__(self, left: int) -> None:
        self.left = left

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooWideError


def _search(pending: list[Formula], model: Model, meter: _Meter) -> Iterator[Model]:
    choices = _settled(pending, model)
    if choices is None:
        return
    if not choices:
        yield model
        return
    chosen = min(choices, key=lambda choice: len(choice.items))
    rest: list[Formula] = [choice for choice in choices if choice is not chosen]
    for item in chosen.items:
        meter.step()
        yield from _search([item, *rest], Model(dict(model.domains), dict(model.truths)), meter)


def _settled(pending: list[Formula], model: Model) -> list[Either] | None:
    """Take up what must hold until only choices are left; None where it cannot hold. Changes the model."""
    while True:
        choices: list[Either] = []
        narrowed = False
        while pending:
            formula = reduced(pending.pop(), model)
            match formula:
                case False:
                    return None
                case Literal():
                    _assume(formula, model)
                    narrowed = True
                case All(items):
                    pending.extend(items)
                case Either():
                    choices.append(formula)
        if not narrowed or not choices:
            return choices
        pending = list(choices)


def _assume(literal: Literal, model: Model) -> None:
    left = model.domains.get(literal.variable, literal.full) & literal.mask
    model.domains[literal.variable] = left
    if literal.key is not None and left & ~literal.sure:
        model.truths[literal.key] = literal.wanted


def reduced(formula: Formula, model: Model) -> Formula:
    """Return what is left of a formula under what is known."""
    match formula:
        case Literal():
            return _known(formula, model)
        case All(items):
            kept = []
            for item in items:
                left = reduced(item, model)
                if left is False:
                    return False
                if left is not True:
                    kept.append(left)
            return both(*kept)
        case Either(items):
            kept = []
            for item in items:
                left = reduced(item, model)
                if left is True:
                    return True
                if left is not False:
                    kept.append(left)
            return either(*kept)
    return formula


def _known(literal: Literal, model: Model) -> Formula:
    domain = model.domains.get(literal.variable, literal.full)
    if not domain & literal.mask:
        return False
    if not domain & ~literal.sure:
        return True
    decided = model.truths.get(literal.key) if literal.key is not None else None
    if decided is None:
        return literal
    return decided is literal.wanted
