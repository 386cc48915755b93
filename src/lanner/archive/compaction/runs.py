"""Sorts more rows than memory holds: data files become sorted runs on disk, the runs are merged batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from lanner.archive.datafiles import file_schema
from lanner.archive.schema import SORTED

BATCH_BYTES = 256 * 1024
"""A run is written and read in pieces of about this size: as many of them are in memory as there are runs."""

LEAST_CHUNK = 8 * 1024 * 1024
_READ_ROWS = 256
_FIELD_ID = b"PARQUET:field_id"
_SPILL = pa.ipc.IpcWriteOptions(compression="lz4")
_ORDER: list[tuple[str, Any]] = [(name, "ascending") for name in SORTED]
Key = tuple[tuple[bool, Any], ...]


class Runs:
    """Sorted runs of rows in a folder; a quarter of `memory` bytes, LEAST_CHUNK at least, are sorted at once."""

    def __init__(self, folder: Path, table: Table, memory: int, check: Callable[[], None]) -> None:
        self._folder, self._table, self._check = folder, table, check
        self._chunk_bytes = max(LEAST_CHUNK, memory // 4)
        self._schema = file_schema(table)
        self._names = count()
        self._paths: list[Path] = []

    def add(self, file: DataFile) -> None:
        """Read a data file into runs; raises OSError."""
        if file.sort_order_id is not None and file.sort_order_id == self._table.sort_order().order_id:
            self._spill(self._read(file))
            return
        chunk: list[pa.RecordBatch] = []
        size = 0
        for batch in self._read(file):
            chunk.append(batch)
            size += batch.nbytes
            if size >= self._chunk_bytes:
                self._spill(_sorted(pa.Table.from_batches(chunk).combine_chunks()))
                chunk, size = [], 0
        if chunk:
            self._spill(_sorted(pa.Table.from_batches(chunk).combine_chunks()))

    def merge(self) -> Iterator[pa.Table]:
        """Yield all rows in order, some at a time."""
        heads = [_Head(path) for path in self._paths]
        try:
            while heads := [head for head in heads if head.fill()]:
                self._check()
                bound = min(head.last for head in heads)
                taken = pa.concat_tables([part for head in heads if (part := head.take(bound)).num_rows])
                yield taken if len(heads) == 1 else taken.take(pc.sort_indices(taken, _ORDER))
        finally:
            for head in heads:
                head.close()

    def _read(self, file: DataFile) -> Iterator[pa.RecordBatch]:
        """Read a file's rows with the table's columns; those that the file does not know are null."""
        with self._table.io.new_input(file.file_path).open() as stream, pq.ParquetFile(stream) as parquet:
            for batch in parquet.iter_batches(batch_size=_READ_ROWS, use_threads=False):
                self._check()
                yield _projected(batch, self._schema)

    def _spill(self, batches: Iterator[pa.RecordBatch]) -> None:
        path = self._folder / f"{next(self._names)}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, self._schema, options=_SPILL) as writer:
            for batch in batches:
                writer.write_batch(batch)
        self._paths.append(path)


class _Head:
    """The next rows of a run."""

    def __init__(self, path: Path) -> None:
        self._file = pa.OSFile(str(path), "rb")
        self._reader = pa.ipc.open_stream(self._file)
        self._rows = self._reader.schema.empty_table()
        self.last: Key = ()

    def fill(self) -> bool:
        """See to it that there are rows; False at the run's end."""
        if self._rows.num_rows:
            return True
        batches, size = [], 0
        while size < BATCH_BYTES and (batch := self._next()) is not None:
            batches.append(batch)
            size += batch.nbytes
        if not batches:
            self.close()
            return False
        self._rows = pa.Table.from_batches(batches).combine_chunks()
        self.last = self._key(self._rows.num_rows - 1)
        return True

    def take(self, bound: Key) -> pa.Table:
        """Return the rows that stand no later than `bound`, and be rid of them."""
        end = self._rows.num_rows
        if self.last > bound:
            low = 0
            while low < end:
                middle = (low + end) // 2
                low, end = (low, middle) if self._key(middle) > bound else (middle + 1, end)
        taken, self._rows = self._rows.slice(0, end), self._rows.slice(end)
        return taken

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _next(self) -> pa.RecordBatch | None:
        try:
            return self._reader.read_next_batch()
        except StopIteration:
            return None

    def _key(self, row: int) -> Key:
        values = (self._rows[name][row] for name in SORTED)
        return tuple((not value.is_valid, _comparable(value)) for value in values)


def _comparable(value: pa.Scalar) -> Any:
    if not value.is_valid:
        return 0
    return value.value if pa.types.is_timestamp(value.type) else value.as_py()


def _sorted(rows: pa.Table) -> Iterator[pa.RecordBatch]:
    order = pc.sort_indices(rows, _ORDER)
    step = max(1, rows.num_rows * BATCH_BYTES // max(rows.nbytes, 1))
    for start in range(0, len(order), step):
        yield from rows.take(order.slice(start, step)).to_batches()


def _projected(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    places = {(field.metadata or {}).get(_FIELD_ID): index for index, field in enumerate(batch.schema)}
    columns: list[pa.Array] = []
    for field in schema:
        place = places.get((field.metadata or {})[_FIELD_ID])
        columns.append(pa.nulls(batch.num_rows, field.type) if place is None else batch.column(place).cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def groups(tables: Iterator[pa.Table], most_rows: int, most_bytes: int) -> Iterator[pa.Table]:
    """Gather tables to row groups: as many rows as one may hold, by number and by size in memory."""
    held: list[pa.Table] = []
    rows = size = 0
    for piece in (piece for table in tables for piece in _pieces(table, most_rows, most_bytes)):
        if held and (size + piece.nbytes > most_bytes or rows + piece.num_rows > most_rows):
            yield pa.concat_tables(held)
            held, rows, size = [], 0, 0
        held.append(piece)
        rows, size = rows + piece.num_rows, size + piece.nbytes
    if held:
        yield pa.concat_tables(held)


def _pieces(table: pa.Table, most_rows: int, most_bytes: int) -> Iterator[pa.Table]:
    step = min(most_rows, max(1, table.num_rows * most_bytes // max(table.nbytes, 1)))
    return (table.slice(start, step) for start in range(0, table.num_rows, step))
