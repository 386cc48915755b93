"""The list of incidents, the worst first."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from lanner.errors import GroundError
from lanner.settings.model import Settings
from lanner.web.feed import Feed, Update
from lanner.web.foot import Foot
from lanner.web.header import FeedHeader
from lanner.web.incident_rows import IncidentView, make_view

PAGE = 50
RELOAD_SECONDS = 1.0
SPANS = {0: "all times", 1: "last day", 7: "last 7 days"}


class IncidentsPage:
    """The list of one client; a span of days, and page after page of the worst."""

    def __init__(self, settings: Settings, feed: Feed) -> None:
        self._feed = feed
        self._shown: list[IncidentView] | None = None
        self._offset = 0
        self._loaded = 0.0
        with ui.element("main").classes("page"):
            self._header = FeedHeader(settings, feed, here="/incidents")
            with ui.element("section").classes("alerts"):
                with ui.element("div").classes("filters"):
                    self._days = ui.select(SPANS, value=0, on_change=self._first)
                    self._days.props('dense outlined options-dense aria-label="Time"')
                self._list = ui.element("div").classes("scroller incident-list")
                self._foot = Foot(("back to the worst", self._first), ("further", self._go_further))

    async def update(self, _update: Update) -> None:
        """Show what a poll found."""
        self._header.update()
        if self._shown is None or time.monotonic() - self._loaded >= RELOAD_SECONDS:
            await self._load()

    async def _first(self) -> None:
        self._offset = 0
        await self._load()

    async def _go_further(self) -> None:
        self._offset += PAGE
        await self._load()

    async def _load(self) -> None:
        self._loaded = time.monotonic()
        offset = self._offset
        try:
            found = await asyncio.to_thread(self._read, offset)
        except GroundError:
            return
        if found != self._shown and offset == self._offset:
            self._shown = found
            self._show(found[:PAGE], further=len(found) > PAGE)

    def _read(self, offset: int) -> list[IncidentView]:
        days = int(self._days.value or 0)
        since = f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%S}" if days else ""
        return [
            make_view(row) for row in self._feed.store().worst_incidents(since=since, offset=offset, limit=PAGE + 1)
        ]

    def _show(self, found: list[IncidentView], *, further: bool) -> None:
        self._list.clear()
        with self._list:
            for view in found:
                card(view)
            if not found:
                ui.label("No incidents. Alerts of one intruder appear here together.").classes("empty")
        words = f"{self._offset + 1} to {self._offset + len(found)}, the worst first" if found else ""
        self._foot.show(words, back=self._offset > 0, further=further)


def card(view: IncidentView) -> None:
    """Show one incident as a link to its page."""
    link = ui.element("a").classes(f"incident sev-{view.priority.lower()}").props(f"href=/incidents/{view.id}")
    with link:
        headline(view)
        ui.label(view.story).classes("incident-story")
        course(view)


def headline(view: IncidentView) -> None:
    """Show how bad it is, how large, and when."""
    with ui.element("div").classes("incident-head"):
        with ui.element("span").classes("severity"):
            ui.element("i").classes("mark")
            TextElement(tag="span", text=view.priority)
        TextElement(tag="span", text=view.summary).classes("incident-size")
        TextElement(tag="span", text=f"{view.span} UTC").classes("time")


def course(view: IncidentView) -> None:
    """Show the tactics in the order of an attack."""
    if not view.course:
        return
    with ui.element("div").classes("course"):
        for tactic in view.course:
            TextElement(tag="span", text=tactic).classes("tactic")
