"""The walk tells of every value, inner before outer, with its place."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lanner.audit.redaction.walk import OddTextError, walk

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


class Notes:
    """Keeps what it is told."""

    def __init__(self):
        self.members = []
        self.closed = 0

    def member(self, frame, key, start, end):
        self.members.append((key.decode("utf-8", "surrogatepass"), start, end))

    def close(self, _frame):
        self.closed += 1


def told(value, key="", *, root=True):
    """Give names and values in the order in which a walk must tell of them."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from told(below, name, root=False)
    elif isinstance(value, list):
        for below in value:
            yield from told(below, root=False)
    if not root:
        yield key, value


@given(TREES.filter(lambda tree: "managedFields" not in json.dumps(tree)), st.booleans(), st.sampled_from([None, 2]))
def test_each_value_is_told_with_its_name_and_text(tree, ascii_, indent):
    text = json.dumps(tree, ensure_ascii=ascii_, indent=indent).encode("utf-8", "surrogatepass")
    notes = Notes()
    assert walk(text, 0, notes) == len(text)
    assert [(key, json.loads(text[start:end])) for key, start, end in notes.members] == list(told(tree))


@pytest.mark.parametrize("text", [b"", b'{"a":', b'{"a":1]', b"[1}", b"]", b'"open', b'{"a":"open}', b"[" * 100])
def test_what_is_no_json_is_an_error(text):
    with pytest.raises(OddTextError):
        walk(text, 0, Notes())


def test_managed_fields_are_passed_over():
    """They name fields and hold no values."""
    notes = Notes()
    text = b'{"managedFields":[{"fieldsV1":{"f:data":{"a]":{}}}}],"data":{"a":"b"}}'
    assert walk(text, 0, notes) == len(text)
    assert [key for key, _, _ in notes.members] == ["a", "data"]


def test_depth_costs_no_recursion():
    text = b"[" * 200_000 + b"]" * 200_000
    notes = Notes()
    assert walk(text, 0, notes) == len(text)
    assert notes.closed == 200_000
