"""The archive as its writers and readers see it: open, position, append, files."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from lanner.archive import summary
from lanner.archive.catalog import open_table
from lanner.archive.codec import encode_rows
from lanner.archive.datafiles import write_data_files
from lanner.archive.errors import grounded
from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.snapshots import expire_old, remove_metadata
from lanner.archive.summary import ArchivePosition
from lanner.audit.batch import Checkpoint
from lanner.errors import GroundError

__all__ = ["Archive", "ArchivePosition"]

_TRIES = 60
_LONGEST_WAIT = 1.0


class Archive:
    """The events table. One thread uses one Archive; several processes may append to the same table."""

    def __init__(self, settings: ArchiveSettings, folder: Path, table: Table) -> None:
        self.folder = folder
        self._settings = settings
        self._table = table

    @classmethod
    def open(cls, settings: ArchiveSettings, folder: Path, *, create: bool = True) -> Archive:
        """Open the archive below `folder`, making it when missing; raises GroundError when that is impossible."""
        return cls(settings, folder, open_table(settings, folder, create=create))

    @property
    def table(self) -> Table:
        """The Iceberg table as of the last call."""
        return self._table

    def close(self) -> None:
        """Give up the connection to the catalog."""
        self._table.catalog.close()

    def refresh(self) -> Table:
        """Read the newest state of the table."""
        with grounded(self.folder):
            return self._table.refresh()

    def position(self) -> ArchivePosition | None:
        """Return how far the spool is archived, None when nothing of it is; read anew at each call."""
        return summary.position_of(self.carried())

    def carried(self) -> dict[str, str]:
        """Return what the newest snapshot's summary says of position, import and drops; read anew at each call."""
        return summary.carried(self.refresh())

    def append(
        self,
        rows: Sequence[Row],
        *,
        sequence: int | None = None,
        checkpoints: Mapping[str, Checkpoint] | None = None,
        dropped: Mapping[str, int] | None = None,
        encoded: Sequence[pa.Table] = (),
    ) -> None:
        """Write the rows in one commit, with the position and the counts of what was dropped, by reason.

        `encoded` are rows that stand before them and were given to `encode` already.

        All or nothing: when it raises GroundError, nothing was archived and the same call may be made again.
        """
        self.commit(rows, summary.position_changes(sequence, checkpoints), dropped or {}, encoded)

    def encode(self, rows: Sequence[Row]) -> pa.Table:
        """Make of rows what `append` takes as `encoded`; it holds a third of the memory that rows do."""
        return encode_rows(rows, self._settings.cluster)

    def commit(
        self,
        rows: Sequence[Row],
        changes: Mapping[str, str],
        dropped: Mapping[str, int],
        encoded: Sequence[pa.Table] = (),
    ) -> None:
        """Write the rows in one commit whose summary takes on `changes`; see `append`."""
        with grounded(self.folder):
            files = self._write([*encoded, self.encode(rows)] if rows else encoded)
            try:
                self._commit_files(files, changes, dropped)
            except OSError:
                self._discard(files)
                raise

    def _write(self, columns: Sequence[pa.Table]) -> list[DataFile]:
        return write_data_files(self._table, pa.concat_tables(columns)) if columns else []

    def _commit_files(self, files: list[DataFile], changes: Mapping[str, str], dropped: Mapping[str, int]) -> None:
        commit = uuid.uuid4().hex
        for attempt in range(_TRIES):
            self._table.refresh()
            if attempt and summary.has_commit(self._table, commit):
                return
            try:
                self._try(commit, files, changes, dropped)
            except (CommitFailedException, CommitStateUnknownException):
                time.sleep(random.uniform(0, min(_LONGEST_WAIT, 0.01 * 2**attempt)))  # noqa: S311  # spreads retries
            else:
                return
        raise GroundError(f"{self.folder}: other writers won {_TRIES} times in a row; try again when they are done")

    def _try(self, commit: str, files: list[DataFile], changes: Mapping[str, str], dropped: Mapping[str, int]) -> None:
        before = summary.carried(self._table)
        said = summary.next_summary(before, commit=commit, changes=changes, dropped=dropped)
        transaction = self._table.transaction()
        with transaction.update_snapshot(snapshot_properties=said).merge_append() as append:
            for file in files:
                append.append_data_file(file)
        expired = expire_old(transaction, self._table)
        transaction.commit_transaction()
        remove_metadata(self._table, expired)

    def _discard(self, files: list[DataFile]) -> None:
        """Remove files that no commit names, so that a full disk does not fill with them."""
        for file in files:
            try:
                self._table.io.delete(file.file_path)
            except OSError:
                continue
