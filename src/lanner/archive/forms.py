"""Writes exports as a stream of bytes, one function a form; memory is bounded whatever the archive holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from lanner.archive.auditids import shown_schema
from lanner.archive.export import columns_of, export_batches, export_columns
from lanner.archive.rebuild import REBUILD, rebuild_line
from lanner.archive.selection import Selection
from lanner.archive.settings import HUNT_MEMORY
from lanner.archive.store import Archive
from lanner.audit.decode import decode_again
from lanner.audit.schemas import SCHEMAS

Advance = Callable[[int], None]
_ENCODE = msgspec.json.Encoder().encode
GROUP_BYTES = 64 * 1024 * 1024
GROUP_ROWS = 100_000
"""Bounds of a row group of a Parquet file."""


class Export(msgspec.Struct, kw_only=True):
    """What to export and how; `columns` are for forms of columns, none means all. `advance` is told of events."""

    selection: Selection = Selection()
    columns: Sequence[str] = ()
    memory: str = HUNT_MEMORY
    advance: Advance = lambda _events: None


def write_raw(archive: Archive, export: Export, stream: BinaryIO) -> None:
    """Write the lines as they came in."""
    stream.writelines(b"".join(line + b"\n" for _, line in lines) for lines in _lines(archive, export))


def write_json(archive: Archive, export: Export, stream: BinaryIO) -> None:
    """Write an object of columns a line."""
    for values in export_columns(archive, export.selection, export.columns, memory=export.memory):
        stream.write(_ENCODE(values) + b"\n")
        export.advance(1)


def write_schema(name: str) -> Callable[[Archive, Export, BinaryIO], None]:
    """Return the function that writes an object of another schema a line."""
    convert = SCHEMAS[name]

    def write(archive: Archive, export: Export, stream: BinaryIO) -> None:
        for lines in _lines(archive, export):
            for cluster, line in lines:
                event = decode_again(line)
                if event is not None:
                    stream.write(_one_line(_ENCODE(convert(event, cluster))) + b"\n")

    return write


def write_csv(archive: Archive, export: Export, stream: BinaryIO) -> None:
    """Write a header and a row an event; lists are JSON text, what is absent is empty, empty text is quoted."""
    names = columns_of(archive, export.columns)
    names = [name for name in names if name != "line"] if not export.columns else names
    batches = export_batches(archive, names, export.selection, memory=export.memory, lists_as_text=True)
    empty = shown_schema(archive.table).empty_table()
    for number, batch in enumerate(batches):
        pcsv.write_csv(batch, stream, pcsv.WriteOptions(include_header=number == 0))
        export.advance(batch.num_rows)
        empty = None
    if empty is not None:
        stream.write(",".join(f'"{name}"' for name in names).encode() + b"\n")


def write_parquet(archive: Archive, export: Export, stream: BinaryIO) -> None:
    """Write one Parquet file with zstd."""
    names = columns_of(archive, export.columns)
    known = shown_schema(archive.table)
    schema = pa.schema([known.field(name) for name in names])
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for group in _groups(export_batches(archive, names, export.selection, memory=export.memory)):
            writer.write_table(pa.Table.from_batches(group).cast(schema))
            export.advance(sum(batch.num_rows for batch in group))


def _one_line(text: bytes) -> bytes:
    """Take out the newlines of bodies that are not written on one line."""
    return msgspec.json.format(text, indent=-1) if b"\n" in text else text


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    group: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        group.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= GROUP_ROWS or size >= GROUP_BYTES:
            yield group
            group, rows, size = [], 0, 0
    if group:
        yield group


def _lines(archive: Archive, export: Export) -> Iterator[list[tuple[str, bytes]]]:
    """Yield the clusters and lines of a batch at a time."""
    for batch in export_batches(archive, [*REBUILD, "cluster"], export.selection, memory=export.memory):
        yield [(values["cluster"], rebuild_line(values)) for values in batch.to_pylist()]
        export.advance(batch.num_rows)


FORMS: Mapping[str, Callable[[Archive, Export, BinaryIO], None]] = {
    "raw": write_raw,
    "json": write_json,
    "ocsf": write_schema("ocsf"),
    "ecs": write_schema("ecs"),
    "csv": write_csv,
    "parquet": write_parquet,
}
COLUMNAR = frozenset({"json", "csv", "parquet"})
"""Forms that take a choice of columns."""
