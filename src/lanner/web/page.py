"""The overview page: what one person at one browser sees."""

from __future__ import annotations

import asyncio

from nicegui import ui

from lanner.errors import GroundError
from lanner.settings.model import Settings
from lanner.web.alerts_view import AlertsView
from lanner.web.clients import follow
from lanner.web.descriptions import Descriptions
from lanner.web.feed import Feed, Update
from lanner.web.header import FeedHeader
from lanner.web.opening import AlertOpener
from lanner.web.panel import Panel
from lanner.web.tiles import Tiles

QUARANTINE_ENTRIES = 100


class Overview:
    """The page of one client; it ends with the client."""

    def __init__(self, settings: Settings, feed: Feed, descriptions: Descriptions) -> None:
        self._feed = feed
        with ui.element("main").classes("page").props("tabindex=-1") as main:
            self._header = FeedHeader(settings, feed, here="/")
            self._tiles = Tiles(self._open_quarantine)
            self._panel = Panel()
            self._opener = AlertOpener(feed, descriptions, self._panel)
            self._alerts = AlertsView(feed, self._opener.open)
        main.on("keydown.escape", self._panel.close, [])
        self._tiles.show(feed.snapshot, feed)

    async def update(self, update: Update) -> None:
        """Show what a poll found."""
        self._header.update()
        self._tiles.show(self._feed.snapshot, self._feed)
        await self._alerts.update(update)

    async def _open_quarantine(self) -> None:
        try:
            store = self._feed.store()
            entries = await asyncio.to_thread(store.quarantined, QUARANTINE_ENTRIES)
        except GroundError as error:
            ui.notify(str(error))
            return
        self._panel.show_quarantine(entries, self._feed.snapshot.quarantine_counts)


def overview(settings: Settings, feed: Feed, descriptions: Descriptions) -> None:
    """Build the page of the client whose request is being handled, and keep it fed until the client is gone."""
    follow(feed, lambda: Overview(settings, feed, descriptions))
