"""Formulas over classes: the search finds a way exactly where there is one."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.policy.coverage.formula import (
    All,
    Either,
    Literal,
    Model,
    TooWideError,
    both,
    either,
    find,
    models,
    negated,
)

FULL = 0b111
VARIABLES = ("a", "b")


def _literal(variable, mask, sure):
    return Literal(variable, mask | sure, sure, FULL, (variable, mask | sure, sure) if mask & ~sure else None)


literals = st.builds(_literal, st.sampled_from(VARIABLES), st.integers(0, FULL), st.integers(0, FULL))
formulas = st.recursive(
    literals | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: both(*items))
        | st.lists(inner, max_size=3).map(lambda items: either(*items))
        | inner.map(negated)
    ),
    max_leaves=8,
)


def _keys(formula):
    match formula:
        case Literal(key=key):
            return {key} - {None}
        case All(items) | Either(items):
            return set().union(*map(_keys, items))
    return set()


def _true(formula, classes, truths):
    match formula:
        case Literal(variable, mask, sure, _, key, wanted):
            if not mask >> classes[variable] & 1:
                return False
            return bool(sure >> classes[variable] & 1) or truths[key] is wanted
        case All(items):
            return all(_true(item, classes, truths) for item in items)
        case Either(items):
            return any(_true(item, classes, truths) for item in items)
    return formula


def _ways(formula):
    keys = sorted(_keys(formula))
    for places in product(range(3), repeat=2):
        for flags in product((False, True), repeat=len(keys)):
            classes, truths = dict(zip(VARIABLES, places, strict=True)), dict(zip(keys, flags, strict=True))
            if _true(formula, classes, truths):
                yield classes, truths


@given(formulas)
def test_a_way_is_found_exactly_where_there_is_one(formula):
    """Compared with trying everything."""
    ways = list(_ways(formula))
    assert (find([formula]) is not None) is bool(ways)
    found = list(models([formula]))
    for classes, truths in ways:
        assert any(_in(model, classes, truths) for model in found)


def _in(model: Model, classes, truths):
    inside = all(mask >> classes[variable] & 1 for variable, mask in model.domains.items())
    return inside and all(_outcome(key, classes, truths) is truth for key, truth in model.truths.items())


def _outcome(key, classes, truths):
    variable, mask, sure = key
    bit = 1 << classes[variable]
    return bool(sure & bit) or (bool(mask & bit) and truths[key])


@given(formulas)
def test_negation_is_true_where_the_formula_is_not(formula):
    """Over the same keys."""
    keys = sorted(_keys(formula))
    for places in product(range(3), repeat=2):
        for flags in product((False, True), repeat=len(keys)):
            classes, truths = dict(zip(VARIABLES, places, strict=True)), dict(zip(keys, flags, strict=True))
            assert _true(negated(formula), classes, truths) is not _true(formula, classes, truths)


def test_a_search_that_takes_too_long_is_given_up():
    """With an error, not with an answer."""
    pairs = [either(_literal(f"x{n}", 0b1, 0b1), _literal(f"y{n}", 0b1, 0b1)) for n in range(8)]
    with pytest.raises(TooWideError):
        list(models(pairs, most=20))
