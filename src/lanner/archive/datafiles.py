"""Writes columns as Parquet files of one day and cluster each, ready to be named by a commit."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
    schema_to_pyarrow,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table import Table

from lanner.archive.schema import BOUNDED

BODIES = frozenset({"request_object", "response_object", "line"})
UNIQUE = frozenset({"audit_id", "time", "received", "position", "ordinal"})
"""Columns whose values hardly repeat: a dictionary of them costs time and room."""

SOUGHT = ("stage", "verb", "resource", "subresource", "namespace", "username", "impersonated_user", "code")
"""Columns that hunts filter by: they are read faster as numbers of a dictionary, which costs next to nothing."""

SPLIT = ("time", "ordinal", "position")
"""Columns of numbers that grow: their high bytes repeat, so they pack better byte by byte (BYTE_STREAM_SPLIT)."""

GROUP_ROWS = 32_768
"""Rows of a row group: enough to tell much by a dictionary, few enough for hunts to leave out most of a file."""

PAGE_ROWS = 8192
"""Rows of a page: a hunt that fetches one event unpacks a page of each column, and packing suffers a little."""

ONE_PAGE = 1 << 20
"""For files of one row group, which are read soon enough: pages are bounded by their bytes alone."""

_DAY = "__day"
_MEGABYTE = 1024 * 1024


class Layout(NamedTuple):
    """How a file is written: zstd's level, bytes and rows of a page, whether repeated values go through a dictionary.

    zstd finds what repeats far back by itself when it is given pages large enough, and packs the values of sorted rows
    better than the numbers of a dictionary; at its low levels a dictionary saves time.
    """

    level: int
    page_bytes: int
    dictionary: bool
    sorted: bool = False
    page_rows: int = PAGE_ROWS


APPENDED = Layout(level=3, page_bytes=4 * _MEGABYTE, dictionary=True)


class Told(Protocol):
    """Is told of each file: its rows as they are written, and at its end the SHA-256 of its bytes."""

    def rows(self, location: str, rows: pa.Table) -> None:
        """Take note of some rows of a file, in their order."""

    def written(self, location: str, sha256: str) -> None:
        """Take note of the end of a file."""


class Untold:
    """Tells nobody."""

    def rows(self, location: str, rows: pa.Table) -> None:
        """See Told."""

    def written(self, location: str, sha256: str) -> None:
        """See Told."""


_UNTOLD = Untold()


class Partition(NamedTuple):
    """Days since 1970 (None for events whose time cannot be read), and the cluster."""

    day: int | None
    cluster: str


def write_data_files(table: Table, columns: pa.Table, told: Told = _UNTOLD) -> list[DataFile]:
    """Write the columns in files of their partitions; rows keep their order. Raises OSError."""
    columns = columns.cast(file_schema(table))
    return [_write(table, partition, part, told) for partition, part in _partitions(columns)]


def file_schema(table: Table) -> pa.Schema:
    """Return the columns as they stand in a data file, with their field ids."""
    return _small(schema_to_pyarrow(table.schema(), include_field_ids=True))


class DataFileWriter:
    """One data file in the making, one row group at a time; whoever gives it up deletes what stands at `location`."""

    def __init__(self, table: Table, partition: Partition, layout: Layout, told: Told) -> None:
        pairs = zip(table.spec().fields, partition, strict=True)
        values = [PartitionFieldValue(field, value) for field, value in pairs]
        self._key = PartitionKey(values, table.spec(), table.schema())
        self.location = table.location_provider().new_data_location(f"{uuid.uuid4()}.parquet", self._key)
        self._table, self._layout, self._told = table, layout, told
        self._opened = table.io.new_output(self.location).create()
        self._stream = _Digesting(self._opened)
        self._writer = _parquet_writer(file_schema(table), self._stream, layout)

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._stream.tell()

    def write(self, rows: pa.Table) -> None:
        """Write one row group; raises OSError."""
        self._writer.write_table(rows, row_group_size=max(rows.num_rows, 1))
        self._told.rows(self.location, rows)

    def abandon(self) -> None:
        """Close the file without an end, and delete it; raises nothing."""
        self._stream.forget()
        try:
            self._opened.close()
            self._table.io.delete(self.location)
        except OSError:
            pass  # an orphan: the next sweep finds it

    def close(self) -> DataFile:
        """End the file; raises OSError."""
        self._writer.close()
        size = self.size
        self._opened.close()
        self._told.written(self.location, self._stream.digest.hexdigest())
        return self._data_file(cast(pq.FileMetaData, self._writer.writer.metadata), size)

    def _data_file(self, written: pq.FileMetaData, size: int) -> DataFile:
        table = self._table
        statistics = data_file_statistics_from_parquet_metadata(
            written,
            compute_statistics_plan(table.schema(), table.properties),
            parquet_path_to_id_mapping(table.schema()),
        )
        return DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=self.location,
            file_format=FileFormat.PARQUET,
            partition=self._key.partition,
            file_size_in_bytes=size,
            sort_order_id=table.sort_order().order_id if self._layout.sorted else None,
            spec_id=table.metadata.default_spec_id,
            equality_ids=None,
            key_metadata=None,
            **statistics.to_serialized_dict(),
        )


def _small(schema: pa.Schema) -> pa.Schema:
    """Keep field ids but not the large types, which mean the same in a file and cost a copy of every body."""
    return pa.schema([field.with_type(_small_type(field.type)) for field in schema])


def _small_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_list(kind):
        return pa.list_(kind.value_field.with_type(pa.string()))
    return {pa.large_string(): pa.string(), pa.large_binary(): pa.binary(), pa.binary(16): pa.uuid()}.get(kind, kind)


def _partitions(columns: pa.Table) -> Iterator[tuple[Partition, pa.Table]]:
    keyed = columns.append_column(_DAY, pc.cast(columns["time"], pa.date32(), safe=False).cast(pa.int32()))
    order = pc.sort_indices(keyed.select([_DAY, "cluster"]), [(_DAY, "ascending"), ("cluster", "ascending")])
    counts = keyed.group_by([_DAY, "cluster"]).aggregate([([], "count_all")])
    if counts.num_rows == 1:
        yield Partition(counts[_DAY][0].as_py(), counts["cluster"][0].as_py()), columns
        return
    start = 0
    ordered = counts.sort_by([(_DAY, "ascending"), ("cluster", "ascending")])
    for entry in ordered.to_pylist():
        end = start + entry["count_all"]
        yield Partition(entry[_DAY], entry["cluster"]), columns.take(order[start:end])
        start = end


def _write(table: Table, partition: Partition, part: pa.Table, told: Told) -> DataFile:
    writer = DataFileWriter(table, partition, APPENDED, told)
    try:
        for start in range(0, part.num_rows, GROUP_ROWS):
            writer.write(part.slice(start, GROUP_ROWS))
        return writer.close()
    except BaseException:
        writer.abandon()
        raise


class _Digesting:
    """A file to write whose bytes are digested on their way."""

    def __init__(self, stream: Any) -> None:
        self._stream, self.digest, self.closed = stream, hashlib.sha256(), False

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return cast(int, self._stream.write(data))

    def tell(self) -> int:
        return cast(int, self._stream.tell())

    def flush(self) -> None:
        self._stream.flush()

    def forget(self) -> None:
        """Let what is still written go nowhere: a Parquet writer that was not closed ends its file when it is freed."""
        self._stream = io.BytesIO()


def _parquet_writer(schema: pa.Schema, stream: Any, layout: Layout) -> pq.ParquetWriter:
    repeating = [name for name in schema.names if name not in BODIES | UNIQUE]
    return pq.ParquetWriter(
        stream,
        schema,
        compression="zstd",
        compression_level=layout.level,
        use_dictionary=repeating if layout.dictionary else list(SOUGHT),
        column_encoding=dict.fromkeys(SPLIT, "BYTE_STREAM_SPLIT"),
        write_statistics=list(BOUNDED),
        store_schema=False,
        data_page_size=layout.page_bytes,
        max_rows_per_page=layout.page_rows,
    )
