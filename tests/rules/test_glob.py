"""Shell patterns, case by case and against fnmatch."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.rules.glob import glob_matcher


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("abc", ["abc"], ["ab", "abcd", "ABC"]),
        ("*", ["", "a/b"], []),
        ("a*", ["a", "abc"], ["ba"]),
        ("*a", ["a", "ba"], ["ab"]),
        ("*a*", ["bab"], ["b"]),
        ("**a", ["ba"], ["b"]),
        ("a?c", ["abc", "a/c", "a\nc"], ["ac"]),
        ("[a-c]x", ["bx"], ["dx"]),
        ("[!a-c]x", ["dx"], ["ax"]),
        ("[^a]", ["b"], ["a"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[[:digit:]]", ["5"], ["a"]),
        ("[a^]", ["^", "a"], ["b"]),
        ("[", ["["], ["a"]),
        ("[z-a]", ["[z-a]"], ["b"]),
        (r"\*", ["*"], ["a"]),
        ("a.b", ["a.b"], ["axb"]),
        ("@(a|b)c", ["ac", "bc"], ["c", "abc"]),
        ("?(a)b", ["b", "ab"], ["aab"]),
        ("*(ab|c)", ["", "abcab"], ["a"]),
        ("+(a)", ["a", "aa"], [""]),
        ("@(a|@(b|c))", ["a", "c"], ["d"]),
        ("@(a", ["@(a"], ["a"]),
        ("@(a\\)|b)", ["a)", "b"], ["a"]),
        ("!(a|b)", ["", "c", "ab"], ["a", "b"]),
        ("x!(a)y", ["xy", "xby"], ["xay"]),
        ("!(a", ["!(a"], ["a"]),
    ],
)
def test_patterns_match_whole_texts(pattern, yes, no):
    matches = glob_matcher(pattern)
    assert [text for text in yes if not matches(text)] == []
    assert [text for text in no if matches(text)] == []


def test_case_is_ignored_for_ascii_letters_only():
    matches = glob_matcher("NAME-\u00c9*", ignore_case=True)
    assert matches("name-\u00c9x")
    assert not matches("name-\u00e9x")


@given(st.text("ab*?.", max_size=6), st.text("ab.\n", max_size=6))
def test_plain_patterns_agree_with_fnmatch(pattern, text):
    assert glob_matcher(pattern)(text) == fnmatch.fnmatchcase(text, pattern)
