"""How long events are kept and where, in words: `hot 7d, warm 90d, cold 7y, then delete`."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from typing import NamedTuple

HOT = "hot"
_DAYS = {"d": 1, "w": 7, "m": 31, "y": 366}
"""A month and a year are taken as the longest there are, so that nothing goes before its time."""

_ITEM = re.compile(r"(?:([a-z][a-z0-9-]{0,30})\s+)?([1-9][0-9]{0,4})\s*([dwmy])")
_ENDS = {"then delete": True, "then keep": False}
_KEEP = ("keep", "forever")
_EXAMPLE = "write `hot 7d, warm 90d, cold 7y, then delete`, `30d` or `keep`"


class Step(NamedTuple):
    """On `tier` until an event is so many days old."""

    tier: str
    days: int


class Policy(NamedTuple):
    """Steps by rising age; `days` is the age at which an event is deleted, None keeps it."""

    steps: tuple[Step, ...]
    days: int | None

    def tier(self, age: dt.timedelta) -> str | None:
        """Return the tier for events of an age, None when the policy names none."""
        for step in self.steps:
            if age < dt.timedelta(days=step.days):
                return step.tier
        return self.steps[-1].tier if self.steps else None

    def __str__(self) -> str:
        parts = [f"{step.tier} {step.days}d" for step in self.steps]
        if not parts:
            return "keep" if self.days is None else f"{self.days}d"
        return ", ".join([*parts, "then keep" if self.days is None else "then delete"])


def parse_policy(text: str) -> Policy:
    """Read a policy; raises ValueError with what to write instead.

    Ages count from the beginning: `hot 7d, warm 90d` is on `warm` from the 8th to the 90th day.
    """
    words = " ".join(text.lower().split())
    if words in _KEEP:
        return Policy((), None)
    items = [item.strip() for item in words.split(",")]
    deletes = _ENDS.get(items[-1])
    steps = [_step(item) for item in (items if deletes is None else items[:-1])]
    if not steps:
        raise ValueError(f"{text!r} names no age; {_EXAMPLE}")
    _refuse_disorder(steps)
    named = tuple(step for step in steps if step.tier)
    return Policy(named, None if deletes is False else steps[-1].days)


def _step(item: str) -> Step:
    match = _ITEM.fullmatch(item)
    if not match:
        raise ValueError(f"{item!r} is no tier with an age; {_EXAMPLE}")
    return Step(match[1] or "", int(match[2]) * _DAYS[match[3]])


def _refuse_disorder(steps: list[Step]) -> None:
    if len(steps) > 1 and not all(step.tier for step in steps):
        raise ValueError(f"each of several ages needs a tier before it; {_EXAMPLE}")
    for before, after in pairwise(steps):
        if after.days <= before.days:
            raise ValueError(f"`{after.tier}` ends no later than `{before.tier}`; ages count from the beginning")
    if len({step.tier for step in steps}) < len(steps):
        raise ValueError("a tier is named twice; name each once")
