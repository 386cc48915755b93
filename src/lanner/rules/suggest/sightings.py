"""What fired in a log, counted by rule and by the fields that may identify benign automation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

USER = "ka.user.name"
ADDRESS = "lanner.address"
AGENT = "ka.useragent"
ACTING = "ka.impuser.name"
IMAGES = "ka.req.pod.containers.image.repository"
NAMESPACE = "ka.target.namespace"
RESOURCE = "ka.target.resource"
NAME = "ka.target.name"
VERB = "ka.verb"
FIELDS = (USER, ADDRESS, ACTING, IMAGES, NAMESPACE, RESOURCE, NAME, VERB, AGENT)
"""The user, then what narrows an exception, in the order of how much it is worth; the agent is text of the client's."""
MOST_KEYS = 200_000

Value = str | tuple[str, ...] | None
Values = tuple[Value, ...]


class Tally(msgspec.Struct):
    """How often the same was seen in the baseline and after it, when in the baseline, and how often as an attack."""

    baseline: int = 0
    rest: int = 0
    first: float = 0.0
    last: float = 0.0
    attacks: int = 0


class Group(msgspec.Struct, frozen=True):
    """All that one rule said of one user; `rows` has a tally for each combination of values, in the order of FIELDS."""

    rule: str
    user: str
    rows: dict[Values, Tally]

    @property
    def baseline(self) -> int:
        """How many alerts the baseline has of it."""
        return sum(tally.baseline for tally in self.rows.values())


class Sightings:
    """`passed_over` counts alerts that came after the memory was full; nothing is proposed for their combinations."""

    def __init__(self) -> None:
        self.passed_over = 0
        self._rows: dict[str, dict[Values, Tally]] = {}
        self._keys = 0

    def add(self, rule: str, values: Values, seconds: float, *, baseline: bool, attack: bool) -> None:
        """Count one alert: its values in the order of FIELDS, its time since 1970, whether it is a labelled attack."""
        rows = self._rows.setdefault(rule, {})
        tally = rows.get(values)
        if tally is None:
            if self._keys >= MOST_KEYS:
                self.passed_over += 1
                return
            self._keys += 1
            tally = rows[values] = Tally()
        tally.attacks += attack
        if not baseline:
            tally.rest += 1
            return
        tally.first = seconds if not tally.baseline else min(tally.first, seconds)
        tally.last = max(tally.last, seconds)
        tally.baseline += 1

    def of(self, rule: str) -> dict[Values, Tally]:
        """Return all that a rule said."""
        return self._rows.get(rule, {})

    def groups(self) -> Iterator[Group]:
        """Give what each rule said of each user, the noisiest in the baseline first."""
        groups: dict[tuple[str, str], Group] = {}
        for rule, rows in self._rows.items():
            for values, tally in rows.items():
                user = values[0] if isinstance(values[0], str) else ""
                group = groups.setdefault((rule, user), Group(rule, user, {}))
                group.rows[values] = tally
        yield from sorted(groups.values(), key=lambda group: (-group.baseline, group.rule, group.user))


def chosen(values: Values, fields: Sequence[str]) -> Values:
    """Return the values of some fields."""
    return tuple(values[FIELDS.index(field)] for field in fields)
