"""An event made to measure: as full logging would write it for a request that a search has found."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lanner.policy import builtin_api
from lanner.policy.coverage import names as part
from lanner.policy.coverage.boxes import full
from lanner.policy.coverage.classes import Named, TextClass, tried
from lanner.policy.coverage.formula import Model
from lanner.policy.coverage.names import part_of
from lanner.policy.coverage.placing import equalled, fitted, texts_for
from lanner.policy.coverage.reading import RECEIVED, STARTED, Reading
from lanner.policy.coverage.sources import LATE_KEYS
from lanner.policy.coverage.space import ANONYMOUS_USER, AUTHENTICATED, BODY_VERBS, TARGET, UNAUTHENTICATED, Space
from lanner.policy.coverage.targets import OTHER, Kind, Target
from lanner.rules.ir import Check

_SUGGESTIONS = {
    part.USER: ("mallory@example.com", "mallory"),
    part.NAMESPACE: ("default", "shop", "team-a"),
    part.NAME: ("web", "object-1"),
    part.VERB: ("list", "get"),
    part.URI: ("/metrics", "/logs/"),
}
_CODES = {"create": 201}
_OPENED = 101


def document_of(model: Model, stage: str, reading: Reading, space: Space) -> dict[str, Any] | None:
    """Return the event's document, None where a value cannot be thought of."""
    document = _request(_Choices(model, reading, space), stage)
    for field, checks in reading.checks_by_field().items():
        fitting = fitted(document, field, _wanted(checks, model, reading))
        if fitting is None:
            return None
        document = fitting
    for check in reading.equalities(model):
        document = equalled(document, check)
    return document


def _wanted(checks: Iterable[Check], model: Model, reading: Reading) -> dict[Check, bool]:
    """Return which checks must come out how."""
    return {check: known for check in checks if (known := reading.outcome(check, model)) is not None}


class _Choices:
    """A value for each part of the request out of the classes that the model leaves."""

    def __init__(self, model: Model, reading: Reading, space: Space) -> None:
        self._model = model
        self._space = space
        self._open = {check: truth for check in reading.checks if (truth := model.truths.get(check)) is not None}
        self.target: Target = self._target()

    def _left(self, variable: str) -> int:
        return self._model.domains.get(variable, full(variable, self._space))

    def _target(self) -> Target:
        left = [one for place, one in enumerate(self._space.targets) if self._left(TARGET) >> place & 1]
        return min(left, key=_oddity)

    def text(self, name: str, preferred: Sequence[str] = ()) -> str | None:
        """Return the value of a part, one of those preferred if that may be."""
        classes = self._space.texts[name]
        left = [one for place, one in enumerate(classes) if self._left(name) >> place & 1]
        wanted = {check: truth for check, truth in self._open.items() if part_of(check) == name}
        candidates = self._candidates(name, left, preferred, wanted)
        fitting = (text for text in candidates if all(tried(check, text) is truth for check, truth in wanted.items()))
        return next(fitting, None)

    def _candidates(
        self, name: str, left: Sequence[TextClass], preferred: Sequence[str], wanted: Mapping[Check, bool]
    ) -> Iterator[str]:
        """Yield texts of the classes left, the ordinary ones first."""
        named = self._space.names[name]
        hints = list(texts_for(wanted))
        texts = [*preferred, *(f"{text}?{hint}" for text in preferred for hint in hints if name == part.URI)]
        yield from (text for text in texts if class_of(text, named) in left)
        for one in sorted(left, key=lambda one: bool(one.value)):
            value = value_of(one, named, [*_SUGGESTIONS[name], *hints] if one.open else ())
            yield from [] if value is None else [value]
        yield from (
            text for one in left if one.open for hint in hints if class_of(text := f"{one.value}{hint}", named) == one
        )

    def name(self, verb: str) -> str | None:
        """Return the object's name, none for requests about many where that may be."""
        if verb in ("list", "watch", "deletecollection") and self._left(part.NAME) & 1:
            return None
        return self.text(part.NAME)

    def groups(self, user: str) -> list[str]:
        found = [group for group in self._space.groups if self._left(f"{part.GROUPS} {group}") == 0b10]
        usual = AUTHENTICATED if user != ANONYMOUS_USER else UNAUTHENTICATED
        known = self._left(f"{part.GROUPS} {usual}") if usual in self._space.groups else 0b11
        return list(dict.fromkeys([*found, usual] if user and known & 0b10 else found))


