"""Pages of clients that follow the feed: each is built once and told of every poll until its client is gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from nicegui import background_tasks, ui

from lanner.web.feed import Feed, Update


class Following(Protocol):
    """What is shown to one client."""

    def update(self, update: Update, /) -> Awaitable[None]:
        """Show what a poll found."""


def follow(feed: Feed, build: Callable[[], Following]) -> None:
    """Build the page of the client whose request is being handled, and keep it fed until the client is gone."""
    if feed.full:
        ui.label("lanner: too many pages are open; close one and load this again").classes("empty")
        return
    client = ui.context.client
    page = build()

    async def show(update: Update) -> None:
        await page.update(update)

    def listen(update: Update) -> None:
        if client.has_socket_connection:
            with client:
                background_tasks.create(show(update), name="lanner page update")

    client.on_delete(feed.subscribe(listen))
