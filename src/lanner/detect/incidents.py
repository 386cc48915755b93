"""Groups alerts into incidents: what one intruder does, under whatever names, stands together with a score and a story.

Alerts belong together that share a credential, the address that the API server saw, or a pod: the one that was made and
the one whose token is used. Names alone do not bind: everybody is system:anonymous, and a stolen account has its owner.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from lanner.detect.alert import PRIORITIES, Alert, time_seconds
from lanner.detect.habits import Habits
from lanner.detect.links import links_of

QUIET_HOURS = 24
INCIDENTS = 10_000
KEPT = 200
"""Alerts, names and objects of one incident that are kept; beyond, they are only counted."""

LINKS = 1_000
"""What binds alerts to one incident; beyond, what was seen longest ago is forgotten."""

WEIGHTS = {"Emergency": 60, "Alert": 50, "Critical": 40, "Error": 25, "Warning": 12, "Notice": 5}
"""What the first alert of a rule adds to an incident's score, by priority; others add nothing."""
STAGES = 15
"""What each further tactic adds: an attack goes through several, a mistake stays within one."""
UNUSUAL = 50
"""Names of alerts told in full that an incident remembers for habits."""

RAISED = {5: "Alert", 3: "Critical"}
"""The least priority of an incident with so many tactics, shown by as many rules or more; the most come first."""

TACTICS = (
    "reconnaissance",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "exfiltration",
    "impact",
)
"""Tactics of MITRE ATT&CK for containers, in the order of an attack, as tags write them."""


class Incident(msgspec.Struct, kw_only=True):
    """Alerts that belong together. Times are those of alerts; `id` is made of the first of them and never changes.

    `worst` is the worst priority of its alerts, `priority` that or a higher one, see RAISED. What fits a habit shows no
    tactic; `telling` are the rules that showed one.

    `actors`, `credentials`, `addresses`, `objects`, `tactics` are in the order of their first showing, `rules` counts
    alerts by rule, `audit_ids` names the events behind them. `unusual` are the names of alerts that were told in full
    (see habits) with their last time.
    """

    id: str
    started: str
    updated: str
    priority: str
    worst: str
    score: int = 0
    alerts: int = 0
    rules: dict[str, int] = {}
    actors: list[str] = []
    credentials: list[str] = []
    addresses: list[str] = []
    objects: list[str] = []
    tactics: list[str] = []
    audit_ids: list[str] = []
    unusual: dict[str, str] = {}
    telling: list[str] = []

    def told(self) -> dict[str, Any]:
        """Return what people and programs are told of it."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        del fields["unusual"], fields["telling"]
        return fields | {"tactics": self.course, "story": self.story, "raised": self.raised}

    @property
    def raised(self) -> str:
        """Why its priority is higher than that of its alerts; empty where it is not."""
        if self.priority == self.worst:
            return ""
        stages = f"{len(self.tactics)} tactics ({', '.join(self.course)}) by {len(self.telling)} rules"
        return f"raised from {self.worst} because of {stages}"

    @property
    def course(self) -> list[str]:
        """The tactics in the order of an attack, whatever the order in which they showed."""
        return sorted(self.tactics, key=TACTICS.index)

    @property
    def story(self) -> str:
        """One line that says who did what, from where, and how far it went."""
        who = self.actors[0] if self.actors else "somebody without a name"
        others = f" (also as {', '.join(self.actors[1:4])}{', ...' if len(self.actors) > 4 else ''})"
        where = f" from {', '.join(self.addresses[:3])}" if self.addresses else ""
        what = ", ".join(_most(self.rules))
        return f"{who}{others if len(self.actors) > 1 else ''}{where}: {what}"


def _most(rules: dict[str, int]) -> Iterator[str]:
    for place, (rule, count) in enumerate(rules.items()):
        if place == 6:
            yield f"and {len(rules) - place} more"
            return
        yield rule if count == 1 else f"{rule} ({count} times)"


class Grouping:
    """Incidents that are open; each alert is given one. Incidents that an alert shows to be one become one."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Incident] = OrderedDict()
        self._by_link: dict[str, str] = {}
        self._links: dict[str, dict[str, None]] = {}
        self._changed: dict[str, Incident] = {}
        self._merged: dict[str, tuple[Incident, str]] = {}

    def place(self, alert: Alert, habits: Habits | None = None) -> Incident:
        """Give an alert its incident, and lower it before where it fits a habit; alerts come in the order of firing."""
        self._close(alert.time)
        if habits is None:
            return self._add(alert, "")
        return self._add(alert, habits.look(alert, self._unusual(alert)))

    def _unusual(self, alert: Alert) -> Iterator[str]:
        """Give the names of what was told in full within a day in the incidents that an alert touches."""
        for number in self._found(links_of(alert)):
            for name, time in self._open[number].unusual.items():
                if _hours(time, alert.time) < QUIET_HOURS:
                    yield name

    def _found(self, links: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(self._by_link[link] for link in links if link in self._by_link))

    def _add(self, alert: Alert, unusual: str) -> Incident:
        links = list(links_of(alert))
        found = self._found(links)
        incident = self._merge(found) if found else _begun(alert)
        self._open[incident.id] = incident
        self._open.move_to_end(incident.id)
        self._bind(incident, links)
        _take(incident, alert)
        if unusual:
            _keep(incident.unusual, unusual, alert.time)
        self._changed[incident.id] = incident
        alert.lanner.incident, alert.lanner.incident_priority = incident.id, incident.priority
        return incident

    def changes(self) -> tuple[list[Incident], list[tuple[Incident, str]]]:
        """Return what has changed since the last call: incidents, and those that went into another, with its id."""
        changed, merged = list(self._changed.values()), list(self._merged.values())
        self._changed, self._merged = {}, {}
        return changed, merged

    def incidents(self) -> Iterator[Incident]:
        """Give the open incidents, those touched last at the end."""
        yield from self._open.values()

    @property
    def count(self) -> int:
        """How many incidents are open."""
        return len(self._open)

    def restore(self, incident: Incident, links: Iterable[str]) -> None:
        """Take an incident back that was open before a restart."""
        self._open[incident.id] = incident
        self._bind(incident, links)

    def links(self, incident: Incident) -> list[str]:
        """Return what binds alerts to an incident, for `restore`."""
        return list(self._links.get(incident.id, ()))

    def _bind(self, incident: Incident, links: Iterable[str]) -> None:
        bound = self._links.setdefault(incident.id, {})
        for link in links:
            self._by_link[link] = incident.id
            bound[link] = bound.pop(link, None)
        while len(bound) > LINKS:
            oldest = next(iter(bound))
            del bound[oldest]
            self._unbind(incident, oldest)

    def _unbind(self, incident: Incident, link: str) -> None:
        if self._by_link.get(link) == incident.id:
            del self._by_link[link]

    def _merge(self, found: list[str]) -> Incident:
        """Put all into the one that began first."""
        if len(found) == 1:
            return self._open[found[0]]
        first, *others = sorted((self._open[number] for number in found), key=lambda incident: incident.started)
        for other in others:
            self._merged[other.id] = (other, first.id)
            self._changed.pop(other.id, None)
            _join(first, other)
            self._bind(first, self._links.pop(other.id, ()))
            del self._open[other.id]
        return first

    def _close(self, now: str) -> None:
        """Let go of incidents in which nothing happened for a day, and of the oldest where there are too many."""
        while self._open:
            oldest = next(iter(self._open.values()))
            same_day = oldest.updated[:10] == now[:10]
            if len(self._open) < INCIDENTS and (same_day or _hours(oldest.updated, now) < QUIET_HOURS):
                return
            del self._open[oldest.id]
            for link in self._links.pop(oldest.id, ()):
                self._unbind(oldest, link)