def _oddity(target: Target) -> tuple[bool, bool, bool]:
    """Resources before other requests, those that there are before those that there may be, wholes before parts."""
    return target is None, target is not None and OTHER in target, bool(target and target.subresource)


def class_of(text: str, named: Named) -> TextClass:
    """Return the class that a text is in."""
    if text in named.exact:
        return TextClass(text)
    return TextClass(max((one for one in named.prefixes if text.startswith(one)), key=len, default=""), open=True)


def value_of(one: TextClass, named: Named, suggestions: Iterable[str] = ("other", "something-else")) -> str | None:
    """Return a text of a class."""
    if not one.open:
        return one.value
    candidates = (f"{one.value}{text}" for text in (*suggestions, "x", "x-1", "unnamed"))
    return next((text for text in candidates if class_of(text, named) == one), None)


def _request(choices: _Choices, stage: str) -> dict[str, Any]:
    verb = choices.text(part.VERB, ("create", "get", "list")) or ""
    user = choices.text(part.USER) or ""
    namespace = choices.text(part.NAMESPACE, ("default",))
    target = choices.target
    document: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": "00000000-0000-4000-8000-000000000000",
        "stage": stage,
        "requestURI": "",
        "verb": verb,
        "user": {key: value for key, value in (("username", user), ("groups", choices.groups(user))) if value},
        "sourceIPs": ["192.0.2.10"],
        "userAgent": "kubectl/v1.36.3",
    }
    if target is None:
        document["requestURI"] = choices.text(part.URI) or "/"
    else:
        name = choices.name(verb)
        document["requestURI"] = choices.text(part.URI, (_path(target, namespace, name, verb),))
        document["objectRef"] = _reference(target, namespace, name)
    document |= _answer(verb, stage, target)
    return document


def _version(kind: Kind) -> str:
    row = builtin_api.resources().get((kind.group, kind.resource))
    return row.versions[0] if row else "v1"


def _plain(text: str) -> str:
    """Return a part of a kind, a name for one that nobody names."""
    return text if text != OTHER else "others"


def _group(kind: Kind) -> str:
    return kind.group if kind.group != OTHER else "other.example.com"


def _path(kind: Kind, namespace: str | None, name: str | None, verb: str) -> str:
    group = _group(kind)
    parts = ["", "apis" if group else "api", *([group] if group else []), _version(kind)]
    parts += ["namespaces", namespace] if namespace else []
    parts.append(_plain(kind.resource))
    if name and (verb != "create" or kind.subresource):
        parts.append(name)
    return "/".join([*parts, *([_plain(kind.subresource)] if kind.subresource else [])])


def _reference(kind: Kind, namespace: str | None, name: str | None) -> dict[str, str]:
    found = {
        "resource": _plain(kind.resource),
        "namespace": namespace,
        "name": name,
        "apiGroup": _group(kind),
        "apiVersion": _version(kind),
        "subresource": _plain(kind.subresource),
    }
    return {key: value for key, value in found.items() if value}


def _answer(verb: str, stage: str, target: Target) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if stage != RECEIVED:
        code = _OPENED if stage == STARTED and verb != "watch" else _CODES.get(verb, 200)
        found["responseStatus"] = {"metadata": {}, "code": code}
        if target is not None and verb in BODY_VERBS:
            found["requestObject"] = {"metadata": {}}
        if target is not None and stage != STARTED and not target.subresource:
            found["responseObject"] = {"metadata": {}}
    found["requestReceivedTimestamp"] = found["stageTimestamp"] = "2026-01-02T03:04:05.000000Z"
    if stage != RECEIVED:
        found["annotations"] = {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""}
    return found


def received(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document that RequestReceived of the same request has."""
    early = copy.deepcopy(document)
    for key in (*LATE_KEYS, "annotations"):
        early.pop(key, None)
    if early["verb"] == "create" and not early.get("objectRef", {}).get("subresource"):
        early.get("objectRef", {}).pop("name", None)
    return early | {"stage": RECEIVED}
