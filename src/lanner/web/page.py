"""The overview page: what one person at one browser sees."""

from __future__ import annotations

from nicegui import ui

from lanner.settings.model import Settings
from lanner.web.feed import Feed, Update


def overview(settings: Settings, feed: Feed) -> None:
    """Build the page of the client whose request is being handled."""
    ui.label(f"lanner {settings.host}")
    label = ui.label()

    def show(update: Update) -> None:
        label.set_text(update.snapshot.problem or f"{update.snapshot.newest} alerts")

    ui.context.client.on_delete(feed.subscribe(show))
