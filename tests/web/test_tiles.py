"""The tiles over the list."""

from __future__ import annotations

import pytest

from lanner.state.kept import Delivery
from lanner.web.feed import Feed, Snapshot
from lanner.web.tiles import CHART_HEIGHT, CHART_WIDTH, MOST_OUTPUTS, Tiles, chart_points, delivery_words


def show(canvas, texts, tmp_path, snapshot, chart=()):
    feed = Feed(tmp_path / "none.db")
    feed.chart.extend(chart)
    tiles = Tiles(lambda: None)
    tiles.show(snapshot, feed)
    tiles.show(snapshot, feed)
    return texts(canvas)


def test_tiles_say_what_the_statuses_say(canvas, texts, tmp_path, make):
    snapshot = Snapshot(
        statuses={"ingest": make.ingest, "archiver": make.archiver},
        alert_counts=[("a", "Critical", 2), ("b", "Notice", 30), ("c", "Notice", 10)],
        quarantine_counts={"not JSON": 3},
        deliveries=[Delivery("siem", 40, 40, 0, ""), Delivery("http", 30, 30, 1, "connection refused")],
        newest=42,
        problem="",
    )
    shown = show(canvas, texts, tmp_path, snapshot, [(1.0, 100.0), (3.0, 400.0)])
    assert shown == [
        *("events per second", "250", "highest in 5 min: 400"),
        *("events", "12\u202f345", "15 rules · 7 alerts"),
        *("lag", "12 ms", "2.0 KiB to read · spool 4.0 KiB"),
        *("archive", "5.2 MiB", "99\u202f000 events · 300 left out"),
        *("alerts", "2", "Critical", "40", "Notice", "1\u202f207 repeats held back"),
        *("incidents", "2", "open: see the worst"),
        *("quarantine", "3", "show what was rejected"),
        *("deliveries", "http", "connection refused · 30 sent · 12 waiting · 1 refused", "siem", "40 sent · 2 waiting"),
    ]


def test_tiles_without_figures_say_so(canvas, texts, tmp_path):
    """Any key may be missing."""
    shown = show(canvas, texts, tmp_path, Snapshot(statuses={"archiver": {"events": 7}}, problem=""))
    assert {"none yet", "nothing was rejected", "7 events", "—"} <= set(shown)


def test_failing_outputs_come_first_and_the_rest_is_counted(canvas, texts, tmp_path):
    many = [Delivery(f"out{number}", 0, 0, 0, "") for number in range(MOST_OUTPUTS + 2)]
    shown = show(canvas, texts, tmp_path, Snapshot(deliveries=[*many, Delivery("zz", 0, 0, 0, "down")], problem=""))
    assert shown.index("zz") < shown.index("out0")
    assert "and 3 more" in shown
    assert delivery_words(many[0], 0) == "0 sent"


@pytest.mark.parametrize(
    ("points", "line"),
    [
        ([(1000.0, 0.0)], f"{CHART_WIDTH:.1f},{CHART_HEIGHT - 1:.1f}"),
        ([(0.0, 9.0), (700.0, 0.0), (850.0, 5.0), (1000.0, 10.0)], "0.0,39.0 150.0,20.0 300.0,1.0"),
        ([(970.0, 5.0), (1000.0, 10.0)], "150.0,20.0 300.0,1.0"),
    ],
)
def test_the_chart_holds_five_minutes_and_ends_at_the_right_edge(points, line):
    assert chart_points(points) == line
