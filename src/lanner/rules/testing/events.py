"""The events of a test: changes laid over a whole event, or a file of audit lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.errors import SourceError
from lanner.rules.falco.hints import nearest
from lanner.rules.testing.clock import Clock

Reader = Callable[[Path], Iterable[tuple[str, bytes]]]
"""Gives a file's lines, each with its place; raises SourceError and GroundError. Handed in: files are not our room."""

SKELETON: Mapping[str, Any] = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "RequestResponse",
    "auditID": "00000000-0000-4000-8000-000000000000",
    "stage": "ResponseComplete",
    "requestURI": "/",
    "verb": "get",
    "user": {"username": "alice@example.com", "groups": ["system:authenticated"]},
    "sourceIPs": ["192.0.2.10"],
    "userAgent": "kubectl/v1.36.3",
    "responseStatus": {"code": 200},
    "requestReceivedTimestamp": "2026-01-02T03:04:05.000000Z",
    "stageTimestamp": "2026-01-02T03:04:05.000000Z",
    "annotations": {"authorization.k8s.io/decision": "allow"},
}
"""What every event of a test has, unless the test says otherwise."""

_BODIES = ("requestObject", "responseObject")

# audit.k8s.io/v1 and what older versions had.
_USER = ("username", "uid", "groups", "extra")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "": (
        *SKELETON, "authenticationMetadata", "impersonatedUser", "metadata", "objectRef", "requestObject",
        "responseObject", "timestamp",
    ),
    "user": _USER,
    "impersonatedUser": _USER,
    "objectRef": ("resource", "namespace", "name", "uid", "apiGroup", "apiVersion", "resourceVersion", "subresource"),
    "responseStatus": ("metadata", "status", "message", "reason", "details", "code"),
}  # fmt: skip


class Given(NamedTuple):
    """An event of a test and what to call it: its number, or its place in a file."""

    label: str
    event: Event


def merge(base: Mapping[str, Any], change: Mapping[str, Any], *, bodies: tuple[str, ...] = _BODIES) -> dict[str, Any]:
    """Return the base with the change laid over it: maps key by key, all else replaced, null drops a key.

    Inside bodies null stays, for there it means something: a patch takes a key away by it.
    """
    merged = dict(base)
    for key, value in change.items():
        below = merged.get(key)
        if isinstance(value, Mapping):
            merged[key] = _merge_body(below, value) if key in bodies else merge(_map(below), value, bodies=())
        elif value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged


def _merge_body(base: Any, change: Any) -> Any:
    if not isinstance(change, Mapping):
        return change
    below = _map(base)
    return {**below, **{key: _merge_body(below.get(key), value) for key, value in change.items()}}


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def make_events(base: Mapping[str, Any], changes: Iterable[Mapping[str, Any]]) -> Iterator[Given]:
    """Yield the events that changes over a base make; raises SourceError on what is no event, without its place.

    Each is a second after the one before it, or as long after the base's time as its key `at` says, or at its own time.
    """
    clock = Clock(base)
    for number, change in enumerate(changes, 1):
        document = _identified(clock.timed(merge(base, change), change), number)
        label = f"event {number}"
        for event in _decode(msgspec.json.encode(document), label):
            event.number = number
            yield Given(label, event)


def _identified(document: dict[str, Any], number: int) -> dict[str, Any]:
    """Give the second event and those after it an audit ID of their own."""
    own = SKELETON["auditID"]
    return document | {"auditID": f"{own[:-4]}{number - 1:04}"} if document.get("auditID") == own else document


def read_events(path: Path, read: Reader) -> Iterator[Given]:
    """Yield a file's events; raises SourceError at the first line that holds something else."""
    number = 0
    for place, line in read(path):
        for event in _decode(line, place):
            number += 1
            event.number = number
            yield Given(place, event)


def misspelt_key(change: Mapping[str, Any]) -> tuple[tuple[str, ...], str] | None:
    """Return the path of a key that is nearly one of an audit event's and what was meant, or None.

    Other unknown keys pass: kube-apiserver may have new ones.
    """
    for part, known in _KEYS.items():
        inside = change.get(part) if part else change
        for key in inside if isinstance(inside, Mapping) else ():
            hint = "" if key in known else nearest(key, known)
            if hint:
                return ((part, key) if part else (key,)), hint
    return None


def _decode(line: bytes, label: str) -> list[Event]:
    decoded = decode(line)
    if decoded.refusals:
        raise SourceError(f"{label}: {decoded.refusals[0].reason}")
    return decoded.events
