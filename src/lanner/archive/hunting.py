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
from lanner.archive.fetching import Fetcher, Line
from lanner.archive.fieldcolumns import FieldColumns
from lanner.archive.fieldreads import EVERYTHING, EXTENT, WHOLE
from lanner.archive.pruning import Files
from lanner.archive.query import beside, connect, explained
from lanner.archive.selection import Selection
from lanner.archive.settings import HUNT_MEMORY
from lanner.archive.store import Archive
from lanner.rules import ir
from lanner.rules.sql.compile import Translation, Translator
from lanner.rules.sql.dialect import DuckDB
from lanner.rules.sql.scans import Scan, anchors_of, divide, plan_scans, present_in

ANCHORS = ("resource", "username", "impersonated_user", "subresource", "namespace", "name", "verb", "stage")
"""Columns that are looked at first, the one that tells most before the others."""
SPARSE = ("impersonated_user", "impersonated_groups")
"""Columns that are null but for few events."""
_EVERYTHING = Selection()
_ODD = Scan(exp.column("odd").is_(exp.null()).not_(), {})
"""Events whose columns may tell less than the stream saw."""
_TELL_SECONDS = 0.2
_FOUND = "found"
_PLACE_COLUMNS = (
    "file VARCHAR, place BIGINT, extent TINYINT, moment TIMESTAMPTZ, source VARCHAR, ordinal BIGINT, item INTEGER"
)
_FILES = "read_parquet($files, union_by_name = true, hive_partitioning = false)"
_READ = f"(SELECT {SHOWN}, filename, file_row_number FROM {_FILES})"  # noqa: S608 - fixed names


class Found(NamedTuple):
    """How many events may fit, what SQL did not say by condition, and the events in the order of arrival."""

    events: int
    refused: list[tuple[str, ...]]
    lines: Iterator[Line]


@contextmanager
def find_events(
    archive: Archive,
    conditions: Sequence[ir.Condition],
    selection: Selection = _EVERYTHING,
    *,
    columns: frozenset[str] = EVERYTHING,
    memory: str = HUNT_MEMORY,
    progress: Callable[[float], Any] = lambda _share: None,
    stop: threading.Event | None = None,
    by_time: bool = False,
) -> Iterator[Found]:
    """Find all events on which a condition holds, and a few others; `progress` is told the share that is done.

    `by_time` gives them in the order of their time instead. Events are rebuilt of `columns`, those of all fields that
    are looked at (see fieldreads.py). When `stop` is set it ends with a KeyboardInterrupt. Raises GroundError when
    memory or disk do not suffice.
    """
    dialect = DuckDB()
    fields = FieldColumns(dialect)
    translator = Translator(fields, dialect, doubts=True)
    translations = [translator.translate(condition) for condition in conditions]
    steps = [*_scans(conditions, translations, translator, fields), _ODD] if conditions else []
    extent, moment = WHOLE if columns >= EVERYTHING else EXTENT, '"time"' if by_time else "NULL"
    noted = f"{extent}, {moment}"
    with connect(archive, memory=memory, view=False, stop=stop) as connection:
        files = Files(archive, selection)
        with explained():
            connection.execute(f"CREATE TEMP TABLE {_FOUND} ({_PLACE_COLUMNS})")
            for done, scan in enumerate(steps):
                with beside(partial(_tell, connection, progress, done, len(steps)), _TELL_SECONDS):
                    _look(connection, files, scan, selection, noted)
            count = _count(connection)
        lines = Fetcher(connection, columns, stop).lines(_FOUND)
        yield Found(count, [translation.refused for translation in translations], lines)


def _scans(
    conditions: Sequence[ir.Condition],
    translations: Sequence[Translation],
    translator: Translator,
    fields: FieldColumns,
) -> list[Scan]:
    """Plan the passes of conditions; those that are not divided need not be translated again."""
    pieces: list[ir.Condition] = []
    translated: list[Translation] = []
    for condition, translation in zip(conditions, translations, strict=True):
        for piece in divide(condition, partial(_is_narrow, fields)):
            pieces.append(piece)
            translated.append(translation if piece is condition else translator.translate(piece))
    return plan_scans(pieces, translated, fields, ANCHORS, SPARSE)


def _is_narrow(fields: FieldColumns, condition: ir.Condition) -> bool:
    """Say whether a pass for a condition reads little: it needs values of a column that tells more than the stage."""
    anchors = anchors_of(condition, fields)
    return not anchors.keys().isdisjoint(ANCHORS[:-1]) or not present_in(condition, fields).isdisjoint(SPARSE)


def _tell(connection: duckdb.DuckDBPyConnection, progress: Callable[[float], Any], done: int, steps: int) -> None:
    """Tell how much is done, the query that runs included."""
    progress((done + max(connection.query_progress(), 0.0) / 100) / steps)


def _look(connection: duckdb.DuckDBPyConnection, files: Files, scan: Scan, selection: Selection, noted: str) -> None:
    """Note where the events of a scan stand, and what `noted` gives: its extent, and the time."""
    paths = files.odd() if scan is _ODD else files.holding(scan.anchors, scan.present)
    if not paths:
        return
    where, parameters = selection.where()
    condition = scan.condition.sql(dialect=DuckDB.name)
    connection.execute(
        f"INSERT INTO {_FOUND} SELECT filename, file_row_number, {noted}, source, ordinal, item "  # noqa: S608 - literals are quoted by sqlglot
        f"FROM {_READ} WHERE {where} AND ({condition})",
        {"files": paths, **parameters},
    )


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    ((count,),) = connection.execute(f"SELECT count(*) FROM (SELECT DISTINCT file, place FROM {_FOUND})").fetchall()  # noqa: S608 - fixed names
    return int(count)
