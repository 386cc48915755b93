"""Compaction beside the archiver: it merges, gives figures, ends when asked, and a failure stops nothing."""

import datetime as dt
import threading
import time

import msgspec
import pytest

from lanner.archive.export import export_lines
from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings, CompactSettings
from lanner.archive.store import Archive
from lanner.config.folders import DataFolder
from lanner.pipeline.compaction import Compaction, compaction
from lanner.settings.model import Settings

LATER = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
EVENT = b'{"auditID":"%d","stageTimestamp":"2026-01-01T00:00:00.000000Z"}'


@pytest.fixture
def settings(tmp_path):
    compact = CompactSettings(seconds=1, memory_bytes=1 << 20)
    return Settings(data=str(tmp_path), archive=ArchiveSettings(compact=compact))


@pytest.fixture
def archive(settings):
    opened = Archive.open(settings.archive, DataFolder(settings.data_folder).archive)
    for number in range(3):
        opened.append([Row(raw=EVENT % number, source="s", ordinal=number)])
    return opened


def test_small_files_of_past_days_are_merged(settings, archive):
    """The figures say so, and all events are there."""
    background = Compaction(settings, DataFolder(settings.data_folder), lambda: False)
    background.look(LATER)
    background.look(LATER)
    assert background.status() == {"compactions": 1, "compacted_files": 3, "swept_files": 0}
    assert len(list(export_lines(archive))) == 3


def test_a_failure_is_not_the_end(settings, archive):
    """A catalog that is away for a while is tried again."""
    background = Compaction(settings, DataFolder(settings.data_folder), lambda: False)
    catalog = archive.folder / "catalog.db"
    catalog.rename(archive.folder / "away.db")
    background.look(LATER)
    (archive.folder / "away.db").rename(catalog)
    background.look(LATER)
    assert background.status()["compactions"] == 1


def test_it_runs_beside_and_ends(settings, archive):
    """In a thread of its own, whose end is waited for; not when the settings say no."""
    folder = DataFolder(settings.data_folder)
    with compaction(settings, folder, lambda: False) as background:
        deadline = time.monotonic() + 60
        while not background.status()["compactions"] and time.monotonic() < deadline:
            time.sleep(0.1)
        assert background.status()["compactions"] == 1
        assert any(thread.name == "compaction" for thread in threading.enumerate())
    assert not any(thread.name == "compaction" for thread in threading.enumerate())
    off = msgspec.structs.replace(
        settings, archive=msgspec.structs.replace(settings.archive, compact=CompactSettings(enabled=False))
    )
    with compaction(off, folder, lambda: False):
        assert not any(thread.name == "compaction" for thread in threading.enumerate())
    assert len(list(export_lines(archive))) == 3
