"""Gives events back, source by source in the order of arrival: as the lines that came in, or as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from lanner.archive.auditids import shown_schema
from lanner.archive.errors import grounded
from lanner.archive.ordering import Rows, in_order
from lanner.archive.query import connect, explained
from lanner.archive.rebuild import REBUILD, rebuild_line
from lanner.archive.selection import Selection
from lanner.archive.settings import HUNT_MEMORY
from lanner.archive.store import Archive
from lanner.config.typed import nearest
from lanner.errors import UsageError

_EVERYTHING = Selection()


def export_lines(archive: Archive, selection: Selection = _EVERYTHING, *, memory: str = HUNT_MEMORY) -> Iterator[bytes]:
    """Yield the original lines without newline; raises GroundError."""
    for batch in export_batches(archive, REBUILD, selection, memory=memory):
        yield from map(rebuild_line, batch.to_pylist())


def export_columns(
    archive: Archive, selection: Selection = _EVERYTHING, names: Sequence[str] = (), *, memory: str = HUNT_MEMORY
) -> Iterator[dict[str, Any]]:
    """Yield the named columns that are not null, without names all but `line`; raises GroundError, UsageError."""
    chosen = columns_of(archive, names) if names else [name for name in columns_of(archive) if name != "line"]
    for batch in export_batches(archive, chosen, selection, memory=memory):
        for values in batch.to_pylist():
            yield {name: value for name, value in values.items() if value is not None}


def columns_of(archive: Archive, names: Sequence[str] = ()) -> list[str]:
    """Return the names of columns, all of them when none are given; raises UsageError for one that there is not."""
    known = shown_schema(archive.table).names
    for name in names:
        if name not in known:
            raise UsageError(f"the archive has no column {name!r}{nearest(name, known)}")
    return list(names or known)


def count_events(archive: Archive, selection: Selection = _EVERYTHING) -> int:
    """Return how many events the files hold that an export has to read; raises GroundError."""
    table = archive.refresh()
    with grounded(archive.folder):
        return sum(task.file.record_count for task in table.scan(row_filter=selection.of_files()).plan_files())


def export_batches(
    archive: Archive,
    names: Sequence[str],
    selection: Selection = _EVERYTHING,
    *,
    memory: str = HUNT_MEMORY,
    lists_as_text: bool = False,
) -> Iterator[pa.RecordBatch]:
    """Yield the columns in batches of bounded size, lists as JSON text if asked; raises GroundError."""
    lists = {field.name for field in archive.table.schema().fields if not field.field_type.is_primitive}
    asked = {name: f'to_json("{name}")::VARCHAR' if lists_as_text and name in lists else f'"{name}"' for name in names}
    with connect(archive, memory=memory) as connection, explained():
        yield from in_order(connection, Rows(asked, *selection.where()))
