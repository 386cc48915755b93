"""The list of saved hunts: what each is for, when it runs, and how it went."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlencode

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from lanner.errors import GroundError
from lanner.settings.model import Settings
from lanner.web.feed import Feed, Update
from lanner.web.figures import count, visible
from lanner.web.header import FeedHeader
from lanner.web.hunt_rows import LONGEST_TEXT, HuntView, make_views, moment, short_name

RELOAD_SECONDS = 1.0
NONE = "No hunts are saved. Write questions to the archive under `hunts` in lanner.yaml."


class HuntsPage:
    """The list of one client, in the order of lanner.yaml."""

    def __init__(self, settings: Settings, feed: Feed) -> None:
        self._feed = feed
        self._saved = settings.hunts
        self._shown: list[HuntView] | None = None
        self._loaded = 0.0
        with ui.element("main").classes("page"):
            self._header = FeedHeader(settings, feed, here="/hunts")
            with ui.element("section").classes("alerts"):
                self._list = ui.element("div").classes("scroller hunt-list")

    async def update(self, _update: Update) -> None:
        """Show what a poll found."""
        self._header.update()
        if self._shown is None or time.monotonic() - self._loaded >= RELOAD_SECONDS:
            await self._load()

    async def _load(self) -> None:
        self._loaded = time.monotonic()
        try:
            alerts = await asyncio.to_thread(lambda: self._feed.store().hunt_counts())
        except GroundError:
            return
        found = make_views(self._saved, self._feed.snapshot, alerts)
        if found != self._shown:
            self._shown = found
            self._show(found)

    def _show(self, found: list[HuntView]) -> None:
        self._list.clear()
        with self._list:
            for view in found:
                _card(view)
            if not found:
                ui.label(NONE).classes("empty")


def _card(view: HuntView) -> None:
    link = ui.element("a").classes("hunt")
    link.props["href"] = f"/hunt?{urlencode({'name': view.name})}"
    with link:
        headline(view)
        if view.description:
            ui.label(visible(view.description, LONGEST_TEXT)).classes("hunt-text")
        due = f"next {moment(view.next_run)}" if view.next_run else ""
        words = [visible(view.schedule, LONGEST_TEXT), view.last_words, due]
        ui.label(" · ".join(filter(None, words))).classes("hunt-when")
        if view.problem:
            ui.label(visible(view.problem, LONGEST_TEXT)).classes("hunt-problem")


def headline(view: HuntView) -> None:
    """Show a hunt's name, how it is, and how many alerts it has."""
    with ui.element("div").classes("hunt-head"):
        TextElement(tag="span", text=short_name(view.name)).classes("hunt-name")
        with ui.element("span").classes(f"hunt-state {view.state.partition(' ')[0]}"):
            ui.element("i").classes("mark")
            TextElement(tag="span", text=view.state)
        alerts = "1 alert" if view.alerts == 1 else f"{count(view.alerts)} alerts"
        TextElement(tag="span", text=alerts).classes("hunt-alerts")
