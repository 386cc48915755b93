"""The page of one incident: its story, who and where, and its alerts in the order of time."""

from __future__ import annotations

import asyncio
import time

from nicegui import ui
from nicegui.events import GenericEventArguments

from lanner.errors import GroundError
from lanner.settings.model import Settings
from lanner.web.descriptions import Descriptions
from lanner.web.feed import Feed, Update
from lanner.web.figures import count
from lanner.web.foot import Foot
from lanner.web.header import FeedHeader
from lanner.web.incident_rows import IncidentView, make_view
from lanner.web.incidents_page import RELOAD_SECONDS, course, headline
from lanner.web.opening import AlertOpener
from lanner.web.panel import Panel, facts
from lanner.web.parts import AlertList
from lanner.web.rows import make_rows
from lanner.web.window import Group, single

ALERTS = 200
GONE = "There is no such incident: it is not known, or no longer kept."


class IncidentPage:
    """One client's view of one incident; `number` may be one that went into another since."""

    def __init__(self, settings: Settings, feed: Feed, descriptions: Descriptions, number: str) -> None:
        self._feed, self._number = feed, number
        self._groups: list[Group] = []
        self._shown: IncidentView | None = None
        self._pages = [0]
        self._turn = 0
        self._loaded = 0.0
        with ui.element("main").classes("page incident-page").props("tabindex=-1") as main:
            self._header = FeedHeader(settings, feed, here="/incidents")
            self._about = ui.element("section").classes("about")
            with ui.element("section").classes("alerts"):
                self._list = AlertList()
                self._foot = Foot(("earlier", self._go_back), ("later", self._go_further))
            panel = Panel()
        self._opener = AlertOpener(feed, descriptions, panel)
        self._list.on("open", self._open)
        main.on("keydown.escape", panel.close, [])

    async def update(self, _update: Update) -> None:
        """Show what a poll found."""
        self._header.update()
        if not self._loaded or time.monotonic() - self._loaded >= RELOAD_SECONDS:
            await self._load()

    async def _open(self, event: GenericEventArguments) -> None:
        await self._opener.open_key(self._groups, event.args)

    async def _go_back(self) -> None:
        self._pages = self._pages[:-1] or [0]
        await self._load(asked=True)

    async def _go_further(self) -> None:
        if self._groups:
            self._pages.append(max(group.key for group in self._groups))
        await self._load(asked=True)

    async def _load(self, *, asked: bool = False) -> None:
        self._loaded = time.monotonic()
        try:
            found = await asyncio.to_thread(self._read, self._pages[-1], None if asked else self._shown)
        except GroundError:
            return
        if found is None:
            self._about.clear()
            with self._about:
                ui.label(GONE).classes("empty")
            return
        view, groups, further = found
        if view == self._shown and not asked:
            return
        if view != self._shown:
            self._shown = view
            self._tell(view)
        self._groups = groups
        self._show(further=further)

    def _read(self, after: int, known: IncidentView | None) -> tuple[IncidentView, list[Group], bool] | None:
        """Read the incident and a page full of its alerts; only the incident where it is as it was known."""
        store = self._feed.store()
        row = store.incident(self._number)
        if row is None:
            return None
        view = make_view(row)
        if view == known:
            return view, [], False
        found = store.incident_alerts(row.id, after=after, limit=ALERTS + 1)
        rows = sorted(make_rows(store, found[:ALERTS]), key=lambda each: (each.time, each.id))
        return view, [single(each) for each in rows], len(found) > ALERTS

    def _tell(self, view: IncidentView) -> None:
        self._about.clear()
        with self._about, ui.element("div").classes(f"sev-{view.priority.lower()}"):
            headline(view)
            ui.label(view.story).classes("incident-story")
            course(view)
            facts(
                [
                    ("priority", f"{view.priority}, {view.raised}" if view.raised else ""),
                    ("actors", ", ".join(view.actors)),
                    ("addresses", ", ".join(view.addresses)),
                    ("credentials", ", ".join(view.credentials)),
                    ("objects", ", ".join(view.objects)),
                    ("alerts by rule", ", ".join(f"{count(number)}x {rule}" for rule, number in view.rules)),
                    ("incident", view.id),
                ]
            )

    def _show(self, *, further: bool) -> None:
        self._turn += 1
        self._list.show(self._groups, arrived=0, turn=self._turn, live=False, message="Its alerts are no longer kept.")
        first = len(self._pages) == 1
        words = "alerts in the order of time" if first else "later alerts, in the order of time"
        self._foot.show(words, back=not first, further=further)
