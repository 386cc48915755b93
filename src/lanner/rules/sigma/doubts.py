"""What a Sigma rule asks for that no audit event has, and what was meant; nothing here keeps a rule from running."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches

import msgspec

from lanner.rules import ir
from lanner.rules.sigma import known
from lanner.rules.sigma.condition import Asked
from lanner.rules.sigma.fields import CASES

FIELD, VALUE, MISSES, NEVER = "SIGMA_UNKNOWN_FIELD", "SIGMA_IMPOSSIBLE_VALUE", "SIGMA_MISSES", "SIGMA_NEVER"
DECISION = "annotations.authorization.k8s.io/decision"


class Doubt(msgspec.Struct, frozen=True):
    """One finding: a code, words, what to do, and the check that it is about (None: the rule)."""

    code: str
    message: str
    hint: str
    about: Asked | None = None


def doubts(asked: Sequence[Asked], condition: ir.Condition) -> Iterator[Doubt]:
    """Yield what is doubtful about a rule's checks, and whether it can match at all."""
    never: set[ir.Condition] = set()
    told: set[tuple[str, str]] = set()
    for each in asked:
        doubt = _of_field(each) or _of_value(each, asked)
        if doubt is None:
            continue
        if not isinstance(each.condition, ir.Not):  # null and exists: false hold where nothing is
            never.add(each.condition)
        key = (each.name, "" if doubt.code == FIELD else each.written)
        if key not in told:
            told.add(key)
            yield doubt
    if _impossible(condition, never):
        yield Doubt(NEVER, "no audit event can match this rule", "mend what the other warnings name")
    yield from _streams(asked)


def _of_field(asked: Asked) -> Doubt | None:
    path = asked.target.path
    if known.has(path):
        return None
    return Doubt(FIELD, f"no audit event has the field '{asked.name}'", known.field_hint(path), asked)


def _of_value(asked: Asked, others: Sequence[Asked]) -> Doubt | None:
    text = asked.literal
    judge = _JUDGES.get(asked.target.path)
    hint = None if text is None or judge is None else judge(text.lower())
    if hint is None:
        return None
    here = {other.literal for other in others if other.target.path == asked.target.path}
    meant = known.VERB_MEANT.get(str(text).lower())
    if meant in here:
        hint = f"it is audited as {meant}, which is here as well: leave it out"
    return Doubt(VALUE, f"{asked.name} is never '{text}'", hint, asked)


def _code(text: str) -> str | None:
    if text.isdecimal():
        return None
    return f"it is a number; whether the request was allowed says {DECISION}: allow or forbid"


def _verb(text: str) -> str | None:
    if text in known.VERBS:
        return None
    meant = known.VERB_MEANT.get(text) or " or ".join(get_close_matches(text, known.VERBS, n=1))
    return f"did you mean {meant}?" if meant else f"verbs are {', '.join(sorted(known.VERBS))}"


def _resource(text: str) -> str | None:
    if "/" in text:
        resource, _, subresource = text.partition("/")
        return f"write objectRef.resource: {resource} and objectRef.subresource: {subresource}"
    plural = known.SHORT.get(text)
    for form in (f"{text}s", f"{text}es", f"{text[:-1]}ies"):
        plural = plural or (form if form in known.RESOURCES and text not in known.RESOURCES else None)
    return f"did you mean {plural}?" if plural else None


def _group(text: str) -> str | None:
    if text in ("core", "v1", ""):
        return "resources of the core group have no apiGroup: leave the check out, or write null"
    if "/" in text:
        group, _, version = text.partition("/")
        return f"write objectRef.apiGroup: {group} and objectRef.apiVersion: {version}"
    return None


def _one_of(*cases: str) -> Callable[[str], str | None]:
    def judge(text: str) -> str | None:
        if text in map(str.lower, cases):
            return None
        near = get_close_matches(text, map(str.lower, cases), n=1)
        meant = next((case for case in cases if [case.lower()] == near), "")
        return f"did you mean {meant}?" if meant else f"it is one of {', '.join(cases)}"

    return judge


_JUDGES = {
    "responseStatus.code": _code,
    "verb": _verb,
    "objectRef.resource": _resource,
    "objectRef.apiGroup": _group,
    DECISION: _one_of("allow", "forbid"),
    "stage": _one_of(*CASES["stage"]),
    "level": _one_of(*CASES["level"]),
}


def _streams(asked: Sequence[Asked]) -> Iterator[Doubt]:
    """Tell that a rule about exec and its like knows one of the two ways only."""
    streams = [each for each in asked if each.target.path == "objectRef.subresource" and each.literal in known.STREAMS]
    verbs = {each.literal.lower(): each for each in asked if each.target.path == "verb" and each.literal}
    if streams and set(verbs) == {"create"}:
        message = f"{streams[0].literal} over a WebSocket has the verb get, which this rule does not see"
        yield Doubt(MISSES, message, "write verb: [create, get]", verbs["create"])


def _impossible(condition: ir.Condition, never: set[ir.Condition]) -> bool:
    """Say whether a condition needs one of the checks that never hold."""
    match condition:
        case ir.And(items):
            return condition in never or any(_impossible(item, never) for item in items)
        case ir.Or(items):
            return condition in never or all(_impossible(item, never) for item in items)
        case ir.Compare(left, "in", ir.Values(items)):
            return condition in never or all(ir.Compare(left, "=", item) in never for item in items)
    return condition in never
