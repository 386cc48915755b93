"""Rows go when their time is over, only these, files and snapshots with them; the chain has their tombstone."""

import datetime as dt

import pytest

from lanner.archive.reading import reading
from lanner.archive.retention import erase
from lanner.archive.retention.erase import Eraser
from lanner.archive.retention.expire import expire, plan, summed
from lanner.archive.retention.holds import place, release
from lanner.archive.retention.settings import RetentionRule, RetentionSettings
from lanner.archive.seals.chain import Chain
from lanner.archive.seals.link import read_link
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.errors import GroundError

SETTINGS = RetentionSettings(
    policy="90d",
    rules=(
        RetentionRule(name="dev", namespaces=("dev-*",), policy="30d"),
        RetentionRule(name="never", clusters=("vault",), policy="keep"),
    ),
)


def links(shelf):
    return [read_link(line) for line in Chain(shelf.archive.folder / "seals").lines()]


def test_rows_go_by_age_and_rule(shelf):
    """Whole files go, files with other rows are written anew."""
    shelf.add((1, 100, "shop"), (2, 100, "dev-a"), (3, 40, "shop"), (4, 40, "dev-b"), (5, 40, "shop"), (6, 1, "dev-a"))
    shelf.add((7, 400, "shop"), cluster="vault")
    fates = plan(shelf.archive, SETTINGS, shelf.now).fates
    told = summed(fates, SETTINGS)
    assert expire(shelf.archive, SETTINGS, shelf.now) == told
    assert shelf.left() == [3, 5, 6, 7]
    assert [(one.policy, one.days, one.rows, one.files) for one in told.expired] == [
        ("dev", 30, 2, 2),
        ("default", 90, 1, 1),
    ]
    assert (told.files_removed, told.files_rewritten, told.rows, told.held) == (1, 1, 3, 0)
    assert shelf.findings() == []
    assert expire(shelf.archive, SETTINGS, shelf.now).rows == 0


def test_deletion_is_real(shelf):
    """No file, no snapshot and no manifest has the rows afterwards."""
    shelf.add((1, 100, "gone-namespace"))
    shelf.add((2, 1, "shop"))
    before = shelf.stored()
    expire(shelf.archive, SETTINGS, shelf.now)
    assert len(shelf.stored()) == len(before) - 1
    assert len(shelf.archive.refresh().metadata.snapshots) == 1
    everything = b"".join(path.read_bytes() for path in shelf.archive.folder.rglob("*.avro"))
    assert b"gone-namespace" not in everything
    assert not (shelf.archive.folder / "erase.json").exists()


def test_the_tombstone_says_what_went_and_why(shelf):
    """By policy: rows and the span of their times."""
    shelf.add((1, 100, "shop"), (2, 95, "shop"), (3, 40, "dev-b"))
    expire(shelf.archive, SETTINGS, shelf.now)
    link = links(shelf)[-1]
    assert link.kind == "expire"
    dev, default = link.tombstones
    assert (dev.why, dev.rows) == ("dev: 30d", 1)
    assert (default.why, default.rows) == ("default: 90d", 2)
    assert default.first == shelf.now - dt.timedelta(days=100)
    assert default.last == shelf.now - dt.timedelta(days=95)


def test_a_day_goes_when_it_is_over(shelf):
    """So that a day's file is not written anew every hour."""
    shelf.add((1, 90.2, "shop"), (2, 90.6, "shop"))
    expire(shelf.archive, SETTINGS, shelf.now)
    assert shelf.left() == [1]


def test_old_events_that_were_imported_today_stay(shelf, make_old):
    """Their time counts from the import."""
    make_old()
    expire(shelf.archive, SETTINGS, shelf.now)
    assert shelf.left() == [1]


@pytest.fixture
def make_old(shelf):
    from lanner.archive.row import Row

    def make():
        text = b'{"auditID":"1","stageTimestamp":"2020-01-01T00:00:00.000000Z"}'
        shelf.archive.append(
            [Row(raw=text, source="s", ingested=int(dt.datetime(2026, 5, 30, tzinfo=dt.UTC).timestamp() * 1e6))]
        )

    return make


def test_what_is_held_stays_until_the_hold_is_released(shelf):
    """Rows of one file are told apart."""
    shelf.add((1, 100, "payments"), (2, 100, "shop"))
    place(shelf.archive, "case-7", "namespace = 'payments' AND time >= '2026-01-01'")
    told = expire(shelf.archive, SETTINGS, shelf.now)
    assert (told.rows, told.held) == (1, 1)
    assert shelf.left() == [1]
    assert expire(shelf.archive, SETTINGS, shelf.now).held == 1
    release(shelf.archive, "case-7")
    assert expire(shelf.archive, SETTINGS, shelf.now).rows == 1
    assert shelf.left() == []
    assert shelf.findings() == []


def test_a_hold_that_comes_while_rows_are_written_anew_stops_the_deletion(shelf, monkeypatch):
    """The commit requires the holds that were asked."""
    shelf.add((1, 100, "payments"))
    other = Archive.open(ArchiveSettings(), shelf.archive.folder)
    begin = Eraser.plan

    def late(self, locations):
        if len(links(shelf)) == 1:
            place(other, "late", "namespace = 'payments'")
        begin(self, locations)

    monkeypatch.setattr(Eraser, "plan", late)
    assert expire(shelf.archive, SETTINGS, shelf.now).rows == 0
    assert shelf.left() == [1]


def test_a_deletion_waits_for_readers_but_not_for_ever(shelf, monkeypatch):
    """A hunt that hangs does not keep rows alive."""
    monkeypatch.setattr(erase, "READER_SECONDS", 0.1)
    shelf.add((1, 100, "shop"))
    with reading(shelf.archive.folder):
        expire(shelf.archive, SETTINGS, shelf.now)
    assert shelf.stored() == []


def test_one_deletion_at_a_time(shelf):
    """Another process is told so."""
    shelf.add((1, 100, "shop"))
    with Eraser(Archive.open(ArchiveSettings(), shelf.archive.folder)), pytest.raises(GroundError, match="is running"):
        expire(shelf.archive, SETTINGS, shelf.now)


def test_what_a_kill_left_goes_with_the_next_run(shelf, monkeypatch):
    """Killed after the commit and before files were deleted."""
    shelf.add((1, 100, "shop"), (2, 100, "dev-x"), (3, 40, "shop"), (4, 40, "dev-x"))

    def killed(_self, keep=()):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Eraser, "finish", lambda self, keep=(): None if len(links(shelf)) == 1 else killed(self))
        with pytest.raises(KeyboardInterrupt):
            expire(shelf.archive, SETTINGS, shelf.now)
    assert len(shelf.stored()) == 3
    assert any("still on the disk" in message for message in shelf.findings())
    expire(shelf.archive, SETTINGS, shelf.now)
    assert shelf.left() == [3]
    assert len(shelf.stored()) == 1
    assert shelf.findings() == []
    assert (shelf.archive.folder / "erase.json").exists() is False
