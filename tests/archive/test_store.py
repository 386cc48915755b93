"""Commits are all or nothing, carry the position, and win or wait beside other writers."""

import multiprocessing
import os
import shutil

import pytest

from lanner.archive import store, summary
from lanner.archive.change import Change, NoSeal
from lanner.archive.datafiles import write_data_files
from lanner.archive.errors import OvertakenError
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


def files_of(archive):
    return [task.file for task in archive.refresh().scan().plan_files()]


def written(archive, rows):
    return write_data_files(archive.table, archive.encode(rows), NoSeal())


def told(archive):
    return archive.table.current_snapshot().summary.additional_properties


def test_an_exchange_puts_files_in_the_place_of_others_and_carries_the_summary_on(archive, make_row):
    """Readers see the old files or the new ones; position and drops stay, and files of other commits."""
    archive.append([make_row(1)], sequence=7, checkpoints={"a": {}}, dropped={"d": 2})
    archive.append([make_row(2)])
    old = files_of(archive)
    archive.append([make_row(3), make_row(4, day=2)])
    archive.exchange(Change("compact", added=written(archive, [make_row(1), make_row(2)]), removed=old))
    assert sorted(file.record_count for file in files_of(archive)) == [1, 1, 2]
    assert archive.position() == ArchivePosition(7, {"a": {}})
    assert list_dropped(archive) == {"d": 2}
    assert told(archive)[summary.KIND] == "compact"
    assert summary.DROPPED not in told(archive)
    assert told(archive)["total-records"] == "4"


def test_files_without_a_day_are_exchanged_too(archive, make_row):
    """Events whose time cannot be read are a partition of their own."""
    archive.append([make_row().__class__(raw=b'{"user":{}}', source="s"), make_row(2)])
    archive.exchange(Change("expire", removed=[file for file in files_of(archive) if file.partition[0] is None]))
    assert [file.record_count for file in files_of(archive)] == [1]


def test_an_exchange_of_files_that_are_gone_is_refused_and_leaves_nothing(archive, make_row):
    """Two compactions of the same files: the second is told so, and its files are deleted."""
    archive.append([make_row(1)])
    old = files_of(archive)
    archive.exchange(Change("compact", added=written(archive, [make_row(1)]), removed=old))
    stored = set(archive.folder.rglob("*.parquet"))
    with pytest.raises(OvertakenError, match="another commit has replaced"):
        archive.exchange(Change("compact", added=written(archive, [make_row(1)]), removed=old))
    assert events(archive) == 1
    assert set(archive.folder.rglob("*.parquet")) == stored


def test_an_exchange_waits_for_the_commits_of_others(archive, make_row):
    """Appends that come between do not stop it; nothing of either is lost."""
    archive.append([make_row(1)])
    old = files_of(archive)
    other = Archive.open(SETTINGS, archive.folder)
    calls = []

    class Interrupting(NoSeal):
        def link(self, table, before, change):
            if change.kind == "compact" and not calls:
                other.append([make_row(2)], sequence=5)
            calls.append((dict(before), change.kind))
            return {}

    sealed = Archive.open(SETTINGS, archive.folder, seal=Interrupting())
    sealed.exchange(Change("compact", added=written(archive, [make_row(1)]), removed=old))
    assert events(archive) == 2
    assert archive.position() == ArchivePosition(5, {})
    assert [before.get(summary.SEQUENCE) for before, _ in calls] == [None, "5"]


def test_what_the_seal_says_rides_in_the_summary_and_comes_back_at_the_next_commit(tmp_path, make_row):
    """A chain: each link is made from the one before, over the files that come and go."""

    class Counting(NoSeal):
        def link(self, _table, before, change):
            link = f"{change.kind}+{len(change.added)}-{len(change.removed)};"
            return {"lanner.seal": before.get("lanner.seal", "") + link}

    archive = Archive.open(SETTINGS, tmp_path / "a", seal=Counting())
    archive.append([make_row(1), make_row(2, day=2)])
    archive.exchange(Change("expire", removed=files_of(archive)[:1]))
    assert told(archive)["lanner.seal"] == "append+2-0;expire+0-1;"


def test_a_commit_that_landed_before_something_failed_is_done(archive, make_row, monkeypatch):
    """What fails after the commit does not make the caller archive the same events again."""

    def broken(*_arguments):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(store, "remove_metadata", broken)
    archive.append([make_row(1)], sequence=1)
    assert events(archive) == 1
