"""The two pieces of the page that run in the browser: the list of alerts and the event's tree."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from nicegui.element import Element

from lanner.web.window import Group


class AlertList(Element, component="static/alert_list.js"):
    """Shows groups of alerts; emits `ready` once and `open` with a group's key."""

    def __init__(self) -> None:
        super().__init__()
        self.show([], arrived=0, turn=0, live=True, message="")

    def show(self, groups: list[Group], *, arrived: int, turn: int, live: bool, message: str) -> None:
        """Replace what is shown; `arrived` counts alerts since the page was opened, `message` fills an empty list.

        A new `turn` says that the reader asked for it: then the list does not wait.
        """
        self.props["rows"] = [line(group) for group in groups]
        self.props["arrived"] = arrived
        self.props["turn"] = turn
        self.props["live"] = live
        self.props["message"] = message
        self.update()


class EventTree(Element, component="static/event_tree.js"):
    """Shows the event behind an alert, which the browser gets from the API."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.props["url"] = f"/api/v1/alerts/{number}/event"


def line(group: Group) -> dict[str, Any]:
    """Return a group as the list's JavaScript wants it."""
    return {
        **msgspec.structs.asdict(group.row),
        "key": group.key,
        "count": group.count,
        "clock": clock(group.row.time, datetime.now(UTC)),
    }


def clock(time: str, now: datetime) -> str:
    """Shorten an RFC 3339 time in UTC: today's to milliseconds, older ones to day and seconds."""
    if time[:10] == f"{now:%Y-%m-%d}":
        return time[11:23].rstrip("Z")
    return f"{time[5:10]} {time[11:19]}"