def _begun(alert: Alert) -> Incident:
    text = f"{alert.time} {alert.rule} {alert.lanner.audit_id}"
    number = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Incident(id=number, started=alert.time, updated=alert.time, priority=alert.priority, worst=alert.priority)


def _take(incident: Incident, alert: Alert) -> None:
    origin = alert.lanner
    incident.updated = max(incident.updated, alert.time)
    incident.started = min(incident.started, alert.time)
    incident.worst = _worse(incident.worst, alert.priority)
    if alert.rule not in incident.rules:
        incident.score += WEIGHTS.get(alert.priority, 1)
    incident.rules[alert.rule] = incident.rules.get(alert.rule, 0) + 1
    incident.alerts += 1
    for tactic in () if origin.habit else tactics_of(alert.tags):
        incident.score += STAGES if incident.tactics and tactic not in incident.tactics else 0
        _note(incident.tactics, tactic)
        _note(incident.telling, alert.rule)
    _raise(incident)
    _note(incident.actors, origin.actor)
    _note(incident.credentials, origin.credential)
    _note(incident.addresses, origin.address)
    _note(incident.objects, origin.object)
    for audit_id in origin.related:
        _note(incident.audit_ids, audit_id)


def _worse(one: str, other: str) -> str:
    return min(one, other, key=PRIORITIES.index)


def _raise(incident: Incident) -> None:
    """Give an incident the priority of its worst alert, or the one that its tactics and rules together ask for."""
    stages = min(len(incident.tactics), len(incident.telling))
    least = next((priority for many, priority in RAISED.items() if stages >= many), incident.worst)
    incident.priority = _worse(incident.worst, least)


def tactics_of(tags: Iterable[str]) -> Iterator[str]:
    """Give the tactics among tags, in Sigma's form (attack.credential-access) or bare, each once."""
    words = (tag.removeprefix("attack.").replace("_", "-") for tag in tags)
    yield from dict.fromkeys(word for word in words if word in TACTICS)


def _join(first: Incident, other: Incident) -> None:
    for rule, count in other.rules.items():
        first.rules[rule] = first.rules.get(rule, 0) + count
    for name in ("actors", "credentials", "addresses", "objects", "tactics", "audit_ids", "telling"):
        for value in getattr(other, name):
            _note(getattr(first, name), value)
    for name, time in other.unusual.items():
        _keep(first.unusual, name, max(time, first.unusual.get(name, "")))
    first.score += other.score
    first.alerts += other.alerts
    first.updated = max(first.updated, other.updated)
    first.worst = _worse(first.worst, other.worst)
    _raise(first)


def _note(values: list[str], value: str) -> None:
    if value and len(values) < KEPT and value not in values:
        values.append(value)


def _keep(times: dict[str, str], name: str, time: str) -> None:
    """Keep the last time of a name; of too many names the one that was kept longest goes."""
    times.pop(name, None)
    times[name] = time
    if len(times) > UNUSUAL:
        del times[next(iter(times))]


def _hours(before: str, now: str) -> float:
    """Return the hours between two times of alerts."""
    return (time_seconds(now) - time_seconds(before)) / 3600
