"""`lanner archive expire`, `tier`, `hold`, `release`: a dry run changes nothing, the run does what it said."""

import datetime as dt
import json

import pytest

from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.errors import UsageError


@pytest.fixture
def aged(lanner, event, tmp_path):
    """Three events of 2026-01 that were taken in when they happened, and settings that move and delete."""
    archive = Archive.open(ArchiveSettings(), tmp_path / "data" / "archive")
    for day, namespace in ((1, "payments"), (2, "shop"), (3, "shop")):
        taken = int(dt.datetime(2026, 1, day, tzinfo=dt.UTC).timestamp() * 1e6)
        text = event(day, "Panic").replace('"user":{}', f'"user":{{}},"objectRef":{{"namespace":"{namespace}"}}')
        archive.append([Row(raw=text.encode(), source="s", ordinal=day, ingested=taken)])
    archive.close()
    config = tmp_path / "lanner.yaml"
    config.write_text(
        f"data: {tmp_path / 'data'}\narchive:\n  retention:\n    policy: hot 1d, cold 90d, then delete\n"
        f"    tiers: [{{name: cold, location: {tmp_path / 'cold'}, per_gb_month: 1000}}]\n"
    )
    return config


def test_a_dry_run_says_what_would_go(lanner, aged):
    """By policy, with bytes and cost; then it does go, and verifies as planned."""
    told = json.loads(lanner("expire", "-c", aged, "--dry-run", "--format", "json").stdout)
    assert (told["told"]["rows"], told["told"]["files_removed"], told["dry_run"]) == (3, 3, True)
    assert "would go: 3 events" in lanner("expire", "-c", aged, "--dry-run").stdout
    assert "gone: 3 events" in lanner("expire", "-c", aged).stdout
    assert "gone: 0 events" in lanner("expire", "-c", aged).stdout
    assert "3 events deleted as planned" in lanner("verify").stdout


def test_files_move_to_a_tier_with_its_price(lanner, aged, tmp_path):
    """A dry run leaves them; the archive gives the same lines after."""
    lines = lanner("export").stdout
    told = lanner("tier", "-c", aged, "--dry-run").stdout
    assert "hot -> cold" in told
    assert "would move: 3 files" in told
    assert "$0.0000 a month before" in told
    assert not (tmp_path / "cold").exists()
    moved = json.loads(lanner("tier", "-c", aged, "--format", "json").stdout)
    assert moved["dollars_month_after"] > 0
    assert len(list((tmp_path / "cold").rglob("*.parquet"))) == 3
    assert lanner("export").stdout == lines
    assert lanner("verify").exit_code == 0


def test_a_hold_keeps_events(lanner, aged):
    """It is listed, and ends with its release."""
    lanner("hold", "case-7", "--where", "namespace = 'payments'")
    assert "case-7" in lanner("hold", "--list").stdout
    (listed,) = map(json.loads, lanner("hold", "--list", "--format", "json").stdout.splitlines())
    assert listed["where"] == "namespace = 'payments'"
    assert "1 events are over their time but held" in lanner("expire", "-c", aged).stdout
    assert "released case-7" in lanner("release", "case-7").stdout
    assert "gone: 1 events" in lanner("expire", "-c", aged).stdout


@pytest.mark.parametrize("arguments", [["hold"], ["hold", "x"], ["hold", "x", "--list"], ["release", "none"]])
def test_wrong_use(lanner, aged, arguments):
    """Says how it is written."""
    with pytest.raises(UsageError):
        lanner(*arguments)
