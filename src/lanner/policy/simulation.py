"""What a log would have been under another policy: events and bytes kept, by rule and by whatever makes a log big."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from lanner.audit.decode import Decoded, decode
from lanner.audit.event import Event, Head
from lanner.policy.attributes import of_event
from lanner.policy.compiled import CompiledPolicy
from lanner.policy.compression import Sampler
from lanner.policy.gaps import GapFinder
from lanner.policy.model import Attributes, Decision, Policy
from lanner.policy.projection import line_of, project

MAX_KEYS = 20_000
"""Distinct users or resources that are counted alone; the rest is counted together."""
REST = "(others)"
Decider = Callable[[Attributes], Decision]


class Tally(msgspec.Struct, gc=False):
    """Events and bytes of a log as it is, and those that a policy keeps."""

    events_now: int = 0
    bytes_now: int = 0
    events_kept: int = 0
    bytes_kept: int = 0

    def add(self, now: int, kept: int) -> None:
        """Count one event by its bytes; one that is dropped keeps none."""
        self.events_now += 1
        self.bytes_now += now
        if kept:
            self.events_kept += 1
            self.bytes_kept += kept


class Loss(msgspec.Struct, gc=False):
    """Events touched by one cause, and the bytes that fell away with it."""

    events: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        """Count one event."""
        self.events += 1
        self.bytes += size


class Simulation:
    """Takes a log's lines and counts what a policy makes of them.

    A byte count is that of the line with its newline. Lines that are no events are counted in `refused` by reason and
    are in no other figure. `first_ns` and `last_ns` are the times of the earliest and latest stage, None before any.
    """

    def __init__(self, policy: Policy, *, decider: Decider | None = None, pack: bool = True) -> None:
        self.policy = policy
        self.total = Tally()
        self.by_rule = [Tally() for _ in policy.rules]
        self.by_no_rule = Tally()
        self.by_level: dict[str, Tally] = {}
        self.by_resource: dict[str, Tally] = {}
        self.by_user: dict[str, Tally] = {}
        self.by_stage: dict[str, Tally] = {}
        self.by_verb: dict[str, Tally] = {}
        self.losses: dict[str, Loss] = {}
        self.refused: Counter[str] = Counter()
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.gaps = GapFinder()
        self.packed_now = Sampler() if pack else None
        self.packed_kept = Sampler() if pack else None
        self._decide = decider or CompiledPolicy(policy).decide

    def add(self, line: bytes) -> None:
        """Take one line of a log; never raises."""
        self.add_decoded(decode(line))

    def add_decoded(self, decoded: Decoded) -> None:
        """Take a line that was decoded elsewhere, as where several policies are compared."""
        self.refused.update(refusal.reason.partition("(")[0].strip() for refusal in decoded.refusals)
        for event in decoded.events:
            self._add(event)

    def _add(self, event: Event) -> None:
        head, now = event.head, len(event.raw) + 1
        attributes = of_event(head)
        decision = self._decide(attributes)
        found = project(event, decision)
        kept = found.bytes
        self.total.add(now, kept)
        (self.by_no_rule if decision.rule is None else self.by_rule[decision.rule]).add(now, kept)
        _tally(self.by_level, decision.level.text).add(now, kept)
        _tally(self.by_resource, resource_of(head)).add(now, kept)
        _tally(self.by_user, attributes.user).add(now, kept)
        _tally(self.by_stage, head.stage or "").add(now, kept)
        _tally(self.by_verb, attributes.verb).add(now, kept)
        if found.cause:
            self._lose(found.cause, now)
        else:
            self._lose_parts(found.request, found.response, found.managed)
        self.gaps.add(event, decision, found)
        self._pack(event, decision, now, kept)
        self._time(event.time_ns)

    def _lose(self, cause: str, size: int) -> None:
        self.losses.setdefault(cause, Loss()).add(size)

    def _lose_parts(self, request: int, response: int, managed: int) -> None:
        if request:
            self._lose("requestObject", request)
        if response:
            self._lose("responseObject", response)
        if managed:
            self._lose("managedFields", managed)

    def _pack(self, event: Event, decision: Decision, now: int, kept: int) -> None:
        if self.packed_now is not None:
            self.packed_now.add(now, lambda: event.raw)
        if self.packed_kept is not None and kept:
            self.packed_kept.add(kept, lambda: line_of(event, decision))

    def _time(self, time_ns: int) -> None:
        if self.first_ns is None or time_ns < self.first_ns:
            self.first_ns = time_ns
        if self.last_ns is None or time_ns > self.last_ns:
            self.last_ns = time_ns

    @property
    def seconds(self) -> float:
        """Return the time between the earliest and the latest event."""
        return 0.0 if self.last_ns is None or self.first_ns is None else (self.last_ns - self.first_ns) / 1e9


def _tally(table: dict[str, Tally], key: str) -> Tally:
    found = table.get(key)
    if found is None:
        found = table.setdefault(key if len(table) < MAX_KEYS else REST, Tally())
    return found


def resource_of(head: Head) -> str:
    """Return `deployments.apps/scale`, or for a request of no resource the beginning of its path."""
    target = head.object_ref
    if target is None:
        return "/" + (head.request_uri or "").partition("?")[0].strip("/").partition("/")[0]
    name = f"{target.resource or ''}.{target.api_group}" if target.api_group else target.resource or ""
    return f"{name}/{target.subresource}" if target.subresource else name
