"""Counterexamples: requests found by a search, tried on the rule and on the policy before they are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.policy.attributes import as_json, of_event
from lanner.policy.coverage.model import Counterexample
from lanner.policy.coverage.reading import COMPLETE, PANIC, Reading
from lanner.policy.coverage.sample import document_of, received
from lanner.policy.coverage.sight import Found
from lanner.policy.coverage.space import AUTHENTICATED, UNAUTHENTICATED, Space
from lanner.policy.evaluate import decide
from lanner.policy.explain import resource_text
from lanner.policy.model import Attributes, Level, Policy
from lanner.policy.projection import line_of
from lanner.rules.evaluate import Evaluator

NONE_FOUND = "no counterexample could be made: a value that the rule asks for cannot be thought of"


def counterexample(found: Sequence[Found], reading: Reading, space: Space, policy: Policy) -> Counterexample | None:
    """Return the first request on which the rule and the policy behave as was reasoned, None where none does."""
    return next((told for one in found if (told := _tried(one, reading, space, policy)) is not None), None)


def _tried(found: Found, reading: Reading, space: Space, policy: Policy) -> Counterexample | None:
    document = document_of(found.model, found.stage, reading, space)
    if document is None:
        return None
    stages = _stages(document, found.stage)
    rule = Evaluator(reading.condition)
    attributes = of_event(stages[-1].head)
    decision = decide(policy, attributes)
    fires = any(rule.holds(event) for event in stages)
    kept = [left for event in stages if (left := line_of(event, decision)) is not None]
    fires_kept = any(rule.holds(decode(line).events[0]) for line in kept)
    if decision.rule != found.line.number or fires is fires_kept or fires is found.unseeing:
        return None
    return Counterexample(
        attributes=as_json(attributes),
        words=_words(attributes, document, decision.level, unseeing=found.unseeing),
        event=document,
    )


def _stages(document: dict[str, Any], stage: str) -> list[Event]:
    """Return the request's events: as it came, at the stage in question, and as it ended."""
    end = stage if stage == PANIC else COMPLETE
    documents = [received(document), *({one: document | {"stage": one} for one in (stage, end)}.values())]
    return [decode(msgspec.json.encode(one)).events[0] for one in documents]


def _words(attributes: Attributes, document: dict[str, Any], level: Level, *, unseeing: bool) -> str:
    what = resource_text(attributes) if attributes.resource_request else str(document["requestURI"])
    name = document.get("objectRef", {}).get("name", "")
    groups = ", ".join(group for group in attributes.groups if group not in (AUTHENTICATED, UNAUTHENTICATED))
    parts = [attributes.user or "nobody (a credential that was refused)"]
    parts += [f"of {groups}"] if groups else []
    parts += [attributes.verb, what]
    parts += [f"in {attributes.namespace}"] if attributes.namespace else []
    parts += [f"named {name}"] if name else []
    parts += (
        [f"as {document['impersonatedUser']['username']}"] if "username" in document.get("impersonatedUser", {}) else []
    )
    logged = "is not logged" if level is Level.NONE else f"is logged at {level.text}"
    ending = "the rule fires though it would not on the full event" if unseeing else "the rule stays silent"
    return f"{' '.join(parts)}: {logged}, {ending}"
