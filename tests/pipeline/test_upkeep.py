"""The archiver's rounds: heads are noted at anchors, problems are told once."""

import datetime as dt
import threading

import pytest
from structlog.testing import capture_logs

from lanner.archive.row import Row
from lanner.archive.seals.anchors.file import FileAnchorSettings
from lanner.archive.settings import ArchiveSettings, SealSettings
from lanner.archive.store import Archive
from lanner.pipeline.upkeep import Upkeep
from lanner.settings.model import Settings

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


@pytest.fixture
def settings(tmp_path):
    anchors = (FileAnchorSettings(path=str(tmp_path / "heads")),)
    return Settings(data=str(tmp_path / "data"), archive=ArchiveSettings(seals=SealSettings(anchors=anchors)))


@pytest.fixture
def archive(settings, tmp_path):
    with_events = Archive.open(settings.archive, tmp_path / "data" / "archive")
    with_events.append([Row(raw=b"{}", source="s")])
    yield with_events
    with_events.close()


def test_heads_are_noted(settings, archive, tmp_path):
    """At the first round, and not again without a new link."""
    upkeep = Upkeep(settings, threading.Event())
    upkeep.go_round(NOW)
    upkeep.go_round(NOW + dt.timedelta(hours=2))
    assert len((tmp_path / "heads").read_text().splitlines()) == 1


def test_a_problem_is_told_once_and_when_it_is_over(settings, archive, tmp_path):
    """Not at each round."""
    (tmp_path / "heads").mkdir()
    upkeep = Upkeep(settings, threading.Event())
    with capture_logs() as logs:
        upkeep.go_round(NOW)
        upkeep.go_round(NOW)
        (tmp_path / "heads").rmdir()
        upkeep.go_round(NOW)
    assert [log["log_level"] for log in logs] == ["error", "info"]
    assert "cannot append" in logs[0]["event"]


def test_the_thread_ends_with_the_archiver(settings):
    """When it is told to stop."""
    stop = threading.Event()
    upkeep = Upkeep(settings, stop)
    upkeep.start()
    stop.set()
    upkeep.join(5)
    assert not upkeep.is_alive()


def test_retention_is_applied_at_most_once_an_hour(archive, tmp_path):
    """What is over its time goes at the first round; what came since waits for the next hour."""
    settings = Settings(data=str(tmp_path / "data"))
    upkeep = Upkeep(settings, threading.Event())

    def add(number):
        archive.append([Row(raw=b'{"auditID":"x"}', source="s", ordinal=number, ingested=1)])

    def count():
        return sum(task.file.record_count for task in archive.refresh().scan().plan_files())

    for number in range(2):
        add(number)
        upkeep.go_round(NOW)
    assert count() == 2
    upkeep.go_round(NOW + dt.timedelta(hours=1))
    assert count() == 1


def test_a_damaged_file_stops_no_other_from_going(archive, tmp_path):
    """The problem is told."""
    data = tmp_path / "data"
    before = set(data.rglob("*.parquet"))
    archive.append([Row(raw=b"{}", source="s", ingested=1)])
    (damaged,) = set(data.rglob("*.parquet")) - before
    damaged.write_bytes(b"no file")
    archive.append([Row(raw=b"{}", source="s", ingested=1)])
    with capture_logs() as logs:
        Upkeep(Settings(data=str(data)), threading.Event()).go_round(NOW)
    assert "1 files cannot be read" in logs[0]["event"]
    assert set(data.rglob("*.parquet")) == {*before, damaged}
