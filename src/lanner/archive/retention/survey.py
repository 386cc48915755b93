"""Looks through the table's files for rows whose time is over, reading only the few columns that decide."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.types import TimestamptzType

from lanner.archive.auditids import ODD, STORED, shown_rows
from lanner.archive.retention import holds as legal
from lanner.archive.retention.holds import Hold
from lanner.archive.retention.rules import COLUMNS, Entry, choice

BATCH_ROWS = 8192
ROW = "__row"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


class Fate(NamedTuple):
    """What becomes of a file: rows that go, by the number of their entry, and rows whose time is over but are held."""

    file: DataFile
    gone: Counter[int]
    held: int

    @property
    def rows(self) -> int:
        """How many rows go."""
        return self.gone.total()

    @property
    def bytes(self) -> int:
        """What they take of the file, as if all rows were of one size."""
        return self.file.file_size_in_bytes * self.rows // max(self.file.record_count, 1)


class Judge:
    """Says of each row which entry holds for it, whether its time is over, and whether a hold keeps it."""

    def __init__(self, entries: Sequence[Entry], holds: Sequence[Hold], now: dt.datetime) -> None:
        self._entries = entries
        self._cutoffs = [entry.cutoff(now) for entry in entries]
        asked = legal.columns(holds)
        self.columns = {*COLUMNS, *asked, *([ODD] if STORED in asked else [])}
        number, parameters = choice(entries)
        over = " ".join(f"WHEN {index} THEN moment < $cutoff{index}::TIMESTAMPTZ" for index, _ in self._given())
        self._parameters: dict[str, Any] = {
            **parameters,
            **{f"cutoff{index}": cutoff.isoformat() for index, cutoff in self._given()},
        }
        self._sql = (
            f"SELECT entry, coalesce(CASE entry {over} ELSE false END, false) AS over, held FROM "  # noqa: S608 - parameters
            f'(SELECT "{ROW}", {number} AS entry, greatest("time", ingested) AS moment,'
            f' ({legal.condition(holds)}) AS held FROM rows) ORDER BY "{ROW}"'
            if over
            else ""
        )

    def _given(self) -> list[tuple[int, dt.datetime]]:
        return [(index, cutoff) for index, cutoff in enumerate(self._cutoffs) if cutoff is not None]

    def may_end(self, file: DataFile, table: Table) -> bool:
        """Say whether some row of a file may have to go, by the bounds in the table's metadata."""
        oldest = _oldest(file, table)
        cluster = file.partition[1]
        return any(oldest < cutoff for index, cutoff in self._given() if self._entries[index].may_match(cluster))

    def judge(self, connection: duckdb.DuckDBPyConnection, rows: pa.Table) -> pa.Table:
        """Return the columns entry, over and held, a row for each row."""
        numbered = rows.append_column(ROW, pa.array(range(rows.num_rows), pa.int64()))
        connection.register("rows", shown_rows(numbered))
        try:
            return connection.sql(self._sql, params=self._parameters).to_arrow_table()
        finally:
            connection.unregister("rows")


def survey(table: Table, judge: Judge, damaged: list[str]) -> Iterator[Fate]:
    """Yield the files of which rows go or are held back; those that cannot be read are named in `damaged`."""
    with legal.quiet_connection() as connection:
        for task in table.scan().plan_files():
            if not judge.may_end(task.file, table):
                continue
            try:
                fate = _fate(table, task.file, judge, connection)
            except (OSError, ValueError):
                damaged.append(task.file.file_path)
                continue
            if fate.rows or fate.held:
                yield fate


def batches(table: Table, file: DataFile, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Read a file, some rows at a time."""
    with table.io.new_input(file.file_path).open() as opened, pq.ParquetFile(opened) as parquet:
        names = None if columns is None else [name for name in parquet.schema_arrow.names if name in columns]
        for batch in parquet.iter_batches(batch_size=BATCH_ROWS, columns=names):
            yield pa.Table.from_batches([batch])


def newest(file: DataFile, table: Table) -> dt.datetime:
    """Return a moment than which no event of the file is newer; far in the future when nothing is known."""
    found = [bound for name in ("time", "ingested") if (bound := _bound(file.upper_bounds, table, name))]
    return max(found, default=_NEVER)


def _oldest(file: DataFile, table: Table) -> dt.datetime:
    found = [bound for name in ("time", "ingested") if (bound := _bound(file.lower_bounds, table, name))]
    return min(found, default=dt.datetime.min.replace(tzinfo=dt.UTC))


def _bound(bounds: dict[int, bytes] | None, table: Table, name: str) -> dt.datetime | None:
    value = (bounds or {}).get(table.schema().find_field(name).field_id)
    if value is None:
        return None
    microseconds = cast(int, from_bytes(TimestamptzType(), value))
    return _EPOCH + dt.timedelta(microseconds=microseconds)


def _fate(table: Table, file: DataFile, judge: Judge, connection: duckdb.DuckDBPyConnection) -> Fate:
    gone: Counter[int] = Counter()
    held = 0
    for rows in batches(table, file, sorted(judge.columns)):
        judged = judge.judge(connection, rows).filter(pc.field("over"))
        held += judged.filter(pc.field("held")).num_rows
        free = judged.filter(~pc.field("held"))
        gone.update(free["entry"].to_pylist())
    return Fate(file, gone, held)
