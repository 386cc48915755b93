"""Removes what nothing needs: old snapshots, the files that only they named, and what a killed writer left behind."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
from pyarrow.fs import FileInfo, FileSelector
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table

from lanner.archive.errors import grounded
from lanner.archive.reading import unread
from lanner.archive.store import Archive

ORPHAN_SECONDS = 3600.0
"""A file that no snapshot ever named may be one that a commit is about to name until it is so old."""

UNNAMED_FILE = "unnamed.json"
"""Beside the catalog: files that no snapshot names, and since when that is known, in seconds since 1970."""

_STAMPS = msgspec.json.Decoder(dict[str, float])


class Swept(msgspec.Struct, frozen=True):
    """What a sweep did: snapshots that went, files deleted and their bytes, files that wait for their age."""

    snapshots: int = 0
    files: int = 0
    bytes: int = 0
    waiting: int = 0


def sweep(archive: Archive, keep_seconds: float, now: float | None = None) -> Swept:
    """Expire snapshots older than `keep_seconds`, and delete files that none has named for as long.

    Nothing goes while a hunt or an export of this machine reads. Object stores that pyarrow does not reach are left
    alone. Raises GroundError.
    """
    now = time.time() if now is None else now
    with grounded(archive.folder):
        before = _named(archive.refresh())
        expired = archive.expire(now - keep_seconds)
        unnamed = _unnamed(archive)
        stamps = _stamps(archive.folder / UNNAMED_FILE)
        since = {path: stamps.get(path, now) for path in unnamed}
        due = {
            path: file
            for path, file in unnamed.items()
            if since[path] + keep_seconds <= now and (path in before or _age(file, now) >= ORPHAN_SECONDS)
        }
        gone = _delete(archive, due)
        waiting = {path: moment for path, moment in since.items() if path not in gone}
        (archive.folder / UNNAMED_FILE).write_bytes(msgspec.json.encode(waiting))
    return Swept(expired, len(gone), sum(unnamed[path].size for path in gone), len(waiting))


def _unnamed(archive: Archive) -> dict[str, FileInfo]:
    # Files are listed first: what is named by a later commit is not taken for an orphan.
    files = _files(archive.table)
    named = _named(archive.refresh())
    return {path: file for path, file in files.items() if path not in named}


def _files(table: Table) -> dict[str, FileInfo]:
    """List the files of the table's own folder."""
    if not isinstance(table.io, PyArrowFileIO):
        return {}
    scheme, host, root = table.io.parse_location(table.location(), table.io.properties)
    selectors = [FileSelector(f"{root}/{part}", allow_not_found=True, recursive=True) for part in ("data", "metadata")]
    found = [file for each in selectors for file in table.io.fs_by_scheme(scheme, host).get_file_info(each)]
    return {file.path: file for file in found if file.is_file}


def _named(table: Table) -> set[str]:
    """Return the paths of all files that the table's metadata needs."""
    metadata = table.metadata
    locations = {table.metadata_location, *(entry.metadata_file for entry in metadata.metadata_log)}
    manifests: dict[str, ManifestFile] = {}
    for snapshot in metadata.snapshots:
        locations.add(snapshot.manifest_list)
        manifests |= {manifest.manifest_path: manifest for manifest in snapshot.manifests(table.io)}
    for path, manifest in manifests.items():
        entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
        locations |= {path, *(entry.data_file.file_path for entry in entries)}
    return {_path(table, location) for location in locations}


def _path(table: Table, location: str) -> str:
    return PyArrowFileIO.parse_location(location, table.io.properties)[2]


def _stamps(path: Path) -> dict[str, float]:
    try:
        return _STAMPS.decode(path.read_bytes())
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}


def _age(file: FileInfo, now: float) -> float:
    return now - file.mtime_ns / 1e9 if file.mtime_ns else 0.0


def _delete(archive: Archive, due: Mapping[str, FileInfo]) -> set[str]:
    table, gone = archive.table, set()
    scheme, host, _ = PyArrowFileIO.parse_location(table.location(), table.io.properties)
    with unread(archive.folder) as free:
        for path in due if free else ():
            try:
                table.io.fs_by_scheme(scheme, host).delete_file(path)  # type: ignore[attr-defined]
            except FileNotFoundError:
                pass
            except OSError:
                continue
            gone.add(path)
    return gone
