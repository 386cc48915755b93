"""Fetches found events file by file, of the columns that are asked for alone, and gives them in the order of arrival.

DuckDB leaves out pages without a wanted row, but only where it is told the rows of one file.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from lanner.archive.auditids import STORED, TEXT
from lanner.archive.fieldreads import EXTENTS, columns_of
from lanner.archive.query import THREADS, explained
from lanner.archive.rebuild import REBUILD, rebuild_line

PART_ROWS = 65_536
"""Events that are fetched at once, fewer where they are heavy; each part reads its files anew."""

PART_BYTES = 96 * 1024 * 1024
_READ_ROWS = 2048
_GIVEN_ROWS = 500
_ALWAYS = ("item", "source_ip")
_ABSENT: dict[str, Any] = dict.fromkeys(REBUILD)
_FEW = 32
"""So many rows of a file are written into the statement, which then costs less than a list beside it."""
_FILE = "read_parquet($file, file_row_number = true, hive_partitioning = false)"
_SHOWN = {
    STORED: TEXT,
    # A cursor has the zone of this machine, so times go without one.
    **{name: f"make_timestamp(epoch_us({name})) AS {name}" for name in ("time", "received")},
}


class Line(NamedTuple):
    """An event's line and the event's place in it: a provider's line may hold several."""

    text: bytes
    item: int


class _HeavyError(Exception):
    """The events of a part are too many bytes to be held at once."""


class Fetcher:
    """Fetches events; `columns` are those to rebuild them of, and more where a place's extent says so."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, columns: frozenset[str], stop: threading.Event | None
    ) -> None:
        self._stop = stop
        # One for each thread: a new one costs as much as a small file.
        self._cursors = SimpleQueue[duckdb.DuckDBPyConnection]()
        for _ in range(THREADS):
            self._cursors.put(connection.cursor())
        self._connection = connection
        self._columns = [[name for name in REBUILD if name in columns_of(extent, columns)] for extent in EXTENTS]

    def lines(self, found: str) -> Iterator[Line]:
        """Give the events that a table names by file, place and extent, by moment, source, ordinal and item."""
        order = "moment, source, ordinal, item"
        sql = f"SELECT DISTINCT file, place, extent, {order} FROM {found} ORDER BY {order}"  # noqa: S608 - fixed names
        with explained():
            reader = self._connection.sql(sql).to_arrow_reader(PART_ROWS)
            with ThreadPoolExecutor(THREADS) as pool:
                for batch in reader:
                    yield from self._part(pool, pa.table(batch.select(["file", "place", "extent"])))

    def _part(self, pool: ThreadPoolExecutor, places: pa.Table) -> Iterator[Line]:
        try:
            events = self._fetch(pool, places)
        except _HeavyError:
            half = places.num_rows // 2
            yield from self._part(pool, places[:half])
            yield from self._part(pool, places[half:])
            return
        for batch in events.to_batches(_GIVEN_ROWS):
            yield from map(rebuilt, batch.to_pylist())

    def _fetch(self, pool: ThreadPoolExecutor, places: pa.Table) -> pa.Table:
        """Return events in the order of their places."""
        wanted: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
        for order, (file, place, extent) in enumerate(zip(*(column.to_pylist() for column in places), strict=True)):
            wanted[file, extent][place] = order
        limit = PART_BYTES if places.num_rows > 1 else None
        room = _Room(limit)
        parts = pool.map(lambda entry: self._read(entry[0], entry[1], room), wanted.items())
        return pa.concat_tables(parts, promote_options="default").sort_by("order").combine_chunks()

    def _read(self, where: tuple[str, int], places: dict[int, int], room: _Room) -> pa.Table:
        file, extent = where
        names = dict.fromkeys((*self._columns[extent], *_ALWAYS))
        columns = ", ".join(_SHOWN.get(name, f'"{name}"') for name in names)
        few = len(places) <= _FEW
        among = ", ".join(map(str, places)) if few else "SELECT unnest($places::BIGINT[])"
        sql = f"SELECT file_row_number, {columns} FROM {_FILE} WHERE file_row_number IN ({among})"  # noqa: S608 - fixed names and numbers
        parameters = {"file": file} if few else {"file": file, "places": list(places)}
        cursor = self._cursors.get()
        try:
            answer = cursor.sql(sql, params=parameters)
            with answer.to_arrow_reader(_READ_ROWS) as reader:
                rows = pa.Table.from_batches(self._taken(reader, room), reader.schema)
        finally:
            self._cursors.put(cursor)
        order = pa.array([places[place] for place in rows["file_row_number"].to_pylist()], pa.int64())
        return rows.drop_columns(["file_row_number"]).append_column("order", order)

    def _taken(self, reader: pa.RecordBatchReader, room: _Room) -> Iterator[pa.RecordBatch]:
        for batch in reader:
            if self._stop is not None and self._stop.is_set():
                raise KeyboardInterrupt
            room.take(batch.nbytes)
            yield batch


class _Room:
    """The bytes that a part may still take."""

    def __init__(self, limit: int | None) -> None:
        self._left, self._lock = limit, threading.Lock()

    def take(self, size: int) -> None:
        if self._left is None:
            return
        with self._lock:
            self._left -= size
            if self._left < 0:
                raise _HeavyError


def rebuilt(values: dict[str, Any]) -> Line:
    """Return an event from some of its columns, `source_ip` and `item` among them."""
    address = values["source_ip"]
    if values.get("source_ips") is None and address is not None:
        values["source_ips"] = [address]
    return Line(rebuild_line(_ABSENT | values), values["item"])
