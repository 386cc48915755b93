"""Trees: both kinds answer alike, and texts are as written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.audit.decode import decode
from lanner.audit.pointer import MISSING
from lanner.audit.tree import DOCUMENT, REQUEST, InexactError, Plain, Written, collect, find, list_at, text_at, written

KEY = st.sampled_from(["a", "b", "0", "", "\u00e9"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text('a\u00fc"\\\n', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=10,
)
HEAD = (
    b'{"kind":"Event","auditID":"a","stage":"ResponseComplete","stageTimestamp":"2026-01-01T00:00:00Z","requestObject":'
)


def _event(body):
    return decode(HEAD + body.encode() + b"}").events[0]


def _texts(tree, values):
    return values and [MISSING if value is MISSING else tree.text(value) for value in values]


@given(JSON, st.lists(KEY, max_size=4), st.none() | st.integers(0, 2))
def test_the_decoded_tree_answers_as_the_written_one_or_says_that_it_cannot(value, keys, index):
    """Places, lists on the way and texts."""
    written_tree = Written(json.dumps(value).encode())
    try:
        plain = Plain(value)
        answers = _texts(plain, collect(plain, keys, index)), _texts(plain, [find(plain, keys)])
    except InexactError:
        return
    assert answers == (
        _texts(written_tree, collect(written_tree, keys, index)),
        _texts(written_tree, [find(written_tree, keys)]),
    )


@pytest.mark.parametrize(
    ("json_text", "text"),
    [
        ('"a b"', "a b"),
        ('"\\u003c\\n"', "<\n"),
        ("1.50", "1.50"),
        ("1E+2", "1E+2"),
        ("-0", "-0"),
        ("0", "0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("null", "null"),
        ('{ "b" : [ 1.0 , "x y" ] , "a" : "\\u003c\\/" }', '{"b":[1.0,"x y"],"a":"\\u003c\\/"}'),
        ('{"a\\" b": " \\\\"}', '{"a\\" b":" \\\\"}'),
        ('{"a": "\u00e9"}', '{"a":"\u00e9"}'),
        ("[ ]", "[]"),
    ],
)
def test_a_value_has_the_text_that_it_was_written_with(json_text, text):
    """Blanks apart; the expected texts are those of the oracle program."""
    assert written(json_text.encode()) == text
    assert text_at(_event(json_text), REQUEST, ()) == text
    assert text_at(_event(json_text), DOCUMENT, ("requestObject",)) == text
    assert list_at(_event(f"[{json_text}]"), REQUEST, ()) == [text]


def test_collecting_marks_what_is_missing_below_a_list():
    """A list's items keep their places, and an empty key opens the last list."""
    tree = Plain([{"a": 1}, {}, [{"a": 2}]])
    assert collect(tree, ("a",)) == [1, MISSING, 2]
    assert collect(tree, ("a",), 1) is None
    assert collect(tree, ("a",), 3) is None
    assert collect(tree, ("",)) == [{"a": 1}, {}, {"a": 2}]
    assert collect(tree, ("",), 2) == [[{"a": 2}]]


def test_lists_within_lists_are_collected_however_deep():
    """A hostile body does not exhaust the stack."""
    value = [{"a": 1}]
    for _ in range(100_000):
        value = [value, {"a": 2}]
    assert collect(Plain(value), ("a",)) == [1] + [2] * 100_000
