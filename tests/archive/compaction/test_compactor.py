"""Compaction keeps every event and its text, sorts them, and is in the table at once or not at all."""

import datetime as dt
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.archive.compaction.compactor import Compactor, Pace
from lanner.archive.errors import OvertakenError
from lanner.archive.export import export_lines
from lanner.archive.query import connect
from lanner.archive.row import Row
from lanner.archive.schema import SORTED
from lanner.archive.settings import ArchiveSettings, SealSettings
from lanner.archive.store import Archive
from lanner.archive.summary import KIND

BENCH = Path(__file__).parents[3] / "bench" / "crash_archive.py"
PACE = Pace(level=3, group_bytes=1 << 20)
SMALL = Pace(level=1, group_bytes=4096, page_bytes=4096, file_bytes=20_000)


def files_of(archive):
    return [task.file for task in archive.refresh().scan().plan_files()]


def run(compactor):
    return list(iter(compactor.step, None))


def stored(archive):
    return sorted(path.name for path in archive.folder.rglob("*.parquet"))


def test_files_of_a_partition_become_one_sorted_file(archive, make_row):
    """Each day of each cluster on its own; the position stays."""
    for number in range(6):
        archive.append([make_row(number, day=1 + number % 2), make_row(20 + number, verb="list")], sequence=number)
    before = list(export_lines(archive))
    merges = run(Compactor(archive, PACE))
    assert [(str(merge.day), merge.events, merge.files_before, merge.files_after) for merge in merges] == [
        ("2026-01-01", 9, 6, 1), ("2026-01-02", 3, 3, 1)
    ]  # fmt: skip
    assert list(export_lines(archive)) == before
    assert archive.position().sequence == 5
    assert archive.table.current_snapshot().summary.additional_properties[KIND] == "compact"
    for file in files_of(archive):
        rows = pq.read_table(file.file_path, columns=list(SORTED)).to_pylist()
        keys = [tuple((row[name] is None, row[name]) for name in SORTED) for row in rows]
        assert keys == sorted(keys)
        assert file.sort_order_id == archive.table.sort_order().order_id


def test_compaction_again_does_nothing(archive, make_row):
    """Nothing is left to do, unless everything is to be packed again."""
    archive.append([make_row(1)])
    archive.append([make_row(2)])
    compactor = Compactor(archive, PACE)
    assert len(run(compactor)) == 1
    files = stored(archive)
    assert run(compactor) == []
    assert stored(archive) == files
    assert [merge.files_before for merge in compactor.rewrite()] == [1]
    assert len(list(export_lines(archive))) == 2


def test_a_day_that_is_not_over_waits_until_many_files_have_gathered(archive, make_row):
    """At noon of the day nothing, two days later all."""
    archive.append([make_row(1)])
    archive.append([make_row(2)])
    compactor = Compactor(archive, PACE)
    assert compactor.step(dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)) is None
    assert compactor.step(dt.datetime(2026, 1, 3, 12, tzinfo=dt.UTC)).events == 2


def test_events_without_a_time_are_compacted_too(archive, make_row):
    """They are a partition of their own; nulls stand last."""
    archive.append([Row(raw=b'{"user":{}}', source="s"), make_row(1)])
    archive.append([Row(raw=b"{}", source="s", ordinal=2)])
    run(Compactor(archive, PACE))
    assert len(files_of(archive)) == 2
    assert len(list(export_lines(archive))) == 3


EVENTS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from(["pods", "secrets", "configmaps", None]),
        st.text(max_size=20),
        st.sampled_from(["get", "list", "ü"]),
        st.sampled_from([b"", b" ", b"\xff"]),
        st.integers(0, 3),
    ),
    max_size=60,
)


