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
