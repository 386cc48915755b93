"""Opens the Iceberg table: by default from an SQLite catalog and a local warehouse below the archive's folder.

Settings may name another catalog and store instead: REST, PostgreSQL, Glue; S3 and what speaks its language.
"""

from __future__ import annotations

import fcntl
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.table import Table

from lanner.archive.durable import DURABLE_IO
from lanner.archive.errors import grounded
from lanner.archive.schema import PROPERTIES, TABLE, table_order, table_partitions, table_schema
from lanner.archive.settings import ArchiveSettings
from lanner.errors import GroundError, UsageError

CATALOG_FILE = "catalog.db"
_LOCK_SECONDS = 60
# Glue's client asks ten times before it says that nobody answers, which takes 37 seconds.
_RETRIES, _FEW = "glue.max-retries", 3


def open_table(settings: ArchiveSettings, folder: Path, *, create: bool) -> Table:
    """Load the events table; make it when it is missing and `create` is set, else raise GroundError."""
    local = not settings.catalog
    if local and not create and not (folder / CATALOG_FILE).is_file():
        raise GroundError(f"{folder}: no archive here; name the data folder by --data or LANNER_DATA")
    with grounded(folder), _in_place(folder if local else None):
        if not create:
            return _load(settings, folder)
        folder.mkdir(parents=True, exist_ok=True)
        with file_lock(folder / "create.lock", wait=True):
            return _load_or_create(settings, folder)


@contextmanager
def _in_place(folder: Path | None) -> Iterator[None]:
    """Say of a file that is missing that a local archive was moved, if that is why."""
    try:
        yield
    except FileNotFoundError:
        noted = folder and _noted_place(folder)
        if not folder or not noted or noted == folder.absolute():
            raise
        raise GroundError(
            f"{folder}: this archive was moved, but it notes whole paths of its files as {noted}; "
            f"move it back, or leave a link where it was: ln -s {folder.absolute()} {noted}"
        ) from None


def _noted_place(folder: Path) -> Path | None:
    """Return the folder in which the catalog's files were when they were written."""
    with closing(sqlite3.connect(folder / CATALOG_FILE)) as catalog:
        found = catalog.execute("SELECT metadata_location FROM iceberg_tables").fetchone()
    place = str(found[0]).removeprefix("file://").partition("/warehouse/")[0] if found else ""
    return Path(place) if place else None


def _load(settings: ArchiveSettings, folder: Path) -> Table:
    try:
        return _catalog(settings, folder).load_table(TABLE)
    except NoSuchTableError:
        raise GroundError(f"{folder}: the catalog holds no archive; run lanner or import a log first") from None


def _load_or_create(settings: ArchiveSettings, folder: Path) -> Table:
    catalog = _catalog(settings, folder)
    try:
        return catalog.load_table(TABLE)
    except NoSuchTableError:
        return _create(catalog, None if settings.catalog else _newest_metadata(folder.absolute()))


def _catalog(settings: ArchiveSettings, folder: Path) -> Catalog:
    logging.getLogger("pyiceberg").setLevel(logging.ERROR)
    with _configured():
        return load_catalog("lanner", **(_remote(settings.catalog) if settings.catalog else _local(folder.absolute())))


def _remote(given: dict[str, str]) -> dict[str, Any]:
    return {"py-io-impl": DURABLE_IO, **given, _RETRIES: int(given.get(_RETRIES, _FEW))}


def _local(folder: Path) -> dict[str, str]:
    return {
        "type": "sql",
        "uri": f"sqlite:///{folder / CATALOG_FILE}?timeout={_LOCK_SECONDS}",
        "warehouse": str(folder / "warehouse"),
        "py-io-impl": DURABLE_IO,
    }


@contextmanager
def _configured() -> Iterator[None]:
    """Turn pyiceberg's complaints about its properties into UsageError."""
    try:
        yield
    except ValueError as error:
        raise UsageError(f"archive.catalog: {error}; docs/archive.md has an example for each catalog") from error


def _create(catalog: Catalog, orphan: Path | None) -> Table:
    try:
        catalog.create_namespace(TABLE[0])
    except NamespaceAlreadyExistsError:
        pass
    try:
        if orphan:
            return catalog.register_table(TABLE, str(orphan))
        with _configured():
            return catalog.create_table(
                TABLE,
                table_schema(),
                partition_spec=table_partitions(),
                sort_order=table_order(),
                properties=PROPERTIES,
            )
    except TableAlreadyExistsError:
        return catalog.load_table(TABLE)


def _newest_metadata(folder: Path) -> Path | None:
    """Find the table that a lost catalog file named, so that its events are not hidden by a new empty table."""
    found = (folder / "warehouse").glob("*/*/metadata/*.metadata.json")
    return max(found, key=lambda file: (file.name.split("-")[0], file.stat().st_mtime_ns), default=None)


@contextmanager
def file_lock(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold an exclusive lock that the system frees when the process ends; raises BlockingIOError unless `wait`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