def line_of(number, event):
    day, resource, name, verb, odd, size = event
    text = {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": str(number), "verb": verb,
        "user": {"username": name}, "requestObject": {"a": name * 100**size if size < 2 else name},
        "stageTimestamp": f"2026-01-0{day}T00:00:00.{number:06}Z",
    }  # fmt: skip
    if resource:
        text["objectRef"] = {"resource": resource, "name": name}
    return json.dumps(text, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass") + odd


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS, st.lists(st.integers(1, 12), max_size=6), st.booleans())
def test_what_was_archived_comes_back_byte_for_byte(events, cuts, small):
    """Random events in random commits, in many row groups and files or in one."""
    folder = Path(tempfile.mkdtemp())
    archive = Archive.open(ArchiveSettings(seals=SealSettings(enabled=False)), folder / "a")
    try:
        lines = [line_of(number, event) for number, event in enumerate(events)]
        rows = [Row(raw=line, source="s", ordinal=number) for number, line in enumerate(lines)]
        for cut in [*cuts, len(rows)]:
            if rows:
                archive.append(rows[:cut])
                rows = rows[cut:]
        run(Compactor(archive, SMALL if small else PACE))
        assert list(export_lines(archive)) == lines
    finally:
        archive.close()
        shutil.rmtree(folder)


def test_many_row_groups_and_files(archive, make_row):
    """Rows beyond the memory are sorted on disk; files are cut at their size, one after the other in the order."""
    for part in range(2):
        archive.append(
            [make_row(number, more=f',"requestObject":{{"n":"{number * 7919}"}}') for number in range(part, 900, 2)]
        )
    before = list(export_lines(archive))
    assert [merge.files_before for merge in Compactor(archive, SMALL).rewrite()] == [2]
    files = sorted(pq.read_table(f.file_path, columns=["name"])["name"].to_pylist() for f in files_of(archive))
    assert len(files) > 1
    assert all(end <= start for end, start in zip([f[-1] for f in files], [f[0] for f in files][1:], strict=False))
    assert list(export_lines(archive)) == before
    assert not list((archive.folder / "compaction").glob("*"))


class StopError(Exception):
    """Asked to stop."""


@pytest.mark.parametrize("limit", range(1, 6))
def test_a_compaction_that_is_stopped_leaves_nothing(archive, make_row, limit):
    """At whatever point: no file stays, no event is lost, and the next one does it."""
    for number in range(3):
        archive.append([make_row(number)])
    files, lines = stored(archive), list(export_lines(archive))
    calls = []

    def check():
        calls.append(1)
        if len(calls) == limit:
            raise StopError

    with pytest.raises(StopError):
        Compactor(archive, PACE, check).step()
    assert stored(archive) == files
    assert list(export_lines(archive)) == lines
    assert Compactor(archive, PACE).step().events == 3


def test_of_two_compactions_of_the_same_files_one_gives_way(archive, make_row):
    """Its files are deleted; events are there once."""
    archive.append([make_row(1)])
    archive.append([make_row(2)])
    other = Archive.open(ArchiveSettings(), archive.folder)
    stale = Compactor(archive, PACE)
    found = stale._partitions()
    assert Compactor(other, PACE).step()
    with pytest.raises(OvertakenError):
        [stale._merge(partition, files) for partition, files in found.items()]
    assert len(list(export_lines(archive))) == 2
    assert len(stored(archive)) == 3


def test_readers_that_began_before_a_compaction_read_on(archive, make_row):
    """A hunt sees the files it began with, or the new ones: never both, never half."""
    for number in range(3):
        archive.append([make_row(number)])
    with connect(archive) as connection:
        run(Compactor(Archive.open(ArchiveSettings(), archive.folder), PACE))
        assert connection.sql("select count(*) from events").fetchall() == [(3,)]
    with connect(archive) as connection:
        assert connection.sql("select count(*) from events").fetchall() == [(3,)]


def test_kills_lose_and_double_nothing():
    """The small form of the bench: each event is there once, the seals verify, and no file stays that nothing names."""
    done = subprocess.run(
        [sys.executable, str(BENCH), "--kills", "2", "--seed", "7"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["lost"], told["doubled"], told["left"]) == (0, 0, 0)
    assert told["events"] >= 100
