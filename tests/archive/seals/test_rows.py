"""A row's digest is of its values: not of file, order, chunks or types that mean the same."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.archive.seals.content import changed_rows, content_of, sum_of
from lanner.archive.seals.rows import FIRST_COLUMNS, row_digests

TEXT = st.none() | st.text(max_size=5)
ROW = st.tuples(
    TEXT, TEXT, st.none() | st.lists(TEXT, max_size=3), st.none() | st.integers(0, 9), st.binary(max_size=4)
)
NUMBERS = [1, 2, 3, 4, 5]


def table(rows, *, large=False):
    text, opaque = (pa.large_string(), pa.large_binary()) if large else (pa.string(), pa.binary())
    texts = pa.large_list(text) if large else pa.list_(text)
    kinds = [text, text, texts, pa.int32(), opaque]
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 5
    return pa.table(
        {str(i): pa.array(column, kind) for i, (column, kind) in enumerate(zip(columns, kinds, strict=True))}
    )


@given(st.lists(ROW, max_size=8))
def test_two_rows_have_one_digest_exactly_when_they_are_equal(rows):
    """Nulls, empty texts, empty lists and texts that run into each other are told apart."""
    digests = row_digests(table(rows), NUMBERS)
    for one, first in zip(rows, digests, strict=True):
        for other, second in zip(rows, digests, strict=True):
            assert (one == other) == (first == second)


@given(st.lists(ROW, max_size=8), st.integers(0, 8), st.integers(0, 8))
def test_the_digest_is_the_same_in_slices_chunks_and_large_types(rows, start, length):
    """What a compaction changes does not matter."""
    whole = table(rows)
    digests = row_digests(whole, NUMBERS)
    assert row_digests(whole.slice(start, length), NUMBERS) == digests[start : start + length]
    assert row_digests(pa.concat_tables([whole.slice(0, start), whole.slice(start)]), NUMBERS) == digests
    assert row_digests(table(rows, large=True), NUMBERS) == digests
    assert row_digests(whole.select(["3", "0", "4", "2", "1"]), [4, 1, 5, 3, 2]) == digests


def test_a_column_that_came_later_counts_only_where_it_says_something():
    """So the digests of rows that were written before stay as they are."""
    rows = table([("a", "b", ["c"], 1, b""), ("a", "b", ["c"], 2, b"")])
    added = rows.append_column("later", pa.array([None, "x"]))
    before, after = row_digests(rows, NUMBERS), row_digests(added, [*NUMBERS, FIRST_COLUMNS + 1])
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_bytes_that_are_no_text_are_refused():
    """They could be made to look like the marks between columns."""
    broken = pa.table(
        {"0": pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")])}
    )
    with pytest.raises(ValueError, match="UTF"):
        row_digests(broken, [1])


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=20), st.randoms())
def test_the_sum_does_not_depend_on_order_and_adds_up(digests, random):
    """Rows of several files in, the same rows out."""
    shuffled = digests.copy()
    random.shuffle(shuffled)
    half = len(digests) // 2
    parts = content_of(digests[:half]).number + content_of(digests[half:]).number
    assert content_of(shuffled).sum == content_of(digests).sum
    assert (parts - sum_of(shuffled)) % (1 << 2048) == 0


def test_changed_rows_are_named_by_their_block():
    """A row changed, removed, or two that changed places."""
    digests = [bytes([i // 256, i % 256]) * 16 for i in range(3500)]
    sealed = content_of(digests)
    assert changed_rows(sealed, digests) == []
    assert changed_rows(sealed, [*digests[:1500], b"x" * 32, *digests[1501:]]) == [(1001, 2000)]
    assert changed_rows(sealed, [digests[2001], *digests[1:2001], digests[0], *digests[2002:]]) == [
        (1, 1000),
        (2001, 3000),
    ]
    assert changed_rows(sealed, digests[:-1]) == [(3001, 3500)]
    assert changed_rows(sealed, digests[1:]) == [(1, 3500)]
