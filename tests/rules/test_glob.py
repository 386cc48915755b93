"""Shell patterns, case by case and against fnmatch."""

from __future__ import annotations

import ctypes
import fnmatch
import locale
import platform

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.rules.glob import LONGEST, glob_matcher


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
        ("[z-a]", [], ["b", "z", "[z-a]"]),
        ("[a-", [], ["[a-", "a"]),
        ("[[:foo:]]", [], ["f", "[[:foo:]]"]),
        ("[[.-.]a]", ["-", "a"], ["."]),
        ("[[=a=]]", ["a"], ["="]),
        ("[[.a", [], ["[[.a", "a"]),
        (r"[\]]", ["]"], ["\\"]),
        (r"[a\-c]", ["a", "-", "c"], ["b"]),
        (r"\*", ["*"], ["a"]),
        ("a\\", [], ["a", "a\\"]),
        ("", [""], ["a"]),
        ("a.b", ["a.b"], ["axb"]),
        # A slash and a leading period are characters like others; groups are no part of the language.
        ("*", [".x", "/x"], []),
        ("?", [".", "/"], ["\u00e9"]),
        ("??", ["\u00e9"], []),
        ("@(a|b)c", ["@(a|b)c"], ["ac"]),
        ("*(a)", ["x(a)", "(a)"], ["a", ""]),
        ("!(a)", ["!(a)"], ["b"]),
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


def test_a_pattern_out_of_bounds_is_compared_as_it_stands():
    pattern = "[!a]?" * (LONGEST // 4)
    matches = glob_matcher(pattern)
    assert matches(pattern)
    assert not matches("bb" * (LONGEST // 4))
    longest = "[!a]" * (LONGEST // 4)
    assert glob_matcher(longest)("b" * (LONGEST // 4))


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("[A-C]x?", ["bX1"], ["dx1"]),
        ("[[:upper:]]", ["a", "A"], ["1"]),
        ("[!a]", ["b"], ["A", "a"]),
        ("A\\B?", ["abc"], ["ab"]),
    ],
)
def test_case_is_ignored_in_sets(pattern, yes, no):
    matches = glob_matcher(pattern, ignore_case=True)
    assert [text for text in yes if not matches(text)] == []
    assert [text for text in no if matches(text)] == []


@pytest.fixture(scope="module")
def c_library():
    """The C library whose fnmatch Falco calls, in the C locale; patterns of others are not held against it."""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("fnmatch of the GNU C library is not there")
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "C")
    yield ctypes.CDLL(None)
    locale.setlocale(locale.LC_ALL, before)


FNM_CASEFOLD = 16
_pieces = st.sampled_from([*"ab]-[A!^\\*?.:\u00e9/z", "[:alpha:]", "[:foo:]", "[=b=]", "[[:upper:]-]", "[!a-c]"])
# A set that ends with "[-" is the one place where they part: the C library takes its bracket for itself.
_patterns = st.lists(_pieces, max_size=7).map("".join).filter(lambda pattern: not pattern.endswith("-"))


@given(_patterns, st.text("ab]-[A!^\\*?.:\u00e9/z", max_size=5), st.booleans())
def test_patterns_agree_with_fnmatch_of_the_c_library(c_library, pattern, text, ignore_case):
    found = c_library.fnmatch(pattern.encode(), text.encode(), FNM_CASEFOLD if ignore_case else 0) == 0
    assert glob_matcher(pattern, ignore_case=ignore_case)(text) is found


@given(st.text("ab*?.", max_size=6), st.text("ab.\n", max_size=6))
def test_plain_patterns_agree_with_fnmatch(pattern, text):
    assert glob_matcher(pattern)(text) == fnmatch.fnmatchcase(text, pattern)
