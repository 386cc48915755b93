"""Opens an alert of a list in the panel at the side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from nicegui import ui

from lanner.errors import GroundError
from lanner.web.descriptions import Descriptions
from lanner.web.feed import Feed
from lanner.web.panel import AlertView, Panel
from lanner.web.rows import make_row
from lanner.web.window import Group


class AlertOpener:
    """Reads an alert when it is asked for; what cannot be read becomes a notice."""

    def __init__(self, feed: Feed, descriptions: Descriptions, panel: Panel) -> None:
        self._feed, self._descriptions, self._panel = feed, descriptions, panel

    async def open_key(self, groups: Sequence[Group], key: int) -> None:
        """Open the group of a list that has a key, if it is still there."""
        for group in groups:
            if group.key == key:
                await self.open(group)

    async def open(self, group: Group) -> None:
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
        event = store.alert_event(number)
        row = make_row(number, alert, event, longest_output=4000)
        return AlertView(alert, row, self._descriptions.of(alert.rule), has_event=bool(event))
