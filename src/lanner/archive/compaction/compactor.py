"""Merges files of a partition into sorted ones and puts those in their place, in one commit."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pyarrow as pa
from pyiceberg.manifest import DataFile

from lanner.archive.catalog import file_lock
from lanner.archive.change import Change
from lanner.archive.compaction.plan import Size, all_merges, closed_merge, open_merge
from lanner.archive.compaction.runs import Runs, groups
from lanner.archive.datafiles import GROUP_ROWS, ONE_PAGE, PAGE_ROWS, DataFileWriter, Layout, Partition
from lanner.archive.errors import grounded
from lanner.archive.store import Archive
from lanner.errors import GroundError

KIND = "compact"
FOLDER = "compaction"
FILE_BYTES = 128 * 1024 * 1024
PAGE_BYTES = 16 * 1024 * 1024
_EPOCH = dt.date(1970, 1, 1)
_CLOSED_AFTER = dt.timedelta(hours=1)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How thoroughly to compact: zstd's level, and the bytes of rows in memory, which are those of a row group."""

    level: int
    group_bytes: int
    page_bytes: int = PAGE_BYTES
    file_bytes: int = FILE_BYTES


class Merge(msgspec.Struct, frozen=True):
    """One merge that is done: its partition, and files and bytes before and after."""

    day: dt.date | None
    cluster: str
    events: int
    files_before: int
    bytes_before: int
    files_after: int
    bytes_after: int


class StoppedError(Exception):
    """The compaction was asked to stop; nothing was changed."""


def _go_on() -> None:
    pass


class Compactor:
    """Compacts one archive; `check` is called often and may raise to stop."""

    def __init__(self, archive: Archive, pace: Pace, check: Callable[[], None] = _go_on) -> None:
        self._archive, self._pace, self._check = archive, pace, check

    def step(self, now: dt.datetime | None = None) -> Merge | None:
        """Do the one merge that is most needed; None when there is none.

        Partitions whose day is over at `now` are merged to few files, others only when many small ones have gathered;
        None takes all for over. Raises GroundError, OvertakenError when others have replaced the files.
        """
        for partition, files in self._partitions().items():
            plan = closed_merge if now is None or _is_over(partition, now) else open_merge
            chosen = plan([(file, self._size(file)) for file in files], self._pace.file_bytes)
            if chosen:
                return self._merge(partition, chosen)
        return None

    def rewrite(self) -> Iterator[Merge]:
        """Merge all files of each partition anew, however they were made; raises as `step`."""
        for partition, files in self._partitions().items():
            for chosen in all_merges([(file, self._size(file)) for file in files], self._pace.file_bytes):
                yield self._merge(partition, chosen)

    def _partitions(self) -> dict[Partition, list[DataFile]]:
        found: dict[Partition, list[DataFile]] = {}
        table = self._archive.refresh()
        with grounded(self._archive.folder):
            for task in table.scan().plan_files():
                key = Partition(task.file.partition[0], task.file.partition[1])
                found.setdefault(key, []).append(task.file)
        return dict(sorted(found.items(), key=lambda entry: (entry[0].day or -1, entry[0].cluster)))

    def _size(self, file: DataFile) -> Size:
        order = self._archive.table.sort_order().order_id
        # A table without an order cannot say which files are sorted: then only the number of files is looked at.
        return Size(file.file_size_in_bytes, order in (0, file.sort_order_id))

    def _merge(self, partition: Partition, files: Sequence[DataFile]) -> Merge:
        with grounded(self._archive.folder), _folder(self._archive.folder / FOLDER) as folder:
            added = self._write(partition, files, folder)
        self._archive.exchange(Change(KIND, added=added, removed=files))
        day = None if partition.day is None else _EPOCH + dt.timedelta(days=partition.day)
        return Merge(
            day, partition.cluster, sum(file.record_count for file in files),
            len(files), sum(file.file_size_in_bytes for file in files),
            len(added), sum(file.file_size_in_bytes for file in added),
        )  # fmt: skip

    def _write(self, partition: Partition, files: Sequence[DataFile], folder: Path) -> list[DataFile]:
        runs = Runs(folder, self._archive.table, self._pace.group_bytes, self._check)
        for file in files:
            runs.add(file)
        few = sum(file.record_count for file in files) <= GROUP_ROWS
        writing = _Writing(self._archive, partition, self._pace, ONE_PAGE if few else PAGE_ROWS)
        try:
            for rows in groups(runs.merge(), GROUP_ROWS, self._pace.group_bytes):
                self._check()
                writing.write(rows)
            return self._complete(files, writing.done())
        except BaseException:
            writing.abandon()
            raise

    def _complete(self, files: Sequence[DataFile], added: list[DataFile]) -> list[DataFile]:
        if sum(file.record_count for file in added) != sum(file.record_count for file in files):
            raise GroundError(f"{self._archive.folder}: files hold other rows than the table says; see archive verify")
        return added


class _Writing:
    """The files that a merge writes, one after the other."""

    def __init__(self, archive: Archive, partition: Partition, pace: Pace, page_rows: int) -> None:
        self._archive, self._partition, self._pace = archive, partition, pace
        self._layout = Layout(pace.level, pace.page_bytes, dictionary=False, sorted=True, page_rows=page_rows)
        self._writer: DataFileWriter | None = None
        self._done: list[DataFile] = []

    def write(self, rows: pa.Table) -> None:
        if self._writer is None:
            self._writer = self._archive.writer(self._partition, self._layout)
        self._writer.write(rows)
        pa.default_memory_pool().release_unused()
        if self._writer.size >= self._pace.file_bytes:
            self.done()

    def done(self) -> list[DataFile]:
        if self._writer is not None:
            self._done.append(self._writer.close())
            self._writer = None
        return self._done

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.abandon()
        self._archive.discard(self._done)


def _is_over(partition: Partition, now: dt.datetime) -> bool:
    return partition.day is None or _EPOCH + dt.timedelta(days=partition.day) < (now - _CLOSED_AFTER).date()


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """Give an empty folder for runs, which one compaction at a time has; what a killed one left in it goes."""
    with file_lock(path.with_suffix(".lock"), wait=True):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
