"""The head of the page."""

from __future__ import annotations

import pytest

from lanner.web.feed import Snapshot
from lanner.web.header import Header, demo_words
from lanner.web.health import Health


def test_the_head_shows_host_health_and_demo(canvas, texts):
    header = Header("given", here="/")
    assert texts(canvas) == ["lanner", "Alerts", "Incidents", "Hunts", "given", "starting"]
    statuses = {"ingest": {"hostname": "seen\x00"}, "player": {"written": 5, "total": 10}}
    header.show(Snapshot(statuses=statuses, problem=""), Health("bad", ["ingest: disk full"], []))
    assert texts(canvas) == [
        "lanner",
        "Alerts",
        "Incidents",
        "Hunts",
        "seen⟨U+0000⟩",
        "ingest: disk full",
        "demo: event 5 of 10",
    ]
    header.show(Snapshot(problem=""), Health("ok", [], []))
    assert texts(canvas)[5:] == ["all parts answer"]


@pytest.mark.parametrize(
    ("player", "words"),
    [({}, "demo: event 0 of 0"), ({"done": True, "total": 10431}, "demo: all 10\u202f431 events played")],
)
def test_the_demo_says_how_far_it_is(player, words):
    assert demo_words(player) == words
