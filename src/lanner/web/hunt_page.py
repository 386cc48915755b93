"""The page of one saved hunt: its question, how its runs went, and the alerts that it led to, the newest first."""

from __future__ import annotations

import asyncio
import time

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

from lanner.errors import GroundError
from lanner.settings.model import Settings
from lanner.web.descriptions import Descriptions
from lanner.web.feed import Feed, Update
from lanner.web.figures import visible
from lanner.web.foot import Foot
from lanner.web.header import FeedHeader
from lanner.web.hunt_rows import LONGEST_SQL, LONGEST_TEXT, HuntView, facts_of, make_views
from lanner.web.hunts_page import RELOAD_SECONDS, headline
from lanner.web.opening import AlertOpener
from lanner.web.panel import Panel, facts
from lanner.web.parts import AlertList
from lanner.web.rows import make_rows
from lanner.web.window import Group, single

ALERTS = 200
GONE = "There is no hunt of this name in lanner.yaml."


class HuntPage:
    """One client's view of one hunt; without a hunt of that name it says so."""

    def __init__(self, settings: Settings, feed: Feed, descriptions: Descriptions, name: str) -> None:
        self._feed = feed
        self._saved = [hunt for hunt in settings.hunts if hunt.name == name]
        self._groups: list[Group] = []
        self._shown: HuntView | None = None
        self._before: list[int | None] = [None]
        self._turn = 0
        self._loaded = 0.0
        with ui.element("main").classes("page hunt-page").props("tabindex=-1") as main:
            self._header = FeedHeader(settings, feed, here="/hunts")
            self._about = ui.element("section").classes("about")
            with ui.element("section").classes("alerts") as self._alerts:
                self._list = AlertList()
                self._foot = Foot(("newest", self._go_newest), ("older", self._go_older))
            panel = Panel()
        self._opener = AlertOpener(feed, descriptions, panel)
        self._list.on("open", self._open)
        main.on("keydown.escape", panel.close, [])
        if not self._saved:
            self._alerts.set_visibility(False)
            with self._about:
                ui.label(GONE).classes("empty")

    async def update(self, _update: Update) -> None:
        """Show what a poll found."""
        self._header.update()
        if self._saved and (not self._loaded or time.monotonic() - self._loaded >= RELOAD_SECONDS):
            await self._load()

    async def _open(self, event: GenericEventArguments) -> None:
        await self._opener.open_key(self._groups, event.args)

    async def _go_newest(self) -> None:
        self._before = [None]
        await self._load(asked=True)

    async def _go_older(self) -> None:
        if self._groups:
            self._before.append(self._groups[-1].key)
        await self._load(asked=True)

    async def _load(self, *, asked: bool = False) -> None:
        self._loaded = time.monotonic()
        try:
            (view,) = make_views(self._saved, self._feed.snapshot, await asyncio.to_thread(self._counts))
            if view == self._shown and not asked:
                return
            groups = await asyncio.to_thread(self._read, self._before[-1])
        except GroundError:
            return
        if view != self._shown:
            self._shown = view
            self._tell(view)
        self._groups = groups[:ALERTS]
        self._show(further=len(groups) > ALERTS)

    def _counts(self) -> dict[str, int]:
        return self._feed.store().hunt_counts()

    def _read(self, before: int | None) -> list[Group]:
        store = self._feed.store()
        found = store.alerts(hunt=self._saved[0].name, before=before, limit=ALERTS + 1)
        return [single(row) for row in make_rows(store, found)]

    def _tell(self, view: HuntView) -> None:
        self._about.clear()
        with self._about:
            headline(view)
            if view.description:
                ui.label(visible(view.description, LONGEST_TEXT)).classes("hunt-text")
            facts(list(facts_of(view)))
            if view.sql:
                TextElement(tag="pre", text=visible_lines(view.sql)).classes("sql")

    def _show(self, *, further: bool) -> None:
        self._turn += 1
        self._list.show(self._groups, arrived=0, turn=self._turn, live=False, message="It has led to no alert yet.")
        first = len(self._before) == 1
        words = ("newest" if first else "older") + " alerts of this hunt"
        self._foot.show(words if self._groups else "", back=not first, further=further)


def visible_lines(text: str) -> str:
    """Show a text of several lines, what is invisible in each made visible."""
    return "\n".join(visible(line, LONGEST_SQL) for line in text[:LONGEST_SQL].strip().splitlines())
