"""Which policy holds for which row, as SQL over a file's columns, and until when its rows are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from lanner.archive.retention.policy import HOT, Policy, parse_policy
from lanner.archive.retention.settings import RetentionRule, RetentionSettings

COLUMNS = ("time", "ingested", "cluster", "namespace", "level")
"""What rules look at."""

DEFAULT = "default"


class Entry(NamedTuple):
    """One policy and for what; the last has no rule."""

    name: str
    policy: Policy
    rule: RetentionRule | None

    def cutoff(self, now: dt.datetime) -> dt.datetime | None:
        """Return the moment before which its rows go: whole days, so that a day's file is rewritten once."""
        if self.policy.days is None:
            return None
        midnight = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - dt.timedelta(days=self.policy.days)

    def may_match(self, cluster: str | None) -> bool:
        """Say whether it can hold for rows of a cluster."""
        clusters = self.rule.clusters if self.rule else ()
        return not clusters or any(fnmatchcase(cluster or "", pattern) for pattern in clusters)


def entries(settings: RetentionSettings) -> tuple[Entry, ...]:
    """Return the rules' policies in order, the default last."""
    rules = [Entry(rule.name, parse_policy(rule.policy), rule) for rule in settings.rules]
    return (*rules, Entry(DEFAULT, settings.default, None))


def choice(found: Sequence[Entry]) -> tuple[str, dict[str, str]]:
    """Return an SQL expression that gives the number of a row's entry, and its parameters."""
    parameters: dict[str, str] = {}
    cases = []
    for number, entry in enumerate(found[:-1]):
        assert entry.rule is not None
        lists = {"cluster": entry.rule.clusters, "namespace": entry.rule.namespaces, "level": entry.rule.levels}
        conditions = []
        for column, patterns in lists.items():
            if patterns:
                names = [f"r{number}_{column}_{index}" for index in range(len(patterns))]
                parameters |= dict(zip(names, map(_escaped, patterns), strict=True))
                conditions.append("(" + " OR ".join(f'"{column}" GLOB ${name}' for name in names) + ")")
        cases.append(f"WHEN {' AND '.join(conditions)} THEN {number}")
    return f"CASE {' '.join(cases)} ELSE {len(found) - 1} END" if cases else str(len(found) - 1), parameters


def wanted_tier(found: Sequence[Entry], cluster: str | None, newest: dt.datetime, now: dt.datetime) -> str:
    """Return the tier for a file by its newest event: the hottest that any policy which names tiers asks for."""
    order = [step.tier for entry in found for step in entry.policy.steps]
    asked = [entry.policy.tier(now - newest) for entry in found if entry.may_match(cluster)]
    named = [tier for tier in asked if tier]
    if not named or HOT in named:
        return HOT
    return min(named, key=order.index)


def _escaped(pattern: str) -> str:
    """Leave `*` its meaning and take it from what else GLOB knows."""
    return "".join(f"[{letter}]" if letter in "?[" else letter for letter in pattern)
