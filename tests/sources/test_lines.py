"""Cutting chunks into lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lanner.sources.lines import LineSplitter, count_newlines, split_lines, to_batch


@given(st.lists(st.binary(max_size=30)), st.integers(0, 5))
def test_chunk_bounds_do_not_matter(chunks, limit):
    """Any way of cutting the stream gives what one cut gives."""
    whole, pieces = LineSplitter(limit), LineSplitter(limit)
    expected = whole.feed(b"".join(chunks)) + whole.finish()
    got = [line for chunk in chunks for line in pieces.feed(chunk)] + pieces.finish()
    assert got == expected
    assert pieces.end == sum(map(len, chunks))


@given(st.lists(st.sampled_from([b"a", b"\n", b"bc", b"\r"])).map(b"".join), st.integers(0, 9))
def test_newlines_are_found_as_python_finds_them(text, end):
    assert split_lines(text) == text.split(b"\n")
    assert count_newlines(text, end) == text.count(b"\n", 0, end)


def test_a_batch_sets_oversized_lines_aside_with_their_place():
    splitter = LineSplitter(3)
    batch = to_batch("s", "o", splitter.feed(b"ab\nabcdef\nc\n"), 3)
    assert (batch.lines, batch.offsets) == ([b"ab", b"c"], [0, 10])
    (reject,) = batch.rejects
    assert (reject.source, reject.origin, reject.offset, reject.size) == ("s", "o", 3, 6)


def test_an_endless_line_is_not_kept_in_memory():
    splitter = LineSplitter(1000)
    for _ in range(50):
        assert splitter.feed(b"x" * 1_000_000) == []
    assert sum(map(len, splitter._held)) <= 1024 * 1024
    assert splitter.finish()[0].size == 50_000_000
