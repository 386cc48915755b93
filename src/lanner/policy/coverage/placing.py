"""Where in an event the value of a field stands, found by trying: each leaf of a rich event is changed in turn."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.audit.fields import lookup
from lanner.audit.pointer import parse_pointer
from lanner.policy.coverage.patterns import sample
from lanner.policy.coverage.sources import POINTERS
from lanner.rules import ir
from lanner.rules.bodies import fields_in
from lanner.rules.check import literals
from lanner.rules.evaluate import Evaluator
from lanner.rules.ir import Check

Path = tuple[str | int, ...]

_MARK = "marked-value"
_CONTEXT = {
    "privileged": "p",
    "allowPrivilegeEscalation": "p",
    "readOnlyRootFilesystem": "p",
    "runAsUser": "1",
    "runAsGroup": "1",
    "procMount": "d",
    "capabilities": {"add": ["c"]},
}
_CONTAINER = {
    "name": "c",
    "image": "i",
    "command": ["c"],
    "args": ["a"],
    "ports": [{"hostPort": "1"}],
    "securityContext": _CONTEXT,
    "runAsUser": "1",
    "runAsGroup": "1",
}
_REQUEST = {
    "metadata": {"name": "n"},
    "data": {"k": "v"},
    "type": "t",
    "spec": {
        **{kind: [_CONTAINER] for kind in ("containers", "initContainers", "ephemeralContainers")},
        **dict.fromkeys(("hostNetwork", "hostIPC", "hostPID", "type"), "p"),
        "securityContext": {"runAsUser": "1", "runAsGroup": "1", "fsGroup": "1", "supplementalGroups": ["1"]},
        "volumes": [{"name": "v", "hostPath": {"path": "/p"}, "flexVolume": {"driver": "d"}}],
        "ports": [{"nodePort": "1"}],
    },
    "subjects": [{"kind": kind, "name": "n", "namespace": "n"} for kind in ("User", "Group", "ServiceAccount")],
    "roleRef": {"name": "n"},
    "rules": [{key: ["r"] for key in ("apiGroups", "resources", "verbs", "nonResourceURLs", "sourceIPs")}],
}
_RICH: dict[str, Any] = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "a",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/pods",
    "verb": "create",
    "user": {"username": "u"},
    "impersonatedUser": {"username": "i"},
    "userAgent": "x",
    "objectRef": {"resource": "pods"},
    "responseStatus": {"code": 200, "reason": "r"},
    "requestObject": _REQUEST,
    "responseObject": {"metadata": {"name": "n"}},
    "stageTimestamp": "2026-01-02T03:04:05.000000Z",
    "annotations": {"authorization.k8s.io/decision": "d", "authorization.k8s.io/reason": "r"},
}


@cache
def place_of(field: ir.Field) -> Path | None:
    """Return the way to what a field shows, None where it shows no single value."""
    if field.name in POINTERS:
        return tuple(int(key) if key.isdecimal() else key for key in parse_pointer(field.argument or ""))
    extract = lookup(field.name, field.argument)
    for path in _leaves(_RICH):
        changed = copy.deepcopy(_RICH)
        put(changed, path, 499 if path[-1] == "code" else _MARK)
        event = _event(changed)
        found = extract(event) if event else None
        if found is not None and any(mark in str(found) for mark in (_MARK, "499")):
            return path
    return None


def _leaves(value: Any, way: Path = ()) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _leaves(item, (*way, key)) if isinstance(item, dict | list) else ((*way, key),)


def _event(document: dict[str, Any]) -> Event | None:
    return next(iter(decode(msgspec.json.encode(document)).events), None)


def put(document: dict[str, Any], path: Path, value: Any) -> None:
    """Put a value at the end of a way, and what the way needs: objects, lists, a subject's kind."""
    owner: Any = document
    like: Any = _RICH
    for place, key in enumerate(path[:-1]):
        empty: Any = [] if isinstance(path[place + 1], int) else {}
        owner, like = _below(owner, key, empty), _member(like, key)
        if isinstance(owner, dict) and isinstance(like, dict) and isinstance(key, int) and "kind" in like:
            owner.setdefault("kind", like["kind"])
    if isinstance(owner, list):
        _below(owner, path[-1], None)
        owner[int(path[-1])] = value
    elif isinstance(owner, dict):
        owner[str(path[-1])] = value


def _member(owner: Any, key: str | int) -> Any:
    if isinstance(owner, list):
        return owner[int(key)] if int(key) < len(owner) else None
    return owner.get(key) if isinstance(owner, dict) else None


def _below(owner: Any, key: str | int, empty: Any) -> Any:
    if isinstance(owner, list):
        while len(owner) <= int(key):
            owner.append(copy.deepcopy(empty))
        return owner[int(key)]
    found = owner.get(key)
    if not isinstance(found, dict | list):
        found = owner[key] = empty
    return found


def remove(document: dict[str, Any], path: Path) -> None:
    """Take away what stands at the end of a way."""
    owner: Any = document
    for key in path[:-1]:
        owner = owner.get(key) if isinstance(owner, dict) else None
    if isinstance(owner, dict):
        owner.pop(path[-1], None)


def fitted(document: dict[str, Any], field: ir.Field, wanted: Mapping[Check, bool]) -> dict[str, Any] | None:
    """Return the document with a value on which a field's checks come out as wanted, None where none is found."""
    tests = [(Evaluator(check), outcome) for check, outcome in wanted.items()]
    for candidate in _candidates(document, field, wanted):
        event = _event(candidate)
        if event and all(test.holds(event) is outcome for test, outcome in tests):
            return candidate
    return None


def equalled(document: dict[str, Any], check: ir.Compare) -> dict[str, Any]:
    """Return the document with the same value in both fields of a comparison, as far as that can be."""
    event = _event(document)
    places = [place_of(field) for field in fields_in(check.right)]
    value = Evaluator(check).value(check.left, event) if event else None
    if len(places) != 1 or places[0] is None or value is None:
        return document
    changed = copy.deepcopy(document)
    put(changed, places[0], value)
    return changed


def _candidates(document: dict[str, Any], field: ir.Field, wanted: Mapping[Check, bool]) -> Iterator[dict[str, Any]]:
    yield document
    path = place_of(field)
    if path is None:
        return
    without = copy.deepcopy(document)
    remove(without, path)
    yield without
    for text in dict.fromkeys(texts_for(wanted)):
        changed = copy.deepcopy(document)
        put(changed, path, _value(text, path))
        yield changed


def _value(text: str, path: Path) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if path[-1] == "code" and text.isdecimal() else text


def texts_for(wanted: Mapping[Check, bool]) -> Iterator[str]:
    """Yield texts that checks may want, at last those that several want at once."""
    parts = [text for check, outcome in wanted.items() if outcome for text in _named(check)]
    yield from parts
    yield from ("other", "true", "false", "1")
    yield " ".join(parts) or "other"


def _named(check: Check) -> Iterator[str]:
    """Yield texts on which a check may hold."""
    texts = literals(check.right) if isinstance(check, ir.Compare) else ()
    for text in texts:
        match check.operator if isinstance(check, ir.Compare) else "":
            case "startswith":
                yield f"{text}x"
            case "endswith":
                yield f"x{text}"
            case "regex":
                yield sample(text)
            case "glob" | "iglob":
                yield text.replace("*", "").replace("?", "x")
            case _:
                yield text
