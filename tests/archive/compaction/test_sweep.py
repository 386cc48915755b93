"""What nothing needs goes, once no reader can need it; what is needed stays."""

import os
import time

import pytest

from lanner.archive.compaction.compactor import Compactor, Pace
from lanner.archive.compaction.sweep import ORPHAN_SECONDS, sweep
from lanner.archive.export import export_lines
from lanner.archive.query import connect
from lanner.archive.store import Archive

PACE = Pace(level=3, group_bytes=1 << 20)


@pytest.fixture
def compacted(archive, make_row):
    for number in range(3):
        archive.append([make_row(number)], sequence=number)
    assert Compactor(archive, PACE).step()
    return archive


def parquet(archive):
    return list(archive.folder.rglob("*.parquet"))


def test_what_a_compaction_replaced_goes_with_its_snapshots(compacted):
    """With no time to keep, at once; the events, the position and the newest snapshot stay."""
    swept = sweep(compacted, 0)
    assert (swept.snapshots, swept.waiting) == (3, 0)
    assert len(parquet(compacted)) == 1
    assert len(list(export_lines(compacted))) == 3
    assert compacted.position().sequence == 2
    again = sweep(compacted, 0)
    assert (again.snapshots, again.files) == (0, 0)


def test_files_wait_for_the_readers_of_other_programs(compacted):
    """The time counts from when no snapshot names a file any more."""
    assert len(parquet(compacted)) == 4
    now = time.time()
    assert sweep(compacted, 100, now).snapshots == 0
    later = sweep(compacted, 100, now + 200)
    assert later.snapshots == 3
    assert later.files == 0
    assert len(parquet(compacted)) == 4
    assert sweep(compacted, 100, now + 250).files == 0
    assert sweep(compacted, 100, now + 10_000).files >= 3
    assert len(parquet(compacted)) == 1


def test_files_stay_while_lanner_reads(compacted):
    """A hunt that began before the compaction may take its time."""
    with connect(compacted) as connection:
        swept = sweep(Archive.open(compacted._settings, compacted.folder), 0)
        assert swept.files == 0
        assert swept.waiting >= 3
        assert connection.sql("select count(*) from events").fetchall() == [(3,)]
    assert sweep(compacted, 0, time.time() + ORPHAN_SECONDS + 60).files >= 3


def test_what_a_killed_writer_left_goes_when_it_is_old(archive, make_row):
    """A young file may be one that a commit is about to name."""
    archive.append([make_row(1)])
    (file,) = parquet(archive)
    young, old = file.with_name("young.parquet"), file.with_name("old.parquet")
    manifest = next(archive.folder.rglob("snap-*.avro")).with_name("left-m0.avro")
    for path in (young, old, manifest):
        path.write_bytes(b"PAR1")
    past = time.time() - ORPHAN_SECONDS - 60
    for path in (old, manifest):
        os.utime(path, (past, past))
    swept = sweep(archive, 0)
    assert (swept.files, swept.waiting) == (2, 1)
    assert file.exists()
    assert young.exists()
    assert len(list(export_lines(archive))) == 1


def test_a_damaged_list_of_unnamed_files_only_delays(compacted):
    """It is made anew."""
    (compacted.folder / "unnamed.json").write_bytes(b"{")
    assert sweep(compacted, 0).files >= 3
