"""A log as its kinds of requests, each with its bytes at every level: any policy is priced without reading it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from lanner.audit.event import Event
from lanner.policy.attributes import of_event
from lanner.policy.evaluate import decide
from lanner.policy.model import Attributes, Decision, Level, Policy
from lanner.policy.projection import project

MOST_KINDS = 100_000
"""Kinds of requests that are told apart; further ones share those of their user, verb and resource."""

_LEVELS = (Level.METADATA, Level.REQUEST, Level.REQUEST_RESPONSE)

Decide = Callable[[Attributes], Decision]


class Cost(msgspec.Struct):
    """Events and bytes (uncompressed, a newline each)."""

    events: int = 0
    bytes: int = 0

    def add(self, events: int, size: int) -> None:
        self.events += events
        self.bytes += size


class Price(msgspec.Struct, kw_only=True):
    """What a policy keeps of a log, in all and by its rules (None: no rule matched)."""

    kept: Cost = msgspec.field(default_factory=Cost)
    by_rule: dict[int | None, Cost] = msgspec.field(default_factory=dict)


class _Kind(msgspec.Struct):
    """Requests that every policy treats alike: how many, and their bytes by level, with and without managedFields."""

    events: int
    sizes: list[int]


class Traffic:
    """What was asked of the API server; `now` is the log as it is, `names` the object names that policies mention."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.now = Cost()
        self.users: set[str] = set()
        self._names = frozenset(names)
        self._kinds: dict[tuple[Attributes, str], _Kind] = {}

    def add(self, event: Event) -> None:
        """Count one event, as it is and as each level would have it."""
        self.now.add(1, len(event.raw) + 1)
        key = self._key(of_event(event.head)), event.head.stage or ""
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = _Kind(0, [0] * (2 * len(_LEVELS)))
            if len(self.users) < MOST_KINDS:
                self.users.add(key[0].user)
        kind.events += 1
        for place, size in enumerate(_sizes(event)):
            kind.sizes[place] += size

    def _key(self, attributes: Attributes) -> Attributes:
        name = attributes.name if attributes.name in self._names else ""
        path = "" if attributes.resource_request else attributes.path
        key = attributes._replace(name=name, path=path)
        if len(self._kinds) < MOST_KINDS:
            return key
        first = path[: path.find("/", 1)] if "/" in path[1:] else "/"
        return key._replace(groups=(), namespace="", name="", path="" if key.resource_request else first)

    def price(self, policy: Policy, decider: Decide | None = None) -> Price:
        """Return what a policy keeps of the log."""
        decider = decider or (lambda attributes: decide(policy, attributes))
        price = Price()
        for (attributes, stage), kind in self._kinds.items():
            decision = decider(attributes)
            cost = price.by_rule.setdefault(decision.rule, Cost())
            if decision.level is Level.NONE or stage in decision.omit_stages:
                continue
            size = kind.sizes[2 * (decision.level - 1) + decision.omit_managed_fields]
            cost.add(kind.events, size)
            price.kept.add(kind.events, size)
        return price


def _sizes(event: Event) -> list[int]:
    """Return the bytes at each of the levels, with managedFields and without."""
    metadata = _size(event, Level.METADATA, omit_managed_fields=True)
    bodies = [_size(event, level, omit_managed_fields=bare) for level in _LEVELS[1:] for bare in (False, True)]
    return [metadata, metadata, *bodies]


def _size(event: Event, level: Level, *, omit_managed_fields: bool) -> int:
    return project(event, Decision(level, (), omit_managed_fields, None)).bytes
