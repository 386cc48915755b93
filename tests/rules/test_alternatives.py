"""Joined tests hold where one of those joined holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.rules import ir
from lanner.rules.alternatives import MANY_PARTS, any_of_texts, merge_alternatives
from lanner.rules.evaluate import text_test
from lanner.rules.falco.condition import parse_condition

TEXTS = st.text("ab.^$\\\0ü☸\ud800\udcff\n", max_size=4)


@given(st.lists(TEXTS, min_size=1, max_size=6), st.lists(TEXTS, max_size=4).map("".join))
def test_a_text_contains_any_where_it_contains_one(texts, value):
    assert any_of_texts("contains", texts)(value) is any(text in value for text in texts)


PATTERNS = ["a+", "b|c", "(x)", "^a.*$", "[0-9]+", ""]


@pytest.mark.parametrize("value", ["a", "aa", "b", "c", "bc", "x", "abc", "17", "", "|", "ü"])
def test_patterns_match_together_what_one_of_them_matches(value):
    expected = any(text_test("regex", (pattern,))(value) for pattern in PATTERNS)
    assert any_of_texts("regex", PATTERNS)(value) is expected


@pytest.mark.parametrize("operator", ["contains", "regex"])
def test_what_is_too_large_together_is_tried_one_by_one(operator):
    """RE2 bounds its memory; tens of thousands of alternatives are beyond it."""
    texts = [f"{number:06}" * 20 for number in range(20_000)]
    test = any_of_texts(operator, texts)
    assert [test(text) for text in (texts[17], texts[-1], "000017", "")] == [True, True, False, False]


def merged(text):
    condition = parse_condition(text)
    return [(item.operator, item.right) for item in merge_alternatives(condition.items) if isinstance(item, ir.Compare)]


def values(*texts):
    return ir.Values(tuple(map(ir.Text, texts)))


def test_equalities_about_one_text_become_a_set():
    assert merged("ka.verb = a or ka.verb in (b, c) or ka.verb == a") == [("in", values("a", "b", "c"))]


def test_prefixes_become_one_test_and_few_parts_stay_apart():
    assert merged("ka.uri startswith a or ka.uri startswith b") == [("startswith", values("a", "b"))]
    assert len(merged("ka.uri contains a or ka.uri contains b")) == 2
    assert len(merged(" or ".join(f"ka.uri contains {number}" for number in range(MANY_PARTS)))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "ka.verb = a or ka.uri = b",
        "ka.verb = val(ka.uri) or ka.verb = b",
        "tolower(ka.verb) = a or tolower(ka.verb) in (b)",
        "ka.user.groups intersects (a) or ka.user.groups intersects (b)",
        "ka.verb != a or ka.verb != b",
    ],
)
def test_what_compares_otherwise_is_left_alone(text):
    assert len(merge_alternatives(parse_condition(text).items)) == 2
