"""An incident as pages show it: all texts made visible and cut, tactics in the order of an attack."""

from __future__ import annotations

import msgspec

from lanner.detect.incidents import Incident
from lanner.state.kept import IncidentRow
from lanner.web.figures import count, visible

LONGEST_STORY = 1200
LONGEST_NAME = 300
MOST_NAMES = 100

_INCIDENTS = msgspec.json.Decoder(Incident)


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows of one incident; `rules` are (rule, count), the most frequent first."""

    id: str
    started: str
    updated: str
    priority: str
    raised: str
    score: int
    alerts: int
    story: str
    course: list[str]
    rules: list[tuple[str, int]]
    actors: list[str]
    addresses: list[str]
    credentials: list[str]
    objects: list[str]

    @property
    def summary(self) -> str:
        """Score and size in words, and whether it is worse than its alerts."""
        rules = "1 rule" if len(self.rules) == 1 else f"{len(self.rules)} rules"
        alerts = "1 alert" if self.alerts == 1 else f"{count(self.alerts)} alerts"
        raised = " · raised by its tactics" if self.raised else ""
        return f"score {self.score} · {alerts} of {rules}{raised}"

    @property
    def span(self) -> str:
        """First and last time; the day is said once where it is the same."""
        first, last = (f"{time[:10]} {time[11:19]}" for time in (self.started, self.updated))
        return f"{first} to {last[11:] if first[:10] == last[:10] else last}"


def decoded(row: IncidentRow) -> Incident:
    """Return what ingest stored; raises msgspec.DecodeError on anything else."""
    return _INCIDENTS.decode(row.body)


def make_view(row: IncidentRow) -> IncidentView:
    """Make what pages show of a stored incident."""
    found = decoded(row)
    rules = sorted(found.rules.items(), key=lambda item: -item[1])
    return IncidentView(
        id=found.id,
        started=visible(found.started, 40),
        updated=visible(found.updated, 40),
        priority=found.priority,
        raised=found.raised,
        score=found.score,
        alerts=found.alerts,
        story=visible(found.story, LONGEST_STORY),
        course=[tactic.replace("-", " ") for tactic in found.course],
        rules=[(visible(rule, LONGEST_NAME), number) for rule, number in rules[:MOST_NAMES]],
        actors=_names(found.actors),
        addresses=_names(found.addresses),
        credentials=_names(found.credentials),
        objects=_names(found.objects),
    )


def _names(values: list[str]) -> list[str]:
    names = [visible(value, LONGEST_NAME) for value in values[:MOST_NAMES]]
    return [*names, f"and {len(values) - MOST_NAMES} more"] if len(values) > MOST_NAMES else names
