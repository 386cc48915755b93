"""The archive as its writers and readers see it: open, position, append, files."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException, ValidationException
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction

from lanner.archive import summary
from lanner.archive.catalog import open_table
from lanner.archive.change import ARCHIVED, Change, NoSeal, Seal
from lanner.archive.codec import encode_rows
from lanner.archive.datafiles import DataFileWriter, Layout, Partition, write_data_files
from lanner.archive.errors import OvertakenError, grounded
from lanner.archive.row import Row
from lanner.archive.seals.sealer import Sealer
from lanner.archive.settings import ArchiveSettings
from lanner.archive.snapshots import expire_before, expire_old, remove_metadata
from lanner.archive.summary import ArchivePosition
from lanner.archive.transaction import Staging
from lanner.audit.batch import Checkpoint
from lanner.errors import GroundError

__all__ = ["Archive", "ArchivePosition"]

_TRIES = 60
_LONGEST_WAIT = 1.0


class Archive:
    """The events table. One thread uses one Archive; several processes may change the same table."""

    def __init__(self, settings: ArchiveSettings, folder: Path, table: Table, seal: Seal) -> None:
        self.folder = folder
        self._settings = settings
        self._table = table
        self._seal = seal

    @classmethod
    def open(cls, settings: ArchiveSettings, folder: Path, *, create: bool = True, seal: Seal | None = None) -> Archive:
        """Open the archive below `folder`, making it when missing; raises GroundError when that is impossible.

        `seal` is asked at each commit; by default it is what the settings say.
        """
        table = open_table(settings, folder, create=create)
        return cls(settings, folder, table, seal or _seal(settings, folder))

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

    def total_bytes(self) -> int:
        """Return the bytes of all data files, as of the last call."""
        return self._total("total-files-size")

    def total_events(self) -> int:
        """Return the number of events, as of the last call."""
        return self._total("total-records")

    def _total(self, key: str) -> int:
        snapshot = self._table.current_snapshot()
        said = snapshot.summary.additional_properties if snapshot and snapshot.summary else {}
        return int(said.get(key, "0"))

    def append(
        self,
        rows: Sequence[Row],
        *,
        sequence: int | None = None,
        checkpoints: Mapping[str, Checkpoint] | None = None,
        dropped: Mapping[str, int] | None = None,
        redacted: Mapping[str, int] | None = None,
        raw: Mapping[str, int] | None = None,
        encoded: Sequence[pa.Table] = (),
    ) -> None:
        """Write the rows in one commit, with the position and the counts of what was dropped and redacted, by reason.

        `raw` are bytes of text, see Change; by default those of the rows. `encoded` are rows that stand before them and
        were given to `encode` already.

        All or nothing: when it raises GroundError, nothing was archived and the same call may be made again.
        """
        changes = summary.position_changes(sequence, checkpoints)
        self.commit(rows, changes, dropped or {}, redacted or {}, raw=raw, encoded=encoded)

    def encode(self, rows: Sequence[Row]) -> pa.Table:
        """Make of rows what `append` takes as `encoded`; it holds a third of the memory that rows do."""
        return encode_rows(rows, self._settings.cluster)

    def commit(
        self,
        rows: Sequence[Row],
        changes: Mapping[str, str],
        dropped: Mapping[str, int],
        redacted: Mapping[str, int],
        *,
        raw: Mapping[str, int] | None = None,
        encoded: Sequence[pa.Table] = (),
    ) -> None:
        """Write the rows in one commit whose summary takes on `changes`; see `append`."""
        with grounded(self.folder):
            files = self._write([*encoded, self.encode(rows)] if rows else encoded)
        raw = {ARCHIVED: sum(len(row.raw) for row in rows)} if raw is None else raw
        self.exchange(Change("append", added=files, says=changes, dropped=dropped, redacted=redacted, raw=raw))

    def _write(self, columns: Sequence[pa.Table]) -> list[DataFile]:
        return write_data_files(self._table, pa.concat_tables(columns), self._seal) if columns else []

    def exchange(self, change: Change) -> None:
        """Put the added files in the place of the removed ones, in one commit; other commits may go between.

        All or nothing: when it raises, the table is as it was and the added files are deleted. Raises OvertakenError
        when the table no longer holds one of the removed files, else GroundError.
        """
        commit = uuid.uuid4().hex
        with grounded(self.folder):
            try:
                self._commit(commit, change)
            except Exception:
                landed = self._landed(commit, change.added)
                if landed is False:
                    self.discard(change.added)
                if not landed:
                    raise

    def expire(self, before: float) -> int:
        """Forget snapshots made before this time, seconds since 1970, but the newest; return how many.

        The files that only they named stay: a sweep deletes them. Raises GroundError.
        """
        with grounded(self.folder):
            self._seal.landed(self._table.refresh())  # the chain takes their links before they go
            return expire_before(self._table, before)

    def _commit(self, commit: str, change: Change) -> None:
        for attempt in range(_TRIES):
            self._table.refresh()
            if attempt and self._landed(commit, change.added):
                return
            try:
                self._try(commit, change)
            except ValidationException as error:
                raise OvertakenError(self.folder, change.kind) from error
            except (CommitFailedException, CommitStateUnknownException):
                time.sleep(random.uniform(0, min(_LONGEST_WAIT, 0.01 * 2**attempt)))  # noqa: S311  # spreads retries
            else:
                return
        raise GroundError(f"{self.folder}: other writers won {_TRIES} times in a row; try again when they are done")

    def _try(self, commit: str, change: Change) -> None:
        before = summary.carried(self._table)
        if any(before.get(key, "") != text for key, text in change.requires.items()):
            raise OvertakenError(self.folder, change.kind)
        link = self._seal.link(self._table, before, change)
        says = {**summary.next_summary(before, change), **link, summary.COMMIT: commit}
        transaction = Staging(self._table)
        _stage(transaction, change, says)
        expired = expire_old(transaction, self._table)
        transaction.commit_transaction()
        remove_metadata(self._table, expired)
        self._seal.landed(self._table)

    def _landed(self, commit: str, added: Sequence[DataFile]) -> bool | None:
        """Say whether the commit is in the table after all, None when nothing can be known."""
        try:
            table = self._table.refresh()
            return summary.has_commit(table, commit) or self._has(table, added)
        except Exception:  # noqa: BLE001  # the error that led here says more
            return None

    def _has(self, table: Table, files: Sequence[DataFile]) -> bool:
        """Say whether the table names one of the files: its snapshot may be expired already."""
        wanted = {file.file_path for file in files}
        return bool(wanted) and any(task.file.file_path in wanted for task in table.scan().plan_files())

    def writer(self, partition: Partition, layout: Layout) -> DataFileWriter:
        """Begin a data file that a later `exchange` adds."""
        return DataFileWriter(self._table, partition, layout, self._seal)

    def discard(self, files: Sequence[DataFile]) -> None:
        """Remove files that no commit names, so that a full disk does not fill with them."""
        for file in files:
            try:
                self._table.io.delete(file.file_path)
            except OSError:
                continue


def _seal(settings: ArchiveSettings, folder: Path) -> Seal:
    return Sealer(settings.seals, folder) if settings.seals.enabled else NoSeal()


def _stage(transaction: Transaction, change: Change, says: dict[str, str]) -> None:
    update = transaction.update_snapshot(snapshot_properties=says)
    with update.overwrite() if change.removed else update.merge_append() as producer:
        for file in change.removed:
            producer.delete_data_file(file)
        for file in change.added:
            producer.append_data_file(file)
