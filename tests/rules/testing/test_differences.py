"""What differs between two texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.rules.testing.differences import MAX_WORDS, Segment, differences, nearest_text, plain, shorten


def shown(expected, got):
    return "".join(map(str, differences(expected, got)))


@pytest.mark.parametrize(
    ("expected", "got", "line"),
    [
        ("user=alice pod=api-0", "user=bob pod=api-0", "user=[-alice-]{+bob+} pod=api-0"),
        ("a b c", "a c", "a [-b -]c"),
        ("a c", "a b c", "a {+b +}c"),
        ("same", "same", "same"),
        ("", "x", "{+x+}"),
        ("x", "", "[-x-]"),
        ("a-1 b-1", "a-2 b-2", "a-[-1-]{+2+} b-[-1-]{+2+}"),
    ],
)
def test_what_differs_is_marked(expected, got, line):
    assert shown(expected, got) == line


@given(st.text("ab -=", max_size=30), st.text("ab -=", max_size=30))
def test_both_texts_can_be_read_from_the_difference(expected, got):
    line = differences(expected, got)
    assert "".join(segment.text for segment in line if segment.kind != "got") == expected
    assert "".join(segment.text for segment in line if segment.kind != "expected") == got


def test_long_texts_are_one_difference_and_cut():
    words = " ".join(map(str, range(MAX_WORDS)))
    line = differences(words, words.swapcase()[::-1])
    assert [segment.kind for segment in line if segment.kind != "same"] == ["expected", "got"]
    assert sum(len(segment.text) for segment in line) < 2_000
    assert "characters) ..." in shorten(words)


def test_the_text_most_like_the_expected_is_found():
    assert nearest_text("abc d", ["zzz", "abc e", "q"]) == "abc e"
    assert plain("x") == (Segment("same", "x"),)
