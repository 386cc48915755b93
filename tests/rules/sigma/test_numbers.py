"""Patterns of decimal texts against numbers themselves."""

import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.rules.patterns import regex_matcher
from lanner.rules.sigma.numbers import comparison

OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "!=": operator.ne}


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(0, 2000) | st.integers(0, 10**15),
    others=st.lists(
        st.integers(-50, 2100).map(str)
        | st.integers(-(10**16), 10**16).map(str)
        | st.decimals(-20, 2100, places=2).map(str),
        min_size=1,
        max_size=8,
    ),
    symbol=st.sampled_from(sorted(OPERATORS)),
)
def test_a_comparison_holds_for_the_texts_of_the_numbers_that_it_holds_for(number, others, symbol):
    matches = regex_matcher(comparison(symbol, number))
    for other in [*others, str(number), str(number + 1), str(max(0, number - 1))]:
        value = float(other) if "." in other else int(other)
        assert matches(other) is OPERATORS[symbol](value, number), (other, symbol, number)


@pytest.mark.parametrize("number", [-1, 1.5, 10**15 + 1])
def test_other_numbers_cannot_be_compared_with(number):
    assert comparison("<", number) is None


@pytest.mark.parametrize("text", ["", "x", "1x", "01x", "1e3", "true"])
def test_what_is_no_decimal_number_meets_no_comparison(text):
    assert not any(regex_matcher(comparison(symbol, 400))(text) for symbol in OPERATORS)
