"""Lists as text and macros as trees; where each character came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.rules.falco.expansion import Traced, insert_lists


def _inserted(text, **lists):
    traced, used = Traced(text), set()
    insert_lists(traced, lists, used)
    return traced.text, used


@pytest.mark.parametrize(
    ("text", "items", "result"),
    [
        ("a in (L)", ["x", "y z"], 'a in ( x, "y z" )'),
        ("a in (L)", [], "a in (  )"),
        ("a in (L, b)", [], "a in (   b)"),
        ("a in (b, L)", [], "a in (b  )"),
        ("a in (L, L)", ["x"], "a in ( x , x )"),
        ("a = L", ["x"], "a = x "),
        ("L", ["x"], "x "),
        ("a in (LL, xL, L.b)", ["x"], "a in (LL, xL, L.b)"),
        ("a in (L)", ["'q w'", ""], "a in ( 'q w',  )"),
    ],
)
def test_a_list_replaces_its_name_where_that_stands_alone(text, items, result):
    assert _inserted(text, L=items) == (result, {"L"} if result != text else set())


def test_lists_are_inserted_in_the_order_of_definition():
    """What an earlier list brought in is seen by a later one."""
    assert _inserted("a in (L)", L=["M"], M=["x"])[0].replace(" ", "") == "ain(x)"
    assert _inserted("a in (L)", M=["x"], L=["M"])[0].replace(" ", "") == "ain(M)"


@given(
    st.lists(st.sampled_from(["L", "and", "x", "(", ")", ","]), max_size=12),
    st.lists(st.sampled_from("abc"), max_size=3),
)
def test_every_character_knows_its_origin(words, items):
    """What was not replaced is found again at its old place."""
    text = " ".join(words)
    traced = Traced(text)
    insert_lists(traced, {"L": items}, set())
    for offset, character in enumerate(traced.text):
        origin = traced.origin(offset)
        assert 0 <= origin <= len(text)
        if character in "(x":
            assert text[origin] == character
