"""Ways into decoded JSON."""

import json

from hypothesis import given
from hypothesis import strategies as st

from lanner.audit.pointer import MISSING, collect, descend, parse_pointer, text_of, texts_of

KEY = st.text("ab~/01", max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text('aü"\\\n☸', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=10,
)


def _places(value, keys=()):
    yield keys, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*keys, str(key)))


@given(JSON)
def test_every_place_is_found_by_its_written_pointer(value):
    """Escaping and parsing are inverses, and descend finds what stands there."""
    for keys, there in _places(value):
        if keys:
            pointer = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
            assert parse_pointer(pointer) == keys
            assert descend(value, keys) == there


@given(JSON, st.lists(KEY, max_size=4))
def test_any_way_ends_in_a_value_or_nowhere(value, keys):
    """Neither way raises on any value."""
    descend(value, keys)
    collect(value, keys)
    collect(value, keys, 1)


@given(JSON)
def test_text_is_the_string_itself_or_its_json(value):
    """What is no string reads back as the same JSON."""
    text = text_of(value)
    assert text == value if isinstance(value, str) else json.loads(text) == value


def test_collecting_marks_what_is_missing_below_a_list():
    """A list's items keep their places."""
    assert collect([{"a": 1}, {}, [{"a": 2}]], ("a",)) == [1, MISSING, 2]
    assert texts_of([1, MISSING]) == ["1"]
    assert texts_of([MISSING]) is None


def test_lists_within_lists_are_collected_however_deep():
    """A hostile body does not exhaust the stack."""
    value = [{"a": 1}]
    for _ in range(100_000):
        value = [value, {"a": 2}]
    assert collect(value, ("a",)) == [1] + [2] * 100_000


def test_text_of_what_no_stack_holds_is_empty():
    """Depth bounds nothing but the text."""
    value = []
    for _ in range(100_000):
        value = [value]
    assert text_of(value) == ""
