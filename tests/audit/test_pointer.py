"""Ways into decoded JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.audit.pointer import MISSING, descend, member, parse_pointer

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
    """No way raises on any value."""
    descend(value, keys)


@pytest.mark.parametrize(
    ("key", "found"),
    [("0", "a"), ("1", "b"), ("2", MISSING), ("+1", "b"), ("-0", "a"), ("01", "b"), ("-1", MISSING), ("", MISSING),
     ("1_0", MISSING), ("\u0661", MISSING), (" 1", MISSING), ("9" * 400, MISSING), ("x", MISSING)],
)  # fmt: skip
def test_places_in_lists_are_read_as_go_reads_numbers(key, found):
    """With signs and leading zeros, of ASCII digits alone."""
    assert member(["a", "b"], key) is found
