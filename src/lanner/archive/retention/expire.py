"""Deletes rows whose time is over: files go or are written anew without them, and a tombstone says so in the chain."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.manifest import DataFile

from lanner.archive.change import Change
from lanner.archive.compaction.runs import groups
from lanner.archive.datafiles import GROUP_ROWS, DataFileWriter, Layout, Partition
from lanner.archive.errors import OvertakenError, grounded
from lanner.archive.retention.erase import Eraser
from lanner.archive.retention.holds import HOLDS, quiet_connection, read_holds
from lanner.archive.retention.rules import Entry, entries
from lanner.archive.retention.settings import RetentionSettings
from lanner.archive.retention.survey import Fate, Judge, batches, survey
from lanner.archive.retention.tiers import places, tier_of
from lanner.archive.seals.content import sum_of, written_sum
from lanner.archive.seals.link import EXPIRE, Tombstone
from lanner.archive.seals.rows import row_digests
from lanner.archive.store import Archive
from lanner.errors import GroundError

FILES_A_COMMIT = 16
_GROUP_BYTES = 64 * 1024 * 1024
_APPENDED = Layout(level=3, page_bytes=4 * 1024 * 1024, dictionary=True)
_COMPACTED = Layout(level=15, page_bytes=16 * 1024 * 1024, dictionary=False, sorted=True)


class Expired(msgspec.Struct, frozen=True):
    """What went, or would go, by one policy; `files` lost rows by it, and of `bytes` the share of these rows counts."""

    policy: str
    days: int | None
    rows: int
    files: int
    bytes: int


class Expiry(msgspec.Struct, frozen=True):
    """The deletion as a whole; `held` rows are over their time but under a hold."""

    expired: tuple[Expired, ...]
    files_removed: int
    files_rewritten: int
    rows: int
    bytes: int
    held: int


class Plan(NamedTuple):
    """The files of which rows go or are held, those that cannot be read, who judged them, and the holds in force."""

    fates: list[Fate]
    damaged: list[str]
    judge: Judge
    holds: str


def plan(archive: Archive, settings: RetentionSettings, now: dt.datetime) -> Plan:
    """Look through the files; raises GroundError."""
    carried = archive.carried()
    judge = Judge(entries(settings), list(read_holds(carried).values()), now)
    damaged: list[str] = []
    with grounded(archive.folder):
        fates = list(survey(archive.table, judge, damaged))
    return Plan(fates, damaged, judge, carried.get(HOLDS, ""))


def summed(fates: Sequence[Fate], settings: RetentionSettings) -> Expiry:
    """Sum up what goes by policy."""
    found = entries(settings)
    rows, files, size = Counter[int](), Counter[int](), Counter[int]()
    for fate in fates:
        rows.update(fate.gone)
        files.update(fate.gone.keys())
        for number, count in fate.gone.items():
            size[number] += fate.file.file_size_in_bytes * count // max(fate.file.record_count, 1)
    whole = sum(fate.rows == fate.file.record_count for fate in fates)
    return Expiry(
        tuple(Expired(found[n].name, found[n].policy.days, rows[n], files[n], size[n]) for n in sorted(rows)),
        whole, sum(fate.rows > 0 for fate in fates) - whole, rows.total(), size.total(), sum(f.held for f in fates),
    )  # fmt: skip


def freed(fates: Sequence[Fate], settings: RetentionSettings, archive: Archive) -> dict[str, int]:
    """Return the bytes that go from each tier."""
    bases = places(settings, archive.table)
    found = dict.fromkeys(bases, 0)
    for fate in fates:
        found[tier_of(fate.file.file_path, bases)] += fate.bytes
    return found


def expire(
    archive: Archive,
    settings: RetentionSettings,
    now: dt.datetime,
    advance: Callable[[int], None] = lambda _bytes: None,
) -> Expiry:
    """Delete what is over its time and not held; `advance` hears of bytes of files that are done.

    Files that another commit replaces meanwhile wait for the next time. Raises GroundError, after all else is done
    when some files cannot be read.
    """
    with Eraser(archive) as eraser:
        eraser.finish()
        planned = plan(archive, settings, now)
        going = [fate for fate in planned.fates if fate.rows]
        done = [fate for fate in planned.fates if not fate.rows]
        for start in range(0, len(going), FILES_A_COMMIT):
            part = going[start : start + FILES_A_COMMIT]
            if _delete(archive, eraser, part, planned, entries(settings)):
                done += part
            eraser.finish()
            advance(sum(fate.file.file_size_in_bytes for fate in part))
    if planned.damaged:
        raise GroundError(
            f"{len(planned.damaged)} files cannot be read, so of them nothing was deleted, of all others it was; "
            f"run `lanner archive verify`: {planned.damaged[0]}"
        )
    return summed(done, settings)


def _delete(archive: Archive, eraser: Eraser, fates: Sequence[Fate], planned: Plan, found: Sequence[Entry]) -> bool:
    """Write what is left of the files and commit; False when another commit was faster."""
    removed = [fate.file for fate in fates]
    with quiet_connection() as connection, grounded(archive.folder):
        cut = _Cut(archive, eraser, planned.judge, connection)
        added = [left for file in removed if (left := cut.rewrite(file))]
    eraser.plan([file.file_path for file in removed])
    tombs = cut.grave.tombstones(found)
    try:
        archive.exchange(
            Change(EXPIRE, added=added, removed=removed, tombstones=tombs, requires={HOLDS: planned.holds})
        )
    except OvertakenError:
        return False
    return True


class _Grave:
    """Gathers what rows go, by entry."""

    def __init__(self) -> None:
        self._rows, self._sums = Counter[int](), Counter[int]()
        self._times: dict[int, list[dt.datetime]] = {}

    def take(self, rows: pa.Table, numbers: pa.ChunkedArray) -> None:
        """Take rows that go, with the numbers of their entries."""
        ids = [int((field.metadata or {})[b"PARQUET:field_id"]) for field in rows.schema]
        for number in pc.unique(numbers).to_pylist():
            part = rows.filter(pc.equal(numbers, number))
            self._rows[number] += part.num_rows
            self._sums[number] += sum_of(row_digests(part, ids))
            span = pc.min_max(part["time"]).values()
            self._times.setdefault(number, []).extend(moment.as_py() for moment in span if moment.is_valid)

    def tombstones(self, found: Sequence[Entry]) -> tuple[Tombstone, ...]:
        """Return a tombstone for each entry."""
        return tuple(
            Tombstone(
                f"{found[number].name}: {found[number].policy}",
                rows,
                written_sum(self._sums[number]),
                min(self._times[number], default=None),
                max(self._times[number], default=None),
            )
            for number, rows in sorted(self._rows.items())
        )


class _Cut:
    """Writes files anew without the rows that go, which end up in the grave."""

    def __init__(self, archive: Archive, eraser: Eraser, judge: Judge, connection: duckdb.DuckDBPyConnection) -> None:
        self.grave = _Grave()
        self._archive, self._eraser, self._judge, self._connection = archive, eraser, judge, connection

    def rewrite(self, file: DataFile) -> DataFile | None:
        """Write the rows that stay into a new file, in their order; None when none stay."""
        writer: DataFileWriter | None = None
        try:
            for rows in groups(self._staying(file), GROUP_ROWS, _GROUP_BYTES):
                writer = writer or self._begin(file)
                writer.write(rows)
            return writer.close() if writer else None
        except BaseException:
            if writer:
                writer.abandon()
            raise

    def _begin(self, file: DataFile) -> DataFileWriter:
        order = self._archive.table.sort_order().order_id
        layout = _COMPACTED if order and file.sort_order_id == order else _APPENDED
        writer = self._archive.writer(Partition(file.partition[0], file.partition[1]), layout)
        self._eraser.plan([writer.location])
        return writer

    def _staying(self, file: DataFile) -> Iterator[pa.Table]:
        for rows in batches(self._archive.table, file):
            judged = self._judge.judge(self._connection, rows)
            goes = pc.and_(judged["over"], pc.invert(judged["held"]))
            gone = rows.filter(goes)
            if gone.num_rows:
                self.grave.take(gone, judged["entry"].filter(goes))
            if gone.num_rows < rows.num_rows:
                yield rows.filter(pc.invert(goes))
