"""What is handed to the JavaScript of the page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lanner.web.parts import AlertList, EventTree, clock
from lanner.web.rows import make_row
from lanner.web.window import Group


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        ("2026-01-02T03:04:05.678901000Z", "03:04:05.678"),
        ("2026-01-02T03:04:05Z", "03:04:05"),
        ("2026-01-01T23:04:05.678Z", "01-01 23:04:05"),
        ("", " "),
    ],
)
def test_the_clock_has_the_day_when_it_is_not_today(time, shown):
    assert clock(time, datetime(2026, 1, 2, tzinfo=UTC)) == shown


def test_a_group_becomes_a_line(canvas, make):
    new = make.alert()
    row = make_row(9, new.alert, new.event)
    shown = AlertList()
    shown.show([Group(4, row, 3, (row,))], arrived=3, turn=1, live=False, message="none")
    (line,) = shown.props["rows"]
    assert (line["key"], line["id"], line["count"], line["rule"]) == (4, 9, 3, "Shell in a pod")
    assert (shown.props["arrived"], shown.props["live"], shown.props["message"]) == (3, False, "none")


def test_the_tree_reads_the_event_from_the_api(canvas):
    assert EventTree(12).props["url"] == "/api/v1/alerts/12/event"
