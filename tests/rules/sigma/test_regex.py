"""Translated regular expressions hold where Python's, searched for, hold."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.audit.fields_each import MARK, marked
from lanner.rules.patterns import regex_matcher
from lanner.rules.sigma.regex import RegexError, ignores_case, translate
from lanner.rules.text import ascii_lower

ATOMS = [
    "a",
    "B",
    "1",
    "_",
    " ",
    "-",
    r"\.",
    r"\d",
    r"\W",
    r"\s",
    "[a-c]",
    "[^a1]",
    r"[\w-]",
    r"[^\s.]",
    "[A-b]",
    ".",
    r"\x41",
]


def branches(inner):
    pieces = st.tuples(inner, st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "*?", "{x"])).map("".join)
    return st.lists(st.lists(pieces, min_size=1, max_size=3).map("".join), min_size=1, max_size=3)


def grouped(inner):
    return st.tuples(st.sampled_from(["(", "(?:", "(?P<n>"]), branches(inner)).map(
        lambda part: f"{part[0]}{'|'.join(part[1])})"
    )


PLAIN = st.sampled_from(ATOMS)
BRANCH = st.tuples(st.sampled_from(["", "^", r"\A"]), branches(PLAIN | grouped(PLAIN)), st.sampled_from(["", "$"])).map(
    lambda part: "|".join(f"{part[0]}{text}{part[2]}" for text in part[1])
)
TEXTS = st.text(alphabet="abB1_ -.\té{x", max_size=6)


def compiled(pattern, flags):
    """Names of groups may stand once only."""
    return re.compile(pattern.replace("?P<n>", "?:"), flags | re.ASCII)


@settings(max_examples=150, deadline=None)
@given(pattern=BRANCH, texts=st.lists(TEXTS, min_size=1, max_size=6), fold=st.booleans())
def test_a_pattern_holds_where_it_is_found(pattern, texts, fold):
    matches = regex_matcher(translate(pattern, "i" if fold else ""))
    found = compiled(pattern, re.IGNORECASE if fold else 0)
    for text in texts:
        assert matches(ascii_lower(text) if fold else text) is (found.search(text) is not None), (pattern, text)


@settings(max_examples=150, deadline=None)
@given(pattern=BRANCH, texts=st.lists(TEXTS, min_size=1, max_size=4), fold=st.booleans())
def test_among_several_values_it_holds_where_it_is_found_in_one(pattern, texts, fold):
    matches = regex_matcher(translate(pattern, "i" if fold else "", mark=MARK))
    found = compiled(pattern, re.IGNORECASE if fold else 0)
    together = marked(texts)
    expected = any(found.search(text) for text in texts)
    assert matches(ascii_lower(together) if fold else together) is expected, (pattern, texts)


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        ("(?i)CMD", "x cmd", True),
        ("(?s)a.b", "a\nb", True),
        ("a.b", "a\nb", False),
        ("(?m)^b$", "a\nb\nc", True),
        ("^b", "a\nb", False),
        (r"\u0041\.", "xA.", True),
        ("[]a]", "]", True),
    ],
)
def test_flags_anchors_and_escapes(pattern, text, holds):
    assert regex_matcher(translate(pattern))(text) is holds


@pytest.mark.parametrize(
    "pattern",
    ["a(?=b)", r"(a)\1", r"\bcmd\b", "(^a)", "a^b", "a*+", "[[:alpha:]]", "(a", "a)", "[a", "\\", r"\xZZ", "[b-a]",
     "^*", "(" * 40 + "a" + ")" * 40],
)  # fmt: skip
def test_what_posix_syntax_cannot_say_is_refused(pattern):
    with pytest.raises(RegexError):
        translate(pattern)


def test_the_edges_of_lines_are_not_asked_of_several_values():
    with pytest.raises(RegexError, match="flag m"):
        translate("^a", "m", mark=MARK)


@pytest.mark.parametrize(
    ("pattern", "flags", "ignores"), [("a", "", False), ("a", "i", True), ("(?sm)a", "", False), ("(?smi)a", "s", True)]
)
def test_the_flag_i_is_found_at_the_beginning_or_beside(pattern, flags, ignores):
    assert ignores_case(pattern, flags) is ignores
