"""Gives rows in their order of arrival, whatever they weigh: in one sort where they are few, else in parts on disk.

DuckDB spills the keys of a sort, but wants too much of wide rows in memory. So the keys alone are sorted to find where
parts of bounded size end; one scan puts each row into the file of its part, and each part is sorted by itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

PART_BYTES = 64 * 1024 * 1024
OPEN_PARTS = 128
"""Parts that one scan fills; more need another scan."""

_KEYS = ("source", "ordinal", "item")
_ORDER = ", ".join(_KEYS)
_WIDE = frozenset({"request_object", "response_object", "line", "response_status", "annotations", "rest", "extra"})
_ROW_BYTES = 1000
_BATCH_ROWS = 1000
Cut = tuple[Any, ...]


class Rows(NamedTuple):
    """What to read of the view `events`: columns as SQL by their names, and a condition with its parameters."""

    columns: Mapping[str, str]
    where: str
    parameters: Mapping[str, Any]


def in_order(connection: duckdb.DuckDBPyConnection, rows: Rows) -> Iterator[pa.RecordBatch]:
    """Yield the rows source by source in the order of arrival, in batches of bounded size."""
    cuts = _cuts(connection, rows)
    if not cuts:
        asked = ", ".join(f'{sql} AS "{name}"' for name, sql in rows.columns.items())
        sql = f"SELECT {asked} FROM events WHERE {rows.where} ORDER BY {_ORDER}"  # noqa: S608  # known names
        yield from connection.sql(sql, params=dict(rows.parameters)).to_arrow_reader(_BATCH_ROWS)
        return
    with TemporaryDirectory(prefix="lanner-export-") as folder:
        for first in range(0, len(cuts) + 1, OPEN_PARTS):
            some = range(first, min(first + OPEN_PARTS, len(cuts) + 1))
            yield from _sorted_parts(_distribute(connection, rows, cuts, some, Path(folder)), rows)


def _cuts(connection: duckdb.DuckDBPyConnection, rows: Rows) -> list[Cut]:
    """Return the keys after which a part is full."""
    lengths = [f"coalesce(octet_length({_bytes(name)}), 0)" for name in rows.columns if name in _WIDE]
    size = " + ".join([str(_ROW_BYTES), *lengths])
    sql = f"""
        WITH sized AS (SELECT {_ORDER}, {size} AS size FROM events WHERE {rows.where}),
        summed AS (SELECT *, sum(size) OVER (ORDER BY {_ORDER} ROWS UNBOUNDED PRECEDING) AS upto FROM sized)
        SELECT {_ORDER} FROM summed WHERE upto // {PART_BYTES} <> (upto - size) // {PART_BYTES} ORDER BY {_ORDER}
    """  # noqa: S608  # known names
    return [_key(row) for row in connection.execute(sql, dict(rows.parameters)).fetchall()]


def _bytes(name: str) -> str:
    return f'"{name}"' if name == "line" else f'encode("{name}")'


def _key(row: Sequence[Any]) -> Cut:
    """Put what is absent last, as DuckDB does."""
    return tuple((value is None, value) for value in row)


def _distribute(
    connection: duckdb.DuckDBPyConnection, rows: Rows, cuts: Sequence[Cut], some: range, folder: Path
) -> list[Path]:
    """Write the rows of some parts to a file for each, in any order; returns the files."""
    asked = ", ".join(f'{sql} AS "{name}"' for name, sql in rows.columns.items())
    keys = ", ".join(f"{key} AS __{key}" for key in _KEYS)
    sql = f"SELECT {asked}, {keys} FROM events WHERE {rows.where}"  # noqa: S608  # known names
    reader = connection.sql(sql, params=dict(rows.parameters)).to_arrow_reader(_BATCH_ROWS)
    files = [folder / f"{part}.arrow" for part in some]
    with ExitStack() as opened:
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        writers = [
            opened.enter_context(
                pa.ipc.new_stream(opened.enter_context(file.open("wb")), reader.schema, options=options)
            )
            for file in files
        ]
        for batch in reader:
            for part, found in _split(batch, cuts):
                if part in some:
                    writers[part - some.start].write_batch(found)
    return files


def _split(batch: pa.RecordBatch, cuts: Sequence[Cut]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Cut a batch into the rows of each part; a cut's own row is the last of its part."""
    columns = [batch.column(f"__{key}").to_pylist() for key in _KEYS]
    parts = [_part(_key(row), cuts) for row in zip(*columns, strict=True)]
    places: dict[int, list[int]] = {}
    for place, part in enumerate(parts):
        places.setdefault(part, []).append(place)
    if len(places) == 1:
        yield parts[0], batch
        return
    for part, found in places.items():
        yield part, batch.take(pa.array(found))


def _part(key: Cut, cuts: Sequence[Cut]) -> int:
    at = bisect_right(cuts, key)
    return at - 1 if at and cuts[at - 1] == key else at


def _sorted_parts(files: Sequence[Path], rows: Rows) -> Iterator[pa.RecordBatch]:
    order = [(f"__{key}", "ascending") for key in _KEYS]
    for file in files:
        with pa.ipc.open_stream(file.read_bytes()) as reader:
            table = reader.read_all().sort_by(order).select(list(rows.columns))
        file.unlink()
        yield from table.to_batches(_BATCH_ROWS)
