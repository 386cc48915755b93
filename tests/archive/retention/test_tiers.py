"""Files move to the tier of their age, whole and checked; what hunts give stays the same."""

import pytest

from lanner.archive.retention import tiers
from lanner.archive.retention.expire import expire
from lanner.archive.retention.settings import RetentionRule, RetentionSettings, TierSettings
from lanner.archive.retention.tiers import move_tiers, plan, summed
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.errors import GroundError


@pytest.fixture
def settings(tmp_path):
    return RetentionSettings(
        policy="hot 7d, warm 30d, cold 400d, then delete",
        rules=(RetentionRule(name="dev", namespaces=("dev-*",), policy="20d"),),
        tiers=tuple(TierSettings(name=name, location=str(tmp_path / name)) for name in ("warm", "cold")),
    )


def count(folder):
    return len(list(folder.rglob("*.parquet")))


def test_files_move_by_age(shelf, settings, tmp_path):
    """Hot stays, warm and cold go to their folders, and then nothing is left to do."""
    shelf.add((1, 1, "a"), (2, 10, "a"), (3, 40, "a"), (4, 40, "b"))
    told = summed(plan(shelf.archive, settings, shelf.now))
    assert move_tiers(shelf.archive, settings, shelf.now) == told
    assert [(one.source, one.target, one.files, one.rows) for one in told] == [
        ("hot", "cold", 1, 2),
        ("hot", "warm", 1, 1),
    ]
    assert (len(shelf.stored()), count(tmp_path / "warm"), count(tmp_path / "cold")) == (1, 1, 1)
    assert shelf.left() == [1, 2, 3, 4]
    assert shelf.findings() == []
    assert move_tiers(shelf.archive, settings, shelf.now) == ()


def test_a_policy_that_changes_brings_files_back(shelf, settings, tmp_path):
    """To the archive's own folder, or on to another tier."""
    shelf.add((1, 40, "a"))
    move_tiers(shelf.archive, settings, shelf.now)
    assert count(tmp_path / "cold") == 1
    hot = RetentionSettings(tiers=settings.tiers)
    assert [(one.source, one.target) for one in move_tiers(shelf.archive, hot, shelf.now)] == [("cold", "hot")]
    assert count(tmp_path / "cold") == 0
    assert shelf.left() == [1]
    assert shelf.findings() == []


def test_what_was_copied_before_an_interruption_is_not_copied_again(shelf, settings, monkeypatch):
    """And a half copy is."""
    shelf.add((1, 40, "a"), (2, 41, "a"))
    done = []

    def break_off(size):
        done.append(size)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move_tiers(shelf.archive, settings, shelf.now, break_off)
    first, second = plan(shelf.archive, settings, shelf.now)
    shelf.archive.table.io.new_output(second.location).create().write(b"half")
    written = []
    create = type(shelf.archive.table.io).new_output
    monkeypatch.setattr(
        type(shelf.archive.table.io),
        "new_output",
        lambda self, location: written.append(location) or create(self, location),
    )
    move_tiers(shelf.archive, settings, shelf.now)
    assert first.location not in written
    assert second.location in written
    assert shelf.left() == [1, 2]
    assert shelf.findings() == []


def test_a_copy_that_differs_stops_the_move(shelf, settings, monkeypatch):
    """Nothing is committed, nothing deleted."""
    shelf.add((1, 40, "a"))
    monkeypatch.setattr(tiers, "_digest", lambda *_: "other")
    with pytest.raises(GroundError, match="the copy differs"):
        move_tiers(shelf.archive, settings, shelf.now)
    assert shelf.left() == [1]
    assert len(shelf.stored()) == 1


def test_rules_without_tiers_leave_the_choice_to_the_others(shelf, settings):
    """A rule that only deletes does not keep files hot."""
    shelf.add((1, 10, "dev-a"))
    (move,) = plan(shelf.archive, settings, shelf.now)
    assert move.target == "warm"


def test_a_tier_in_an_object_store(object_store, credentials, shelf, tmp_path):
    """Files move there and back, hunts and verification read them, deletion takes their objects."""
    import boto3

    catalog = {
        "type": "sql",
        "uri": f"sqlite:///{tmp_path}/catalog.db",
        "warehouse": str(tmp_path / "warehouse"),
        "s3.endpoint": object_store,
    }
    shelf.archive = Archive.open(ArchiveSettings(catalog=catalog), tmp_path / "other")
    shelf.add((1, 10, "a"), (2, 40, "a"))
    cold = RetentionSettings(
        policy="hot 7d, cold 30d, then delete", tiers=(TierSettings(name="cold", location="s3://audit/cold"),)
    )
    assert [moved.files for moved in move_tiers(shelf.archive, cold, shelf.now)] == [2]
    assert shelf.left() == [1, 2]
    assert shelf.findings() == []
    assert expire(shelf.archive, cold, shelf.now).rows == 1
    objects = boto3.client("s3", endpoint_url=object_store).list_objects_v2(Bucket="audit", Prefix="cold/")["Contents"]
    assert len([entry for entry in objects if entry["Key"].endswith(".parquet")]) == 1
    assert shelf.left() == [1]
    assert shelf.findings() == []
