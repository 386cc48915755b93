"""Saved hunts: questions to the archive under a name, which `lanner run` may ask again and again."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

from msgspec import Meta

from lanner.config.typed import Settings

Priority = Literal["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"]
_SPAN = re.compile(r"([1-9][0-9]{0,5})\s*([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LOOKS_BACK = 2
LONGEST_HUNT = 200
"""Signs of a hunt's name."""


def parse_span(text: str) -> dt.timedelta:
    """Read `30m`, `1h` or `7d`; raises ValueError."""
    match = _SPAN.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no span of time; write `30m`, `1h` or `7d`")
    return dt.timedelta(**{_UNITS[match[2]]: int(match[1])})


class SavedHunt(Settings):
    """A question to the archive under a name: `lanner hunt --saved NAME`; with `every`, `lanner run` asks it, too."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_HUNT,
            description="Name of the hunt; its SQL's alerts have it as their rule.",
        ),
    ]
    sql: Annotated[str, Meta(description="One SELECT over the view `events`. Give either sql or rules.")] = ""
    rules: Annotated[
        tuple[str, ...], Meta(description="Names of rules and correlations; those that are disabled are tried, too.")
    ] = ()
    description: Annotated[str, Meta(description="What it is for.")] = ""
    every: Annotated[
        str, Meta(description="How often `lanner run` asks it, such as `1h`; empty: only when you do.")
    ] = ""
    within: Annotated[
        str, Meta(description="How far back a scheduled run looks, by the events' time; empty: twice `every`.")
    ] = ""
    priority: Annotated[Priority, Meta(description="Priority of alerts of SQL; rules have their own.")] = "notice"
    enabled: Annotated[bool, Meta(description="Whether it runs by itself, if it is scheduled.")] = True

    def __post_init__(self) -> None:
        """Refuse a hunt that asks nothing or two things, and spans that are none; raises ValueError."""
        if bool(self.sql) == bool(self.rules):
            raise ValueError("give either sql or rules")
        if self.within and not self.every:
            raise ValueError("`within` is for scheduled runs; give `every`, too")
        if self.every and self.interval > self.window:
            raise ValueError("`within` is shorter than `every`: a run would not see what came after the one before")

    @property
    def scheduled(self) -> bool:
        """Whether `lanner run` asks it."""
        return bool(self.every) and self.enabled

    @property
    def interval(self) -> dt.timedelta:
        """The time from one scheduled run to the next."""
        return parse_span(self.every)

    @property
    def window(self) -> dt.timedelta:
        """How far back a scheduled run looks."""
        return parse_span(self.looks_back)

    @property
    def looks_back(self) -> str:
        """`within`, or what stands for it; empty for a hunt without `every`."""
        match = _SPAN.fullmatch(self.every)
        return self.within or (f"{_LOOKS_BACK * int(match[1])}{match[2]}" if match else "")
