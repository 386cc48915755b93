"""The overview page: what one person at one browser sees."""

from __future__ import annotations

import asyncio

from nicegui import background_tasks, ui

from lanner.errors import GroundError
from lanner.settings.model import Settings
from lanner.web.alerts_view import AlertsView
from lanner.web.descriptions import Descriptions
from lanner.web.feed import Feed, Update
from lanner.web.header import Header
from lanner.web.health import judge, parts
from lanner.web.panel import AlertView, Panel
from lanner.web.rows import make_row
from lanner.web.tiles import Tiles
from lanner.web.window import Group

QUARANTINE_ENTRIES = 100


class Overview:
    """The page of one client; it ends with the client."""

    def __init__(self, settings: Settings, feed: Feed, descriptions: Descriptions) -> None:
        self._feed = feed
        self._descriptions = descriptions
        self._expected = parts(settings)
        with ui.element("main").classes("page").props("tabindex=-1") as main:
            self._header = Header(settings.host)
            self._tiles = Tiles(self._open_quarantine)
            self._alerts = AlertsView(feed, self._open_alert)
            self._panel = Panel()
        main.on("keydown.escape", self._panel.close, [])
        self._show_state()

    async def update(self, update: Update) -> None:
        """Show what a poll found."""
        self._show_state()
        await self._alerts.update(update)

    def _show_state(self) -> None:
        snapshot = self._feed.snapshot
        self._header.show(snapshot, judge(snapshot, self._expected))
        self._tiles.show(snapshot, self._feed)

    async def _open_alert(self, group: Group) -> None:
        try:
            view = await asyncio.to_thread(self._view, group.row.id)
        except GroundError as error:
            ui.notify(str(error))
            return
        if view is None:
            ui.notify("this alert is no longer kept")
        else:
            self._panel.show_alert(view, group)

    def _view(self, number: int) -> AlertView | None:
        store = self._feed.store()
        found = store.alerts(after=number - 1, before=number + 1, limit=1)
        if not found:
            return None
        alert = found[0].alert
        row = make_row(number, alert, store.alert_event(number), longest_output=4000)
        return AlertView(alert, row, self._descriptions.of(alert.rule))

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
    if feed.full:
        ui.label("lanner: too many pages are open; close one and load this again").classes("empty")
        return
    client = ui.context.client
    page = Overview(settings, feed, descriptions)

    def listen(update: Update) -> None:
        if client.has_socket_connection:
            with client:
                background_tasks.create(page.update(update), name="lanner page update")

    client.on_delete(feed.subscribe(listen))
