"""What a log cannot tell about another policy: bodies it was never given and stages it left out, with bounds."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import NamedTuple, TypeVar

import msgspec

from lanner.audit.event import Event, Head
from lanner.policy.model import Decision
from lanner.policy.projection import REQUEST_KEY, RESPONSE_KEY, Projection, managed_bytes_of

MAX_SAMPLES = 301
MAX_CLASSES = 20_000
Class = tuple[str, str, str, str, bool]
_REST: Class = ("", "", "", "", True)
T = TypeVar("T")


class Gaps(NamedTuple):
    """Bytes on top of `bytes_kept`: `likely` from medians, `most` from the largest of the log's other events.

    `bodies` are absent though the policy asks for them; of `unknown` ones the log has no like, they count nothing.
    `unseen_events` is the number of RequestReceived events that the policy writes and the log's own one did not.
    """

    bodies: int
    unknown: int
    likely: int
    most: int
    unseen_events: int
    unseen_bytes: int


class _Sizes(msgspec.Struct):
    seen: list[int]
    largest: int = 0

    def add(self, size: int) -> None:
        """Keep the first sizes and the largest of all."""
        if len(self.seen) < MAX_SAMPLES:
            self.seen.append(size)
        self.largest = max(self.largest, size)


class _Bodies(msgspec.Struct):
    """Sizes of a class's bodies where the log has them, and how many it lacks."""

    requests: _Sizes
    responses: _Sizes
    no_request: int = 0
    no_response: int = 0


class _Stages(msgspec.Struct):
    """Requests of a kind whose answer is in the log, and those whose arrival is."""

    received: _Sizes
    answered: int = 0
    announced: int = 0


class GapFinder:
    """Watches events as they are projected; requests are alike by resource, verb and success."""

    def __init__(self) -> None:
        self._bodies: dict[Class, _Bodies] = {}
        self._stages: dict[Class, _Stages] = {}

    def add(self, event: Event, decision: Decision, projection: Projection) -> None:
        """Take note of an event and of what the log has of it."""
        head = event.head
        key = _class_of(head)
        if decision.level and "RequestReceived" not in decision.omit_stages:
            self._add_stage(_entry(self._stages, (*key[:-1], True), _no_stages), event)
        if head.stage != "RequestReceived":
            _add_bodies(_entry(self._bodies, key, _no_bodies), head, decision, projection)

    def _add_stage(self, found: _Stages, event: Event) -> None:
        if event.head.stage == "RequestReceived":
            found.announced += 1
        elif event.head.stage != "ResponseStarted":
            found.answered += 1
            if len(found.received.seen) < MAX_SAMPLES:
                found.received.add(_size_when_received(event))

    def gaps(self) -> Gaps:
        """Return what is missing in all."""
        bodies = [
            (missing, sizes)
            for found in self._bodies.values()
            for missing, sizes in ((found.no_request, found.requests), (found.no_response, found.responses))
            if missing
        ]
        unseen = [(max(0, found.answered - found.announced), found.received) for found in self._stages.values()]
        return Gaps(
            bodies=sum(missing for missing, _ in bodies),
            unknown=sum(missing for missing, sizes in bodies if not sizes.seen),
            likely=round(sum(missing * _middle(sizes) for missing, sizes in bodies)),
            most=sum(missing * sizes.largest for missing, sizes in bodies),
            unseen_events=sum(count for count, _ in unseen),
            unseen_bytes=round(sum(count * _middle(sizes) for count, sizes in unseen)),
        )


def _no_stages() -> _Stages:
    return _Stages(_Sizes([]))


def _no_bodies() -> _Bodies:
    return _Bodies(_Sizes([]), _Sizes([]))


def _entry(table: dict[Class, T], key: Class, make: Callable[[], T]) -> T:
    """Return a class's entry; beyond the limit all further classes are one."""
    found = table.get(key)
    if found is None:
        found = table.setdefault(key if len(table) < MAX_CLASSES else _REST, make())
    return found


def _add_bodies(found: _Bodies, head: Head, decision: Decision, projection: Projection) -> None:
    _measure(found.requests, head.request_object, REQUEST_KEY, decision)
    _measure(found.responses, head.response_object, RESPONSE_KEY, decision)
    if projection.bytes:
        found.no_request += projection.no_request
        found.no_response += projection.no_response


def _class_of(head: Head) -> Class:
    target, status = head.object_ref, head.response_status
    fine = not (status and status.code and status.code >= 400)
    if target is None:
        return ("", (head.request_uri or "").partition("?")[0][:120], "", head.verb or "", fine)
    return (target.api_group or "", target.resource or "", target.subresource or "", head.verb or "", fine)


def _measure(sizes: _Sizes, body: msgspec.Raw, key: bytes, decision: Decision) -> None:
    size = len(body)
    if size and (size > sizes.largest or len(sizes.seen) < MAX_SAMPLES):
        managed = managed_bytes_of(body) if decision.omit_managed_fields else 0
        sizes.add(size + len(key) - managed)


def _size_when_received(event: Event) -> int:
    """Return about how long the line of the same request was before there was an answer."""
    head = event.head
    later = [head.annotations, head.response_status]
    extra = sum(len(msgspec.json.encode(part)) + 20 for part in later if part is not None)
    return max(0, len(event.raw) - extra - len(head.request_object) - len(head.response_object))


def _middle(sizes: _Sizes) -> float:
    return median(sizes.seen) if sizes.seen else 0
