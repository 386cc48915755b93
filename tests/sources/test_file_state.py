"""Marks, and checkpoints that hold what was saved."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.sources.file_state import HEAD_BYTES, Done, LogState, Mark, Position, load, mark_of, save


@given(st.binary(max_size=60), st.integers(0, 80), st.binary(max_size=20))
def test_a_file_keeps_its_mark_while_it_grows(head, offset, more):
    mark = mark_of(head, offset)
    assert mark.matches(head + more) == (min(offset, len(head)) > 0)


def test_a_mark_covers_only_the_head_and_tells_others_apart():
    assert mark_of(b"x" * HEAD_BYTES, 10_000).length == HEAD_BYTES
    assert not mark_of(b"one", 3).matches(b"two")
    assert not mark_of(b"one", 3).matches(b"on")


def test_a_checkpoint_survives_json():
    state = LogState(Position("a", 1, 2, 3, Mark(4, "ff")), (Done(Mark(5, "aa"), 6),))
    assert load(json.loads(json.dumps(save({"log": msgspec.to_builtins(state)})))) == {"log": state}


def test_memory_of_finished_files_is_bounded():
    state = LogState()
    for number in range(50):
        state = state.leave(mark_of(b"%d" % number, 9), number)
    assert len(state.done) == 16
    assert state.done_offset(b"49") == 49


@pytest.mark.parametrize("bad", [{}, {"version": 2, "logs": {}}, {"version": 1}, {"version": 1, "logs": {"a": []}}])
def test_what_is_no_checkpoint_is_refused(bad):
    with pytest.raises(ValueError, match=r"."):
        load(bad)
