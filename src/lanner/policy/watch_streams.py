"""Resources that used to be in the log and are no longer: what a rule at None looks like from outside.

Nobody can see a request that is not logged, so this is a likelihood. A resource counts as gone when it is silent five
times as long as it ever was, in time and in events of the log: an idle cluster, a night or a weekend that was seen
once raises nothing. Only built-in resources are listened for: others leave with the operator that used them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from lanner.audit.event import Event, event_time
from lanner.policy import builtin_api
from lanner.policy.model import Attributes, Decision, Level
from lanner.policy.watch_model import Witness

NS = 1_000_000_000
PATIENCE = 5
LEAST_EVENTS = 1000
"""Events of the log that must have come since, whatever happened before."""
MAX_STREAMS = 2000
SWEEP_EVENTS = 500
_READS = frozenset({"get", "list", "watch"})

_Key = tuple[str, str, str, bool]


class Silence(NamedTuple):
    """A resource that has gone silent: for how long, after which longest pause, and the last event before."""

    what: str
    seconds: float
    longest: float
    events: int
    last: Witness
    attributes: Attributes


class _Stream(msgspec.Struct):
    audit_id: str
    stage: str
    time: str
    attributes: Attributes
    first_ns: int
    last_ns: int
    at: int
    longest_ns: int = 0
    longest_events: int = 0

    def note(self, event: Event, attributes: Attributes, at: int) -> None:
        """Take note of one more event, at its place in the log; the event itself is not kept, it may be large."""
        now, head = event.time_ns, event.head
        self.longest_ns = max(self.longest_ns, now - self.last_ns)
        self.longest_events = max(self.longest_events, at - self.at)
        self.audit_id, self.stage, self.time = head.audit_id or "", head.stage or "", event_time(head) or ""
        self.attributes, self.last_ns, self.at = attributes, max(now, self.last_ns), at

    @property
    def witness(self) -> Witness:
        return Witness.of(self.attributes, self.audit_id, self.stage, self.time, self.last_ns)


class Streams:
    """Remembers for each resource, reads and writes apart, how regularly it comes. Bounded to MAX_STREAMS."""

    def __init__(self, learn: float, quiet: float) -> None:
        self._learn_ns, self._quiet_ns = int(learn * NS), int(quiet * NS)
        self._streams: dict[_Key, _Stream] = {}
        self._at = 0

    def note(self, event: Event, attributes: Attributes) -> list[Silence]:
        """Take note of an event that came as it should; returns what has gone silent, now and then looked for."""
        self._at += 1
        if attributes.resource_request:
            self._keep(event, attributes)
        return self._sweep(event.time_ns) if self._at % SWEEP_EVENTS == 0 else []

    def _keep(self, event: Event, attributes: Attributes) -> None:
        key = (attributes.resource, attributes.api_group, attributes.subresource, attributes.verb in _READS)
        stream = self._streams.get(key)
        if stream is not None:
            stream.note(event, attributes, self._at)
        elif len(self._streams) < MAX_STREAMS and _is_built_in(attributes):
            now = event.time_ns
            stream = self._streams[key] = _Stream("", "", "", attributes, now, now, self._at)
            stream.note(event, attributes, self._at)

    def _sweep(self, now_ns: int) -> list[Silence]:
        """Find and forget the streams that are silent for too long."""
        gone = [key for key, stream in self._streams.items() if self._is_silent(stream, now_ns)]
        return [self._silence(key, self._streams.pop(key), now_ns) for key in gone]

    def _is_silent(self, stream: _Stream, now_ns: int) -> bool:
        return (
            now_ns - stream.last_ns > max(self._quiet_ns, PATIENCE * stream.longest_ns)
            and self._at - stream.at > max(LEAST_EVENTS, PATIENCE * stream.longest_events)
            and stream.last_ns - stream.first_ns >= self._learn_ns
        )

    def _silence(self, key: _Key, stream: _Stream, now_ns: int) -> Silence:
        resource, group, subresource, reads = key
        name = resource + (f".{group}" if group else "") + (f"/{subresource}" if subresource else "")
        return Silence(
            what=f"{name} ({'reads' if reads else 'writes'})",
            seconds=(now_ns - stream.last_ns) / NS,
            longest=stream.longest_ns / NS,
            events=self._at - stream.at,
            last=stream.witness,
            attributes=stream.attributes,
        )

    def drop_unlogged(self, decide: Callable[[Attributes], Decision]) -> None:
        """Forget what another policy does not log."""
        self._streams = {
            key: stream for key, stream in self._streams.items() if decide(stream.attributes).level > Level.NONE
        }


def _is_built_in(attributes: Attributes) -> bool:
    return (attributes.api_group, attributes.resource) in builtin_api.resources()
