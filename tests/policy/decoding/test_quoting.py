"""Texts and numbers as Go prints them."""

import pytest

from lanner.policy.decoding.quoting import float_text, json_list, json_quote, quote


@pytest.mark.parametrize(
    ("text", "quoted", "as_json"),
    [
        ("a", '"a"', '"a"'),
        ('"\\', r'"\"\\"', r'"\"\\"'),
        ("\n\t\x01\x7f", r'"\n\t\x01\x7f"', '"\\n\\t\\u0001\x7f"'),
        ("é<&>", '"é<&>"', r'"é\u003c\u0026\u003e"'),
        ("\u2028\ufeff", r'"\u2028\ufeff"', '"\\u2028\ufeff"'),
        ("\U000e0001", r'"\U000e0001"', '"\U000e0001"'),
    ],
)
def test_quotes(text, quoted, as_json):
    assert quote(text) == quoted
    assert json_quote(text) == as_json
    assert json_list([text, "b"]) == f'[{as_json},"b"]'


@pytest.mark.parametrize(
    ("number", "as_json", "as_key"),
    [
        (1.5, "1.5", "1.5"),
        (1e30, "1e+30", "1e+30"),
        (1e20, "100000000000000000000", "1e+20"),
        (1e-7, "1e-7", "1e-07"),
        (0.00001, "0.00001", "1e-05"),
        (1000000.0, "1000000", "1e+06"),
        (0.0, "0", "0"),
        (-2.5e-10, "-2.5e-10", "-2.5e-10"),
        (float("inf"), "+Inf", "+Inf"),
        (float("-inf"), "-Inf", "-Inf"),
        (float("nan"), "NaN", "NaN"),
    ],
)
def test_numbers_of_json_and_of_keys(number, as_json, as_key):
    assert float_text(number) == as_json
    assert float_text(number, largest=6) == as_key
