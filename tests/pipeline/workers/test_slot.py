"""Memory that two processes share."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.pipeline.workers.slot import FIRST_BYTES, KEPT_BYTES, Slot


@pytest.fixture
def sides():
    """The two sides' views of one slot."""
    mine = Slot.create()
    theirs = Slot(os.dup(mine.descriptor))
    yield mine, theirs
    mine.close()
    theirs.close()


@given(st.binary(max_size=20), st.lists(st.binary(max_size=20)))
def test_what_one_side_writes_the_other_cuts_out_again(head, lines):
    mine = Slot.create()
    mine.write(head, [memoryview(line) for line in lines], len(head) + sum(map(len, lines)))
    assert mine.read(len(head)) == head
    assert mine.cut(len(head), list(map(len, lines))) == lines
    mine.close()


def test_it_grows_from_either_side_and_shrinks_again(sides):
    mine, theirs = sides
    for writer, reader, size in ((mine, theirs, KEPT_BYTES + 5), (theirs, mine, 3 * KEPT_BYTES)):
        writer.write(b"ab", [b"x" * size], size + 2)
        assert reader.read(size + 2) == b"ab" + b"x" * size
    mine.shrink()
    assert os.fstat(mine.descriptor).st_size == FIRST_BYTES
    mine.shrink()
    theirs.write(b"small", (), 5)
    assert mine.read(5) == b"small"
    theirs.write(b"", [b"y" * FIRST_BYTES * 2], FIRST_BYTES * 2)
    assert mine.read(FIRST_BYTES * 2) == b"y" * FIRST_BYTES * 2


def test_there_is_nothing_in_the_file_system(sides):
    assert os.fstat(sides[0].descriptor).st_nlink == 0
