"""The list of alerts with its filters, as one page has it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

from lanner.detect.alert import PRIORITIES
from lanner.errors import GroundError
from lanner.web.feed import Feed, Update
from lanner.web.figures import count
from lanner.web.parts import AlertList
from lanner.web.rows import Row
from lanner.web.window import SCAN, Filter, Group, Page, prepend, read_page

MOST_WORDS = 8
LONGEST_QUERY = 200
END = (1 << 62) - 1

LEAST = {priority: f"{priority} and worse" for priority in reversed(PRIORITIES[1:])} | {"Emergency": "Emergency"}
LEAST["Debug"] = "all severities"


class AlertsView:
    """Keeps one page full of alerts: live at the newest, or standing still further back."""

    def __init__(self, feed: Feed, on_open: Callable[[Group], Awaitable[None]]) -> None:
        self._feed = feed
        self._on_open = on_open
        self._wanted = Filter()
        self._fold = True
        self._groups: list[Group] = []
        self._held_back: list[Row] | None = None
        self._arrived = 0
        self._older: int | None = None
        self._live = True
        self._turn = 0
        with ui.element("section").classes("alerts"):
            self._build_filters()
            self._list = AlertList()
            self._list.on("ready", self._reload, [])
            self._list.on("open", self._open)
            self._build_foot()

    # -- building --------------------------------------------------------------------------------------------------

    def _build_filters(self) -> None:
        with ui.element("div").classes("filters"):
            self._least = ui.select(LEAST, value="Debug", on_change=self._filter)
            self._rule = ui.select({"": "all rules"}, value="", on_change=self._filter)
            self._words = ui.input(placeholder="user, object, address, any text", on_change=self._filter)
            self._repeats = ui.checkbox("fold repeats", value=True, on_change=self._filter)
            for box, name in ((self._least, "Severity"), (self._rule, "Rule"), (self._words, "Text")):
                box.props(f'dense outlined options-dense debounce=300 maxlength={LONGEST_QUERY} aria-label="{name}"')
            self._words.props("clearable type=search")

    def _build_foot(self) -> None:
        with ui.element("div").classes("list-foot"):
            self._said = ui.label()
            self._back = _button("back to the newest", self._reload)
            self._further = _button("older", self._go_older)

    # -- what the reader does --------------------------------------------------------------------------------------

    async def _filter(self) -> None:
        words = str(self._words.value or "").lower()[:LONGEST_QUERY].split()[:MOST_WORDS]
        self._wanted = Filter(str(self._least.value), str(self._rule.value or ""), tuple(words))
        self._fold = bool(self._repeats.value)
        await self._reload()

    async def _reload(self) -> None:
        await self._load(END, live=True)

    async def _go_older(self) -> None:
        if self._older is not None:
            await self._load(self._older, live=False)

    async def _open(self, event: GenericEventArguments) -> None:
        group = next((group for group in self._groups if group.key == event.args), None)
        if group is not None:
            await self._on_open(group)

    # -- what the feed brings --------------------------------------------------------------------------------------

    async def update(self, update: Update) -> None:
        """Take over what a poll found."""
        self._offer_rules(update)
        if update.reset:
            await self._load(END, live=True) if self._live else None
        elif update.rows:
            self._add(update.rows)

    def _offer_rules(self, update: Update) -> None:
        names = sorted({rule for rule, _, _ in update.snapshot.alert_counts})
        options = {"": "all rules"} | {name: name for name in names}
        if options != self._rule.options and self._rule.value in options:
            self._rule.set_options(options)

    def _add(self, rows: list[Row]) -> None:
        if self._held_back is not None:
            self._held_back = [*rows, *self._held_back]
            return
        accepted = sum(self._wanted.accepts(row) for row in rows)
        if not accepted:
            return
        self._arrived += accepted
        if self._live:
            self._groups = prepend(self._groups, rows, self._wanted, fold=self._fold)
        self._show()

    async def _load(self, before: int, *, live: bool) -> None:
        """Read a page full; alerts that come meanwhile are added after it, and a newer reading wins."""
        self._turn += 1
        turn, self._held_back = self._turn, []
        try:
            page = await asyncio.to_thread(self._read, before)
        except GroundError:
            page = Page([], None, 0)
        if turn != self._turn:
            return
        newest = page.groups[0].row.id if page.groups else 0
        late = [row for row in self._held_back or () if row.id > newest]
        self._groups, self._older, self._live, self._held_back = page.groups, page.older, live, None
        self._say(page)
        self._show()
        if late:
            self._add(late)

    def _read(self, before: int) -> Page:
        return read_page(self._feed.store(), self._wanted, before, fold=self._fold)

    def _say(self, page: Page) -> None:
        searched = f"searched {count(page.scanned)} alerts" if self._wanted.words else ""
        self._said.set_text(searched if self._live else f"older alerts, standing still {searched}".strip())
        self._further.set_visibility(page.older is not None)
        self._back.set_visibility(not self._live)

    def _show(self) -> None:
        self._list.show(
            self._groups, arrived=self._arrived, turn=self._turn, live=self._live, message=self._empty_words()
        )

    def _empty_words(self) -> str:
        if self._wanted != Filter():
            more = f" among the {SCAN} alerts searched; “older” searches on" if self._older is not None else ""
            return f"No alert fits the filter{more}."
        return "No alerts yet. They appear here as they fire."


def _button(text: str, action: Callable[[], Any]) -> Element:
    button = TextElement(tag="button", text=text).classes("small").props("type=button").on("click", action, [])
    button.set_visibility(False)
    return button
