"""Patterns of decimal texts against numbers themselves."""

import math
import operator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.rules.patterns import regex_matcher
from lanner.rules.sigma.numbers import comparison

OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "!=": operator.ne}


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(-2000, 2000)
    | st.integers(-(10**15), 10**15)
    | st.integers(-30_000, 30_000).map(lambda number: number / 100)
    | st.sampled_from([0.0, -0.0, 0.05, -0.5, 1e-7, 100.25]),
    others=st.lists(
        st.integers(-50, 2100).map(str)
        | st.integers(-(10**16), 10**16).map(str)
        | st.decimals(-20, 2100, places=2).map(lambda number: f"{number:f}")
        | st.decimals(-1, 1, places=4).map(lambda number: f"{number:f}"),
        min_size=1,
        max_size=8,
    ),
    symbol=st.sampled_from(sorted(OPERATORS)),
)
def test_a_comparison_holds_for_the_texts_of_the_numbers_that_it_holds_for(number, others, symbol):
    matches = regex_matcher(comparison(symbol, number))
    exact = Decimal(repr(number))
    near = [f"{exact + step:f}" for step in map(Decimal, ("0", "1", "-1", "0.01", "-0.001"))]
    for other in [*others, *near, "0", "-0", "0.0"]:
        assert matches(other) is OPERATORS[symbol](Decimal(other), exact), (other, symbol, number)


@pytest.mark.parametrize("number", [-(10**15) - 1, 1e-16, 10**15 + 1, math.inf, math.nan])
def test_other_numbers_cannot_be_compared_with(number):
    assert comparison("<", number) is None


@pytest.mark.parametrize("text", ["", "x", "1x", "01x", "1e3", "true"])
def test_what_is_no_decimal_number_meets_no_comparison(text):
    assert not any(regex_matcher(comparison(symbol, 400))(text) for symbol in OPERATORS)
