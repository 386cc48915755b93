"""The head of the page: whose it is, whether all is well, and how far the demo is."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from lanner.settings.model import Settings
from lanner.web.feed import Feed, Snapshot
from lanner.web.figures import count, visible
from lanner.web.health import Health, judge, parts

PAGES = {"/": "Alerts", "/incidents": "Incidents", "/hunts": "Hunts"}


class Header:
    """Name, host, health in words and the demo's progress."""

    def __init__(self, hostname: str, *, here: str) -> None:
        """`here` is the path of the page that is open."""
        with ui.element("header").classes("head"):
            ui.label("lanner").classes("brand")
            with ui.element("nav").classes("pages"):
                for path, name in PAGES.items():
                    link = TextElement(tag="a", text=name).props(f"href={path}")
                    if path == here:
                        link.props('aria-current="page"')
            self._host = ui.label(hostname).classes("host")
            with ui.element("div").classes("health waiting").props("role=status") as self._health:
                ui.element("i").classes("mark")
                self._words = ui.label("starting")
            with ui.element("div").classes("demo") as self._demo:
                self._progress = ui.label()
                with ui.element("div").classes("bar"):
                    self._bar = ui.element("div").classes("bar-done")
        self._demo.set_visibility(False)

    def show(self, snapshot: Snapshot, health: Health) -> None:
        self._health.classes(replace=f"health {health.level}")
        self._words.set_text(health.text)
        hostname = snapshot.statuses.get("ingest", {}).get("hostname")
        if hostname:
            self._host.set_text(visible(str(hostname), 100))
        self._show_demo(snapshot.statuses.get("player"))

    def _show_demo(self, player: dict[str, Any] | None) -> None:
        self._demo.set_visibility(player is not None)
        if player is not None:
            written, total = player.get("written") or 0, player.get("total") or 0
            self._progress.set_text(demo_words(player))
            self._bar.style(f"width: {100 * written / total if total else 0:.1f}%")


class FeedHeader(Header):
    """The head of a page that follows a feed."""

    def __init__(self, settings: Settings, feed: Feed, *, here: str) -> None:
        """`here` is as in Header."""
        super().__init__(settings.host, here=here)
        self._feed, self._expected = feed, parts(settings)
        self.update()

    def update(self) -> None:
        """Show what the feed saw last."""
        snapshot = self._feed.snapshot
        self.show(snapshot, judge(snapshot, self._expected))


def demo_words(player: dict[str, Any]) -> str:
    """Say how far the demo's player is."""
    if player.get("done"):
        return f"demo: all {count(player.get('total') or 0)} events played"
    return f"demo: event {count(player.get('written') or 0)} of {count(player.get('total') or 0)}"
