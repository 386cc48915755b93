"""Commits are all or nothing, carry the position, and win or wait beside other writers."""

import multiprocessing
import os
import shutil

import pytest

from lanner.archive import store
from lanner.archive.listing import list_days, list_dropped
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive, ArchivePosition
from lanner.errors import GroundError

SETTINGS = ArchiveSettings()


def events(archive):
    return sum(day.events for day in list_days(archive))


def test_a_new_archive_has_no_position_and_no_events(archive):
    """Nothing is archived yet."""
    assert archive.position() is None
    assert list_days(archive) == []


def test_the_position_rides_with_the_rows(archive, make_row):
    """One commit holds rows, sequence, checkpoints and drops; a new process reads them."""
    archive.append([make_row()], sequence=7, checkpoints={"a": {"offset": 1}}, dropped={"drop x": 2})
    again = Archive.open(SETTINGS, archive.folder, create=False)
    assert again.position() == ArchivePosition(7, {"a": {"offset": 1}})
    assert events(again) == 1
    assert list_dropped(again) == {"drop x": 2}


def test_the_position_survives_other_commits_and_expiry(archive, make_row, monkeypatch):
    """Imports say nothing of the spool, yet carry its position on; old snapshots and their files go."""
    monkeypatch.setattr("lanner.archive.snapshots.KEEP", 3)
    monkeypatch.setattr("lanner.archive.snapshots.SLACK", 2)
    archive.append([make_row()], sequence=1, checkpoints={"a": {}}, dropped={"d": 1})
    for number in range(12):
        archive.append([make_row(number)], dropped={"d": 1})
    assert archive.position() == ArchivePosition(1, {"a": {}})
    assert list_dropped(archive) == {"d": 13}
    assert events(archive) == 13
    assert len(archive.table.metadata.snapshots) <= 5
    metadata = [path.name for path in archive.folder.rglob("metadata/*")]
    assert len([name for name in metadata if name.startswith("snap-")]) <= 5
    assert len([name for name in metadata if name.endswith(".json")]) <= 11


def test_a_position_may_move_without_rows(archive):
    """When filters dropped all, the commit has no files."""
    archive.append([], sequence=3, checkpoints={})
    assert archive.position() == ArchivePosition(3, {})


def test_rows_are_cut_by_day_and_cluster(archive, make_row):
    """Each file holds one day of one cluster; events without a time are together."""
    rows = [make_row(number, day=1 + number % 2) for number in range(4)]
    rows[3].cluster = "other"
    rows.append(rows[0].__class__(raw=b'{"user":{}}', source="s"))
    archive.append(rows)
    found = [(str(day.day), day.cluster, day.events) for day in list_days(archive)]
    assert found == [
        ("None", "default", 1), ("2026-01-01", "default", 2), ("2026-01-02", "default", 1), ("2026-01-02", "other", 1)
    ]  # fmt: skip


def _append_many(folder, name, make):
    archive = Archive.open(SETTINGS, folder)
    for number in range(5):
        archive.append([make(number)], sequence=number if name == "archiver" else None, checkpoints=None)
    os._exit(0)


def test_several_processes_may_append_at_once(tmp_path, make_row):
    """Two writers that begin with no archive at all lose no commit, and the position stays."""
    context = multiprocessing.get_context("fork")
    writers = [
        context.Process(target=_append_many, args=(tmp_path / "a", name, make_row)) for name in ("archiver", "import")
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    archive = Archive.open(SETTINGS, tmp_path / "a", create=False)
    assert events(archive) == 10
    assert archive.position() == ArchivePosition(4, {})


def test_a_failed_commit_leaves_no_event(archive, make_row, monkeypatch):
    """When the disk is full while metadata is written, the same call can be made again."""
    archive.append([make_row(1)], sequence=1)

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "expire_old", full)
        with pytest.raises(GroundError, match="no space left"):
            archive.append([make_row(2)], sequence=2)
    assert len(list(archive.folder.rglob("*.parquet"))) == 1
    archive.append([make_row(2)], sequence=2)
    assert events(archive) == 2


def test_a_writer_that_never_wins_says_so(archive, make_row, monkeypatch):
    """Retries are bounded."""
    monkeypatch.setattr(store, "_TRIES", 0)
    with pytest.raises(GroundError, match="other writers"):
        archive.append([make_row()])


def test_no_archive_is_made_by_reading(tmp_path):
    """A wrong folder is named, not filled."""
    with pytest.raises(GroundError, match="no archive here"):
        Archive.open(SETTINGS, tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_a_damaged_catalog_is_named_and_made_anew(archive, make_row):
    """The message says which file to move away; afterwards all events are there."""
    archive.append([make_row()], sequence=9)
    catalog = archive.folder / "catalog.db"
    catalog.write_bytes(b"this is no database, but long enough to be looked at" * 100)
    with pytest.raises(GroundError, match=r"catalog\.db: the archive's catalog is damaged.*move this file away"):
        Archive.open(SETTINGS, archive.folder)
    catalog.unlink()
    again = Archive.open(SETTINGS, archive.folder)
    assert events(again) == 1
    assert again.position() == ArchivePosition(9, {})


def test_lost_metadata_is_named(archive, make_row):
    """A folder that was moved or cleaned is not taken for an empty archive."""
    archive.append([make_row()])
    shutil.rmtree(archive.folder / "warehouse")
    with pytest.raises(GroundError, match="gone"):
        Archive.open(SETTINGS, archive.folder)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(GroundError, match="file"):
        Archive.open(SETTINGS, tmp_path / "file" / "archive")
