"""Conditions of rules over the archive: SQL finds the events on which one may hold, and gives them as lines.

SQL never misses an event and may give too many, so the caller decides on what it gets; see rules/sql/compile.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import duckdb
from sqlglot import exp

from lanner.archive.auditids import SHOWN
from lanner.archive.fieldcolumns import FieldColumns
from lanner.archive.pruning import Files
from lanner.archive.query import connect, explained
from lanner.archive.rebuild import REBUILD, rebuild_line
from lanner.archive.selection import Selection
from lanner.archive.settings import HUNT_MEMORY
from lanner.archive.store import Archive
from lanner.rules import ir
from lanner.rules.sql.compile import Translator
from lanner.rules.sql.dialect import DuckDB
from lanner.rules.sql.scans import Scan, plan_scans

ANCHORS = ("resource", "username", "impersonated_user", "subresource", "namespace", "name", "verb", "stage")
"""Columns that are looked at first, the one that tells most before the others."""
BATCH_ROWS = 500
_EVERYTHING = Selection()
_ODD = Scan(exp.column("odd").is_(exp.null()).not_(), {})
"""Events whose columns may tell less than the stream saw."""
_BY_ARRIVAL = "source, ordinal, item"
_BY_TIME = f'"time", {_BY_ARRIVAL}'
_TELL_SECONDS = 0.2
_FOUND = "found"
_PLACE_COLUMNS = "file VARCHAR, place BIGINT, source VARCHAR, ordinal BIGINT, item INTEGER"
_FILES = "read_parquet($files, union_by_name = true, hive_partitioning = false)"
_READ = f"(SELECT {SHOWN}, filename, file_row_number FROM {_FILES})"  # noqa: S608 - fixed names


class Found(NamedTuple):
    """How many events may fit, what SQL did not say by condition, and the events in the order of arrival.

    An event is given as its line and its place in it: a provider's line may hold several.
    """

    events: int
    refused: list[tuple[str, ...]]
    lines: Iterator[tuple[bytes, int]]


@contextmanager
def find_events(
    archive: Archive,
    conditions: Sequence[ir.Condition],
    selection: Selection = _EVERYTHING,
    *,
    memory: str = HUNT_MEMORY,
    progress: Callable[[float], Any] = lambda _share: None,
    stop: threading.Event | None = None,
    by_time: bool = False,
) -> Iterator[Found]:
    """Find all events on which a condition holds, and a few others; `progress` is told the share that is done.

    `by_time` gives them in the order of their time instead. When `stop` is set it ends with a KeyboardInterrupt. Raises
    GroundError when memory or disk do not suffice.
    """
    dialect = DuckDB()
    columns = FieldColumns(dialect)
    translator = Translator(columns, dialect, doubts=True)
    translations = [translator.translate(condition) for condition in conditions]
    steps = [*plan_scans(conditions, translations, columns, ANCHORS), _ODD] if conditions else []
    with connect(archive, memory=memory, view=False, stop=stop) as connection:
        files = Files(archive, selection)
        with explained():
            connection.execute(f"CREATE TEMP TABLE {_FOUND} ({_PLACE_COLUMNS})")
            for done, scan in enumerate(steps):
                with _watched(connection, partial(_tell, progress, done, len(steps))):
                    _look(connection, files, scan, selection)
            count = _count(connection)
        yield Found(
            count,
            [translation.refused for translation in translations],
            _lines(connection, _BY_TIME if by_time else _BY_ARRIVAL),
        )


def _tell(progress: Callable[[float], Any], done: int, steps: int, share: float) -> None:
    progress((done + share) / steps)


@contextmanager
def _watched(connection: duckdb.DuckDBPyConnection, tell: Callable[[float], Any]) -> Iterator[None]:
    """Tell now and then how much of a query is done."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_TELL_SECONDS):
            tell(max(connection.query_progress(), 0.0) / 100)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _look(connection: duckdb.DuckDBPyConnection, files: Files, scan: Scan, selection: Selection) -> None:
    """Note where the events of a scan stand."""
    paths = files.odd() if scan is _ODD else files.holding(scan.anchors)
    if not paths:
        return
    where, parameters = selection.where()
    condition = scan.condition.sql(dialect=DuckDB.name)
    connection.execute(
        f"INSERT INTO {_FOUND} SELECT filename, file_row_number, source, ordinal, item "  # noqa: S608 - literals are quoted by sqlglot
        f"FROM {_READ} WHERE {where} AND ({condition})",
        {"files": paths, **parameters},
    )


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(f"SELECT count(*) FROM (SELECT DISTINCT file, place FROM {_FOUND})").fetchone()  # noqa: S608 - fixed names
    return int(row[0]) if row else 0


def _lines(connection: duckdb.DuckDBPyConnection, order: str) -> Iterator[tuple[bytes, int]]:
    files = [row[0] for row in connection.execute(f"SELECT DISTINCT file FROM {_FOUND}").fetchall()]  # noqa: S608 - fixed names
    if not files:
        return
    columns = ", ".join(f'"{name}"' for name in (*REBUILD, "item"))
    sql = (
        f"SELECT {columns} FROM {_READ} SEMI JOIN {_FOUND} ON filename = file AND file_row_number = place "  # noqa: S608 - fixed names
        f"ORDER BY {order}"
    )
    with explained():
        for batch in connection.sql(sql, params={"files": files}).to_arrow_reader(BATCH_ROWS):
            yield from ((rebuild_line(values), values["item"]) for values in batch.to_pylist())
