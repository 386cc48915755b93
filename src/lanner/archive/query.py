"""SQL over the archive: DuckDB reads the table's Parquet files, local or in an object store, and nothing else."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.table import Table
from sqlglot import exp

from lanner.archive.auditids import SHOWN, shown_schema
from lanner.archive.errors import grounded
from lanner.archive.reading import reading
from lanner.archive.remote import register_stores
from lanner.archive.selection import Selection
from lanner.archive.settings import HUNT_MEMORY
from lanner.archive.store import Archive
from lanner.errors import GroundError, SourceError, UsageError

THREADS = 2
BATCH_ROWS = 1000
VIEW = "events"
EVERY_FILE = AlwaysTrue()
_EVERYTHING = Selection()
_LOOK_SECONDS = 0.1
_PARAMETER = re.compile(r"\$(\w+)")
_PLACE = re.compile(r"LINE (\d+): (.*)\n( *)\^")
_GROUND = ("Out of Memory Error", "IO Error", "[Errno")
_POSITION = re.compile(r"\n+LINE \d+:.*", re.DOTALL)


class Answer(NamedTuple):
    """A query's columns and its rows, which are read while they are taken."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]

    @property
    def columns(self) -> list[str]:
        return list(self.schema.names)

    @property
    def rows(self) -> Iterator[tuple[Any, ...]]:
        for batch in self.batches:
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def plain(value: object) -> object:
    """Return a row's value as it is shown: times in ISO 8601, bytes as text."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat(timespec="microseconds") + ("Z" if value.tzinfo else "")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def plan_files(archive: Archive, where: BooleanExpression = EVERY_FILE) -> list[str]:
    """Name the files of the table, as of its last refresh, that may hold such rows."""
    with grounded(archive.folder):
        return [task.file.file_path for task in archive.table.scan(row_filter=where).plan_files()]


@contextmanager
def connect(
    archive: Archive,
    *,
    memory: str = HUNT_MEMORY,
    view: bool = True,
    selection: Selection = _EVERYTHING,
    stop: threading.Event | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection that sees a selection as the view `events` and no other file, network or extension.

    Without `view` only its files may be read. What runs when `stop` is set ends with a KeyboardInterrupt.
    """
    with (
        reading(archive.folder),
        TemporaryDirectory(prefix="lanner-hunt-") as spill,
        _open(_config(memory, spill)) as connection,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET GLOBAL parquet_metadata_cache = true")
        table = archive.refresh()
        files = plan_files(archive, selection.of_files())
        register_stores(connection, table, files)
        if view:
            with explained():
                _make_view(connection, table, files, selection)
        connection.execute("SET allowed_paths = $files", {"files": files})
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        with _interrupted(connection, stop):
            yield connection


@contextmanager
def _interrupted(connection: duckdb.DuckDBPyConnection, stop: threading.Event | None) -> Iterator[None]:
    """Interrupt, once `stop` is set, whatever the connection does until the end."""
    if stop is None:
        yield
        return

    def look() -> None:
        if stop.is_set():
            connection.interrupt()

    with beside(look, _LOOK_SECONDS):
        yield


@contextmanager
def beside(look: Callable[[], Any], seconds: float) -> Iterator[None]:
    """Call `look` now and then in a thread of its own, every so many seconds until the end."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(seconds):
            look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


@contextmanager
def hunt(
    archive: Archive,
    sql: str,
    *,
    memory: str = HUNT_MEMORY,
    selection: Selection = _EVERYTHING,
    stop: threading.Event | None = None,
) -> Iterator[Answer]:
    """Run one SELECT over the view `events`, which shows the events of a selection; `stop` as for `connect`.

    Raises UsageError for what is not one SELECT, SourceError with line and column for an error in the SQL,
    GroundError when memory or disk do not suffice.
    """
    with connect(archive, memory=memory, selection=selection, stop=stop) as connection:
        with explained():
            _refuse_all_but_select(sql)
            with explained(lines_before=1):  # a relation's own errors do not say where
                connection.execute(f"EXPLAIN\n{sql}")
            reader = connection.sql(sql).to_arrow_reader(BATCH_ROWS)
        yield Answer(reader.schema, _batches(reader))


def _open(config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(config=config)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"DuckDB refuses a memory limit of {config['memory_limit']!r} ({reason}); write 512MB"
        ) from error


def _config(memory: str, spill: str) -> dict[str, Any]:
    return {
        "memory_limit": memory,
        "threads": THREADS,
        "temp_directory": spill,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _make_view(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[str], selection: Selection) -> None:
    if not files:
        connection.register("no_events", shown_schema(table).empty_table())
        connection.execute(f"CREATE VIEW {VIEW} AS FROM no_events")
        return
    events = connection.read_parquet(list(files), hive_partitioning=False, union_by_name=True).project(SHOWN)
    if selection != _EVERYTHING:
        where, parameters = selection.where()  # a view holds no parameters
        events = events.filter(_PARAMETER.sub(lambda name: _literal(parameters[name[1]]), where))
    events.create_view(VIEW)


def _literal(text: str) -> str:
    return exp.Literal.string(text).sql(dialect="duckdb")


def _refuse_all_but_select(sql: str) -> None:
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("one SELECT is wanted; the archive cannot be changed by a hunt")


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    while True:
        with explained():
            batch = next(reader, None)
        if batch is None:
            return
        yield batch


@contextmanager
def explained(*, lines_before: int = 0) -> Iterator[None]:
    """Turn DuckDB's errors into SourceError or GroundError; those of rows read late come as OSError from Arrow.

    `lines_before` were put before the user's text.
    """
    try:
        yield
    except (duckdb.Error, OSError, RuntimeError) as error:
        text = str(error)
        if "Query interrupted" in text or text.startswith("INTERRUPT"):  # DuckDB's answer to Ctrl-C and to us
            raise KeyboardInterrupt from error
        if text.startswith(_GROUND):
            raise GroundError(f"the hunt failed: {text.splitlines()[0]}; ask for less at once") from error
        raise _located(text, lines_before) from error


def _located(text: str, lines_before: int) -> SourceError:
    place = _PLACE.search(text)
    message = _POSITION.sub("", text).strip()
    if not place:
        return SourceError(message, file="sql")
    column = len(place[3]) - len(f"LINE {place[1]}: ") + 1
    return SourceError(message, file="sql", line=int(place[1]) - lines_before, column=max(column, 1))
