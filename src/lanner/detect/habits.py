"""What actors do as a habit: an alert that fits one exactly is told at a lower priority, and says so.

A habit is the same rule, actor, whom he acts as, credential, address, verb and kind of object, on several distinct
parts of a time of learning. Learning silences nothing; what is lowered is counted. Time is that of events.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from lanner.config.typed import Settings
from lanner.detect.alert import PRIORITIES, Alert, Habit, time_seconds, time_text
from lanner.detect.correlate.memory import Memory
from lanner.rules.correlation.model import Correlation
from lanner.rules.ruleset import Rule

KEYS = 20_000
"""Habits, and what may become one, that are remembered."""
PARTS = 7
"""Into so many parts the time of learning is divided: seven days of a week."""
FORGET = 4
"""After so many times of learning without an alert a habit is forgotten."""
MORE = 2
"""A part of time with more than so many times the most alerts that a part of learning had is not as always."""
NEVER = "habit:never"
"""The tag of rules whose alerts are never lowered."""

_ROTATING = "JTI"
_RULE = 6
"""Characters of a name that stand for its rule."""
_SECOND = 1_000_000_000
_UNITS = {"h": 3600 * _SECOND, "d": 86_400 * _SECOND}
_ENDLESS = 1 << 62
"""Nanoseconds that no time has."""
_SEVERE = PRIORITIES.index("Critical")
_NOVELTY = ("first_seen", "rare")


class HabitSettings(Settings):
    """Lowers the priority of what an actor does as a habit. Nothing is dropped, and the alert says what it was."""

    enabled: Annotated[bool, Meta(description="Learn habits and lower what fits one.")] = True
    learn: Annotated[
        str,
        Meta(
            pattern=r"^[1-9][0-9]{0,3}[hd]$",
            description="How long the same must have been seen before it is a habit: `7d`, `48h`.",
        ),
    ] = "7d"
    least: Annotated[
        int, Meta(ge=2, le=PARTS, description="On so many of the seven parts of that time it must have been seen.")
    ] = 3
    steps: Annotated[int, Meta(ge=1, le=5, description="By so many steps the priority is lowered.")] = 2
    until: Annotated[
        str, Meta(description="Learn only what comes before this time (`2026-12-01T00:00:00Z`); empty: go on learning.")
    ] = ""

    def __post_init__(self) -> None:
        """Refuse an `until` that is no time; raises ValueError."""
        if self.until:
            _moment(self.until)


def _moment(text: str) -> int:
    """Return a time in nanoseconds since 1970."""
    found = datetime.fromisoformat(text)
    since = (found if found.tzinfo else found.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1) * 1000


class _Known(msgspec.Struct, array_like=True):
    """What is known of one key: since when, how many alerts, and how many in each part while it was learnt.

    `part` is the last part since, `alerts` counts those in it. Times are nanoseconds since 1970.
    """

    since: int = _ENDLESS
    count: int = 0
    parts: dict[int, int] = {}
    part: int = 0
    alerts: int = 0


class Habits:
    """`lowered` counts alerts by rule that were told at a lower priority."""

    def __init__(
        self,
        settings: HabitSettings,
        rules: Iterable[Rule] = (),
        correlations: Iterable[Correlation] = (),
        *,
        keys: int = KEYS,
    ) -> None:
        self._settings, self._keys = settings, keys
        self._until = _moment(settings.until) if settings.until else None
        self._span = int(settings.learn[:-1]) * _UNITS[settings.learn[-1]]
        self._never = {rule.name for rule in rules if NEVER in rule.tags}
        self._never |= {each.name for each in correlations if NEVER in each.tags or each.kind in _NOVELTY}
        self._start = 0 if self._until is None else _ENDLESS
        self._memory: Memory[_Known] = self._new_memory()
        self._clock = 0
        self.lowered: dict[str, int] = {}

    def _new_memory(self) -> Memory[_Known]:
        return Memory(_Known, self._span * FORGET if self._until is None else _ENDLESS, self._keys)

    def look(self, alert: Alert, unusual: Iterable[str] = ()) -> str:
        """Count an alert and lower it where it fits a habit; alerts come in the order of firing.

        `unusual` are names that this returned for others of its incident. Returns the alert's own name where it was
        told in full, an empty text where it was lowered or habits are off.
        """
        if not self._settings.enabled:
            return ""
        name = _name_of(alert)
        fits = self._may_be_one(alert) and self._count(name, _nanoseconds(alert.time))
        if not fits or any(each[:_RULE] != name[:_RULE] and not self._is_habit(each) for each in unusual):
            return name
        self._lower(alert, name)
        return ""

    def learn(self, alert: Alert) -> None:
        """Count an alert that was told before."""
        if self._settings.enabled and self._may_be_one(alert):
            self._count(_name_of(alert), _nanoseconds(alert.time))

    def status(self) -> dict[str, Any]:
        """Return counts: habits and what may become one that are remembered, those forgotten early, alerts lowered."""
        return {"remembered": self.remembered, "evicted": self._memory.evicted, "lowered": dict(self.lowered)}

    @property
    def remembered(self) -> int:
        """How many habits, and what may become one, are remembered."""
        return len(self._memory)

    def follow(self, before: Habits) -> None:
        """Go on with what was learnt and counted under the rules before these."""
        self._memory, self._clock, self._start = before._memory, before._clock, before._start
        self.lowered = before.lowered

    def dump(self) -> bytes:
        """Return what was learnt, for `load`."""
        known = [(key[0], time, state) for key, time, state in self._memory.items()]
        return msgspec.msgpack.encode((self._span, self._settings.until, self._start, self._clock, known))

    def load(self, data: bytes) -> None:
        """Take what `dump` gave; what was learnt over another time of learning is not taken."""
        span, until, start, clock, known = _STATE.decode(data)
        if (span, until) != (self._span, self._settings.until):
            return
        self._memory, self._start, self._clock = self._new_memory(), start, clock
        for name, time, state in known[-self._keys :]:
            self._memory.put((name,), time, state)

    def _may_be_one(self, alert: Alert) -> bool:
        actor, severe = alert.lanner.actor, PRIORITIES.index(alert.priority) <= _SEVERE
        return bool(actor) and actor != "system:anonymous" and not severe and alert.rule not in self._never

    def _count(self, name: str, now: int) -> bool:
        """Count one more; say whether it is as always."""
        self._clock = max(self._clock, now)
        self._start = min(self._start, now)
        known = self._memory.touch((name,), self._clock)
        if now < self._end(known):
            known.since = min(known.since, now)
            known.count += 1
            known.parts[self._part(now)] = known.parts.get(self._part(now), 0) + 1
            return False
        if len(known.parts) < self._settings.least:
            if self._until is None:
                known.since, known.count, known.parts = now, 1, {self._part(now): 1}
            return False
        return self._go_on(known, self._part(now))

    def _go_on(self, known: _Known, part: int) -> bool:
        known.count += 1
        if part > known.part:
            known.part, known.alerts = part, 0
        known.alerts += 1
        return known.alerts <= MORE * max(known.parts.values())

    def _end(self, known: _Known) -> int:
        """Return when what was seen of a key has been learnt."""
        return known.since + self._span if self._until is None else self._until

    def _part(self, now: int) -> int:
        length = self._span if self._until is None else max(self._until - self._start, 1)
        return (now - self._start) * PARTS // length

    def _is_habit(self, name: str) -> bool:
        known = self._memory.get((name,))
        learnt = known is not None and len(known.parts) >= self._settings.least
        return learnt and known is not None and self._clock >= self._end(known)

    def _lower(self, alert: Alert, name: str) -> None:
        known = self._memory.get((name,)) or _Known()
        alert.lanner.habit = Habit(count=known.count, since=time_text(known.since), priority=alert.priority)
        place = PRIORITIES.index(alert.priority) + self._settings.steps
        alert.priority = PRIORITIES[min(place, len(PRIORITIES) - 1)]
        self.lowered[alert.rule] = self.lowered.get(alert.rule, 0) + 1


_STATE = msgspec.msgpack.Decoder(tuple[int, str, int, int, list[tuple[str, int, _Known]]])


def _nanoseconds(time: str) -> int:
    """Return an alert's time in nanoseconds since 1970."""
    return int(time_seconds(time)) * _SECOND + int(time[20:29])


def _name_of(alert: Alert) -> str:
    """Return the name of what an alert must have in common with others, that of its rule first.

    Both are digests, as only likeness is asked.
    """
    origin = alert.lanner
    kind, _, value = origin.credential.partition("=")
    parts = origin.object.split("/")
    who = (origin.actor, origin.impersonated, kind if kind == _ROTATING else f"{kind}={value}", origin.address)
    what = (origin.verb, *parts[:2], str(len(parts)))
    return _digest((alert.rule,))[:_RULE] + _digest((alert.rule, *who, *what))


def _digest(texts: tuple[str, ...]) -> str:
    return hashlib.blake2b("\0".join(texts).encode(errors="surrogatepass"), digest_size=8).hexdigest()
