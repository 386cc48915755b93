"""Reads a data file's bytes again, and when they are not as sealed says which rows or columns were changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from lanner.archive.seals.content import changed_rows, file_digests, sha256_of
from lanner.archive.seals.entry import file_name
from lanner.archive.seals.finding import Finding
from lanner.archive.seals.history import History, Standing

_DAMAGE = (OSError, ValueError, pa.ArrowException, MemoryError)
_MOST_RANGES = 20


def check_bytes(history: History, table: Table, file: DataFile, advance: Callable[[int], None]) -> Iterator[Finding]:
    """Hold one file against its seal."""
    name = file_name(table, file.file_path)
    standing = history.standing[name]
    try:
        with table.io.new_input(file.file_path).open() as opened:
            now = sha256_of(opened, advance)
    except FileNotFoundError:
        yield _of(name, standing, f"this file of {standing.file.content.rows} rows is missing")
        return
    except OSError as error:
        yield _of(name, standing, f"this file cannot be read: {error.strerror or error}")
        return
    if now != standing.file.sha256:
        yield _changed(history, table, file, standing, now)


def stray_files(history: History, table: Table) -> Iterator[Finding]:
    """Yield Parquet files in the table's own local folder that no link knows of or that was to be deleted."""
    folder = Path(table.location().removeprefix("file://")) / "data"
    for path in sorted(folder.rglob("*.parquet")):
        name = f"data/{path.relative_to(folder)}"
        if name in history.erased:
            message = f"link {history.gone[name]} deleted this file, but it is still on the disk; run archive expire"
            yield Finding("note", message, file=name)
        elif name not in history.standing and name not in history.gone:
            yield Finding("note", "this file is not in the table: left by a killed writer, or put there", file=name)


def _changed(history: History, table: Table, file: DataFile, standing: Standing, now: str) -> Finding:
    name = standing.file.name
    twin = next((other for other, one in history.standing.items() if one.file.sha256 == now), None)
    if twin:
        return _of(name, standing, f"this file was swapped: it holds what {twin} should hold")
    try:
        with table.io.new_input(file.file_path).open() as opened:
            digests = file_digests(opened)
    except _DAMAGE:
        return _of(name, standing, f"this file was damaged: {_damage(table, file)}")
    rows = tuple(changed_rows(standing.file.content, digests))
    if not rows:
        return _of(name, standing, "this file's bytes were changed, its rows were not")
    if len(digests) != standing.file.content.rows:
        message = f"this file was changed: it has {len(digests)} rows in place of {standing.file.content.rows}"
    else:
        message = "rows of this file were changed or moved"
    return _of(name, standing, f"{message}; see rows {_ranges(rows)}", rows)


def _ranges(rows: tuple[tuple[int, int], ...]) -> str:
    shown = ", ".join(f"{first}-{last}" for first, last in rows[:_MOST_RANGES])
    return shown + (" ..." if len(rows) > _MOST_RANGES else "")


def _damage(table: Table, file: DataFile) -> str:
    """Say which columns cannot be read."""
    try:
        with table.io.new_input(file.file_path).open() as opened:
            parquet = pq.ParquetFile(opened)
            names = [field.name for field in parquet.schema_arrow]
            broken = [column for column in names if not _is_readable(parquet, column)]
    except _DAMAGE as error:
        return f"its footer cannot be read ({str(error).splitlines()[0]})"
    return f"columns {', '.join(broken)} of its {parquet.metadata.num_rows} rows cannot be read"


def _is_readable(parquet: pq.ParquetFile, column: str) -> bool:
    try:
        parquet.read([column]).validate(full=True)
    except _DAMAGE:
        return False
    return True


def _of(name: str, standing: Standing, message: str, rows: tuple[tuple[int, int], ...] = ()) -> Finding:
    return Finding("rows" if rows else "file", message, file=name, link=standing.link, sealed=standing.time, rows=rows)
