"""Gives events back: as the lines that came in, in their order of arrival, or as their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lanner.archive.query import connect, explained
from lanner.archive.rebuild import REBUILD, rebuild_line
from lanner.archive.selection import Selection
from lanner.archive.settings import HUNT_MEMORY
from lanner.archive.store import Archive

_BATCH_ROWS = 1000
_EVERYTHING = Selection()


def export_lines(archive: Archive, selection: Selection = _EVERYTHING, *, memory: str = HUNT_MEMORY) -> Iterator[bytes]:
    """Yield the original lines without newline, source by source in the order of arrival; raises GroundError."""
    for values in _read(archive, REBUILD, selection, memory):
        yield rebuild_line(values)


def export_columns(
    archive: Archive, selection: Selection = _EVERYTHING, *, memory: str = HUNT_MEMORY
) -> Iterator[dict[str, Any]]:
    """Yield the columns that are not null, except `line`, in the order of `export_lines`; raises GroundError."""
    names = [field.name for field in archive.table.schema().fields if field.name != "line"]
    for values in _read(archive, names, selection, memory):
        yield {name: value for name, value in values.items() if value is not None}


def _read(archive: Archive, names: Sequence[str], selection: Selection, memory: str) -> Iterator[dict[str, Any]]:
    columns = ", ".join(f'"{name}"' for name in names)
    where, parameters = selection.where()
    sql = f"SELECT {columns} FROM events WHERE {where} ORDER BY source, ordinal, item"  # noqa: S608  # fixed names
    with connect(archive, memory=memory) as connection, explained():
        # Sorting needs the table's size; it spills to disk beyond the memory limit.
        for batch in connection.sql(sql, params=parameters).to_arrow_reader(_BATCH_ROWS):
            yield from batch.to_pylist()
