"""A saved hunt as pages and API show it: what it asks, how its last run went, when it is due, what it led to."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from lanner.settings.hunts import LONGEST_HUNT, SavedHunt
from lanner.web.feed import Snapshot
from lanner.web.figures import count, duration, visible

LONGEST_TEXT = 2000
LONGEST_SQL = 20_000

State = Literal["ok", "failing", "running", "waiting", "asked by you"]


class HuntView(msgspec.Struct, frozen=True, kw_only=True):
    """One hunt of lanner.yaml; `alerts` are those stored, times are ISO 8601 in UTC and empty where there is none."""

    name: str
    description: str
    sql: str
    rules: list[str]
    every: str
    within: str
    priority: str
    scheduled: bool
    last_run: str
    next_run: str
    running: str
    seconds: float
    matches: int
    new: int
    problem: str
    runs: int
    failures: int
    alerts: int

    @property
    def state(self) -> State:
        """How it is in a word."""
        if not self.scheduled:
            return "asked by you"
        if self.running:
            return "running"
        if self.problem:
            return "failing"
        return "ok" if self.last_run else "waiting"

    @property
    def schedule(self) -> str:
        """When it is asked, in words."""
        if self.scheduled:
            return f"every {self.every}, over the last {self.within}"
        return "switched off" if self.every else f"lanner hunt --saved {shlex.quote(self.name)} asks it"

    @property
    def last_words(self) -> str:
        """How the last run went, in words."""
        if self.running:
            return f"running since {moment(self.running)}"
        if not self.last_run:
            return "not yet since the archiver started" if self.scheduled else ""
        many = "1 match" if self.matches == 1 else f"{count(self.matches)} matches"
        return f"{moment(self.last_run)}: {many}, {count(self.new)} new, in {duration(self.seconds)}"


def make_views(hunts: Sequence[SavedHunt], snapshot: Snapshot, alerts: dict[str, int]) -> list[HuntView]:
    """Make what is shown of the hunts of lanner.yaml, in their order; `alerts` counts those stored, by hunt."""
    return [_view(saved, snapshot.hunts.get(saved.name, {}), alerts.get(saved.name, 0)) for saved in hunts]


def _view(saved: SavedHunt, last: dict[str, Any], alerts: int) -> HuntView:
    return HuntView(
        name=saved.name,
        description=saved.description,
        sql=saved.sql,
        rules=list(saved.rules),
        every=saved.every,
        within=saved.looks_back,
        priority=saved.priority.capitalize(),
        scheduled=saved.scheduled,
        last_run=str(last.get("asked", "")),
        next_run=str(last.get("next", "")),
        running=str(last.get("running", "")),
        seconds=float(last.get("seconds", 0.0)),
        matches=int(last.get("matches", 0)),
        new=int(last.get("new", 0)),
        problem=str(last.get("problem", "")),
        runs=int(last.get("runs", 0)),
        failures=int(last.get("failures", 0)),
        alerts=alerts,
    )


def facts_of(view: HuntView) -> Iterator[tuple[str, str]]:
    """Give what a page says of a hunt, as names and values; empty values are for nobody."""
    yield "schedule", visible(view.schedule, LONGEST_TEXT)
    yield "last run", view.last_words
    yield "next run", moment(view.next_run)
    yield "runs", f"{count(view.runs)}, {count(view.failures)} failed" if view.runs else ""
    yield "problem", visible(view.problem, LONGEST_TEXT)
    yield "priority", "" if view.rules else view.priority
    yield "rules", visible(", ".join(view.rules), LONGEST_TEXT)


def moment(time: str) -> str:
    """Write an ISO time in UTC as the page does."""
    return f"{time[:10]} {time[11:19]} UTC" if time else ""


def short_name(name: str) -> str:
    """Write a name as pages show it."""
    return visible(name, LONGEST_HUNT)
