"""Verification finds what was changed and nothing else; bench/tamper.py makes the changes, here a few of each kind."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.archive.change import Change, NoSeal
from lanner.archive.datafiles import write_data_files
from lanner.archive.row import Row
from lanner.archive.seals.anchored import Anchored
from lanner.archive.seals.chain import Chain
from lanner.archive.seals.content import sum_of, written_sum
from lanner.archive.seals.history import History
from lanner.archive.seals.keys import public_key, signing_key
from lanner.archive.seals.link import Tombstone
from lanner.archive.seals.rows import row_digests
from lanner.archive.seals.verify import verify
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive

TAMPER = Path(__file__).parents[3] / "bench" / "tamper.py"


def checked(archive, **keywords):
    return verify(archive, [public_key(archive.folder / "seals" / "seal.pub")], **keywords)


def files_of(archive):
    return [task.file for task in archive.refresh().scan().plan_files()]


def rows_of(file):
    return pq.read_table(file.file_path.removeprefix("file://"), partitioning=None)


def tomb(rows):
    digests = row_digests(rows, [int(field.metadata[b"PARQUET:field_id"]) for field in rows.schema])
    return Tombstone("older than 1d", len(digests), written_sum(sum_of(digests)))


@pytest.mark.slow
def test_each_kind_of_change_is_found_and_named():
    """Two of each kind, at random places; nothing is found before and after."""
    run = [sys.executable, str(TAMPER), "--changes", "44", "--rows", "300"]
    told = json.loads(subprocess.run(run, check=True, capture_output=True, timeout=170).stdout)
    assert told["missed"] == []
    assert (told["found"], told["named"], told["false_finds"]) == (44, 44, 0)


def test_an_untouched_archive_is_whole(archive, make_row):
    """Counts say what was looked at."""
    archive.append([make_row(1), make_row(2, day=2)], sequence=1)
    archive.append([], sequence=2)
    report = checked(archive)
    assert report.is_whole
    assert report.findings == []
    assert (report.links, report.files, report.rows, report.number) == (2, 2, 2, 2)
    assert checked(archive, since=dt.date(2026, 1, 2)).files == 1


def test_a_compaction_that_keeps_its_rows_is_no_finding_and_one_that_loses_one_is(archive, make_row):
    """Whoever signs cannot drop a row in passing: rows in are rows out."""
    for number in range(3):
        archive.append([make_row(number)])
    files = files_of(archive)
    merged = pa.concat_tables([rows_of(file) for file in reversed(files)])
    archive.exchange(Change("compact", added=write_data_files(archive.table, merged, NoSeal()), removed=files))
    assert checked(archive).findings == []
    archive.exchange(
        Change("compact", added=write_data_files(archive.table, merged.slice(1), NoSeal()), removed=files_of(archive))
    )
    (found,) = checked(archive).findings
    assert found.message == "link 5 (compact) did not keep the rows it took: 1 are missing"


def test_a_deletion_verifies_when_its_tombstone_holds(archive, make_row):
    """The tombstone's rows and what is left make up what was there."""
    archive.append([make_row(1), make_row(2), make_row(3)])
    (file,) = files_of(archive)
    rows = rows_of(file)
    left = write_data_files(archive.table, rows.slice(1), NoSeal())
    archive.exchange(Change("expire", added=left, removed=[file], tombstones=(tomb(rows.slice(0, 1)),)))
    report = checked(archive)
    assert report.is_whole
    assert report.deleted == 1
    (left_file,) = files_of(archive)
    wrong = (tomb(rows.slice(0, 2)),)
    archive.exchange(Change("expire", removed=[left_file], tombstones=wrong))
    assert [finding.kind for finding in checked(archive).findings if not finding.is_note] == ["rows"]


def test_a_commit_killed_before_the_chain_had_it_is_a_note(archive, make_row):
    """The table has its link; the next commit brings it to the file."""
    archive.append([make_row(1)])
    archive.append([make_row(2)])
    chain = Chain(archive.folder / "seals").path
    chain.write_bytes(chain.read_bytes()[:-30])
    report = checked(archive)
    assert report.is_whole
    assert "killed" in report.findings[0].message
    archive.append([])
    Archive.open(ArchiveSettings(), archive.folder).append([])
    assert checked(archive).findings == []


def test_another_key_is_told(archive, make_row):
    """Once, not for each link."""
    archive.append([make_row(1)])
    archive.append([make_row(2)])
    report = verify(archive, [signing_key(archive.folder / "other.key").public_key()])
    assert [finding.kind for finding in report.findings] == ["key"]


def test_a_head_from_elsewhere_has_to_be_in_the_chain(archive, make_row):
    """It finds an archive that was put back whole, chain and all."""
    archive.append([make_row(1)])
    head = checked(archive)
    known = Anchored(head.number, head.head, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "paper")
    assert checked(archive, anchored=[known]).findings == []
    for wrong in (Anchored(1, "0" * 64, known.time, "paper"), Anchored(9, head.head, known.time, "paper")):
        (found,) = checked(archive, anchored=[wrong]).findings
        assert found.kind == "anchor"
        assert found.message.startswith("paper knew link")


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_whatever_is_changed_in_a_chain_is_found_without_falling_over_it(lines, data):
    """One letter of one line."""
    key, chain = lines
    number = data.draw(st.integers(0, len(chain) - 1))
    place = data.draw(st.integers(0, len(chain[number]) - 1))
    letter = data.draw(st.integers(0, 255).filter(lambda letter: letter != chain[number][place]))
    changed = bytearray(chain[number])
    changed[place] = letter
    history = History([key])
    history.read([*chain[:number], bytes(changed), *chain[number + 1 :]])
    assert any(f"line {number + 1} " in f.message or f"link {number + 1} " in f.message for f in history.findings)


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """A key, and a chain of an append, a compaction and an expiry."""
    made = Archive.open(ArchiveSettings(), tmp_path_factory.mktemp("chain") / "archive")
    made.append([Row(raw=b'{"auditID":"%d"}' % number, source="s", ordinal=number) for number in range(3)])
    (file,) = files_of(made)
    rows = rows_of(file)
    made.exchange(Change("compact", added=write_data_files(made.table, rows, NoSeal()), removed=[file]))
    left = write_data_files(made.table, rows.slice(1), NoSeal())
    made.exchange(Change("expire", added=left, removed=files_of(made), tombstones=(tomb(rows.slice(0, 1)),)))
    return public_key(made.folder / "seals" / "seal.pub"), list(Chain(made.folder / "seals").lines())
