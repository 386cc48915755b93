"""The digest of each row: of what its columns say, whatever file, page or order they stand in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from lanner.archive.auditids import uuid_texts

FIRST_COLUMNS = 47
"""Columns that the first table had. Later ones count in a row only where they are not null, so old digests hold."""

# Text is UTF-8, in which none of these bytes occurs: that keeps two different rows from giving the same bytes.
_BYTES = pa.large_binary()
_NEXT, _NULL, _ITEM = (pa.scalar(mark, _BYTES) for mark in (b"\xff", b"\xfe", b"\xfc"))
_EMPTY = pa.scalar(b"", _BYTES)
_STEP_ROWS, _STEP_BYTES = 2000, 8 * 1024 * 1024
"""Rows that are copied at once to be digested, about."""
_TEXT = (pa.string(), pa.large_string())


def row_digests(rows: pa.Table, numbers: Sequence[int]) -> list[bytes]:
    """Return the SHA-256 of each row; `numbers` are the columns' field ids. Raises ValueError for broken UTF-8."""
    step = min(_STEP_ROWS, max(1, rows.num_rows * _STEP_BYTES // max(rows.nbytes, 1)))
    return [digest for batch in rows.to_batches(step) for digest in _batch_digests(batch, numbers)]


def _batch_digests(batch: pa.RecordBatch, numbers: Sequence[int]) -> list[bytes]:
    columns = sorted(zip(numbers, batch.columns, strict=True), key=lambda pair: pair[0])
    # What may hold any bytes stands last, where nothing needs to tell its end.
    last = [_part(column) for _, column in columns if _is_opaque(column)]
    texts = [(number, column) for number, column in columns if not _is_opaque(column)]
    first = [_part(column) for number, column in texts if number <= FIRST_COLUMNS]
    later = [_later(number, column) for number, column in texts if number > FIRST_COLUMNS]
    if later:
        first[-1] = pc.binary_join_element_wise(pc.fill_null(first[-1], _NULL), *later, _EMPTY)
    joined = pc.binary_join_element_wise(*first, *last, _NEXT, null_handling="replace", null_replacement=_NULL.as_py())
    if isinstance(joined, pa.Scalar):  # every column is null
        return [hashlib.sha256(joined.as_buffer()).digest()] * batch.num_rows
    return _hashes(joined)


def _hashes(joined: pa.LargeBinaryArray) -> list[bytes]:
    _, offsets, data = joined.buffers()
    places = memoryview(offsets).cast("q")[joined.offset : joined.offset + len(joined) + 1].tolist()
    text, digest = memoryview(data or b""), hashlib.sha256
    return [digest(text[start:end]).digest() for start, end in pairwise(places)]


def _is_opaque(column: pa.Array) -> bool:
    return bool(pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type))


def _part(column: pa.Array) -> pa.Array | pa.Scalar:
    return _NULL if column.null_count == len(column) else _bytes(column)


def _later(number: int, column: pa.Array) -> pa.Array | pa.Scalar:
    if column.null_count == len(column):
        return _EMPTY
    mark = pa.scalar(b"\xfd%d=" % number, _BYTES)
    return pc.fill_null(pc.binary_join_element_wise(mark, _bytes(column), _EMPTY), _EMPTY)


def _bytes(column: pa.Array) -> pa.Array:
    kind = column.type
    if kind == pa.uuid():
        return uuid_texts(column).cast(_BYTES)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _list_bytes(column)
    if kind in _TEXT:
        column.validate(full=True)
    elif not _is_opaque(column):
        column = column.cast(pa.int64()).cast(pa.string())
    return column.cast(_BYTES)


def _list_bytes(column: pa.Array) -> pa.Array:
    """Write a mark before each item, so that no list and a list of one empty text differ."""
    first = column.offsets[0]
    items = column.values.slice(first.as_py(), column.offsets[-1].as_py() - first.as_py())
    items.validate(full=True)
    marked = pc.binary_join_element_wise(_ITEM, pc.fill_null(items.cast(_BYTES), _NULL), _EMPTY)
    kind = pa.LargeListArray if pa.types.is_large_list(column.type) else pa.ListArray
    offsets = pc.subtract(column.offsets, first)
    lists = kind.from_arrays(offsets, marked, mask=column.is_null() if column.null_count else None)
    return pc.binary_join(lists, _EMPTY)
