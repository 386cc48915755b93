"""Writes a batch of columns as Parquet files, one for each day and cluster, ready to be named by a commit."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any, cast

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

BODIES = frozenset({"request_object", "response_object", "line"})
UNIQUE = frozenset({"audit_id", "time", "received", "position", "ordinal"})
"""Columns whose values hardly repeat: a dictionary of them costs time and room."""

ZSTD_LEVEL = 3
PAGE_BYTES = 4 * 1024 * 1024
_DAY = "__day"


Written = Callable[[str, pa.Table, str], None]
"""Is told of each file: its location, its rows and the SHA-256 of its bytes."""


def untold(_location: str, _rows: pa.Table, _sha256: str) -> None:
    """Tell nobody."""


def write_data_files(table: Table, columns: pa.Table, written: Written = untold) -> list[DataFile]:
    """Write the columns in files of their partitions; rows keep their order. Raises OSError."""
    columns = columns.cast(_small(schema_to_pyarrow(table.schema(), include_field_ids=True)))
    return [_write(table, part, day, cluster, written) for day, cluster, part in _partitions(columns)]


def _small(schema: pa.Schema) -> pa.Schema:
    """Keep field ids but not the large types, which mean the same in a file and cost a copy of every body."""
    return pa.schema([field.with_type(_small_type(field.type)) for field in schema])


def _small_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_list(kind):
        return pa.list_(kind.value_field.with_type(pa.string()))
    return {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}.get(kind, kind)


def _partitions(columns: pa.Table) -> Iterator[tuple[int | None, str, pa.Table]]:
    """Cut into (days since 1970, cluster, rows)."""
    keyed = columns.append_column(_DAY, pc.cast(columns["time"], pa.date32(), safe=False).cast(pa.int32()))
    order = pc.sort_indices(keyed.select([_DAY, "cluster"]), [(_DAY, "ascending"), ("cluster", "ascending")])
    counts = keyed.group_by([_DAY, "cluster"]).aggregate([([], "count_all")])
    if counts.num_rows == 1:
        yield counts[_DAY][0].as_py(), counts["cluster"][0].as_py(), columns
        return
    start = 0
    ordered = counts.sort_by([(_DAY, "ascending"), ("cluster", "ascending")])
    for entry in ordered.to_pylist():
        end = start + entry["count_all"]
        yield entry[_DAY], entry["cluster"], columns.take(order[start:end])
        start = end


def _write(table: Table, part: pa.Table, day: int | None, cluster: str, told: Written) -> DataFile:
    values = [
        PartitionFieldValue(field, value) for field, value in zip(table.spec().fields, (day, cluster), strict=True)
    ]
    key = PartitionKey(values, table.spec(), table.schema())
    location = table.location_provider().new_data_location(f"{uuid.uuid4()}.parquet", key)
    output = table.io.new_output(location)
    with output.create() as opened:
        stream = _Digesting(opened)
        written = _write_parquet(part, stream)
        size = stream.tell()
    told(location, part, stream.digest.hexdigest())
    statistics = data_file_statistics_from_parquet_metadata(
        written,
        compute_statistics_plan(table.schema(), table.properties),
        parquet_path_to_id_mapping(table.schema()),
    )
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=key.partition,
        file_size_in_bytes=size,
        sort_order_id=None,
        spec_id=table.metadata.default_spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )


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


def _write_parquet(part: pa.Table, stream: Any) -> pq.FileMetaData:
    plain = [name for name in part.column_names if name not in BODIES]
    writer = pq.ParquetWriter(
        stream,
        part.schema,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=[name for name in plain if name not in UNIQUE],
        write_statistics=plain,
        data_page_size=PAGE_BYTES,
    )
    writer.write_table(part)
    writer.close()
    return cast(pq.FileMetaData, writer.writer.metadata)
