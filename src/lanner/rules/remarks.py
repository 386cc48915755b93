"""What is worth saying of a single check on an event: which literal fitted, near misses, and why a value is absent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from lanner.audit.event import Event, Head
from lanner.audit.fields import lookup
from lanner.audit.pointer import descend
from lanner.rules import ir
from lanner.rules.bodies import PARTS, fields_in, parts_read
from lanner.rules.check import literals
from lanner.rules.evaluate import Value, text_test
from lanner.rules.outline import literal_text
from lanner.rules.text import ascii_lower

ITEMS_SHOWN = 3
_EQUALITY = ("=", "==", "in")


def remark(check: ir.Compare, value: Value, truth: bool) -> str:
    """Return how a value relates to the literals of a check; empty where the check says it all."""
    if value is None or isinstance(check.right, ir.Field | ir.Call):
        return "" if not _compares_with_na(check) else "an absent value equals nothing: write 'not FIELD exists'"
    texts = literals(check.right)
    if isinstance(value, list):
        return _of_list(check.operator, value, texts, truth)
    if not truth and isinstance(value, str):
        near = _near_miss(check.operator, value, texts)
        if near:
            return near
    if len(texts) < 2:
        return ""
    return _fitting(check, value, texts) if truth else f"none of {len(texts)}"


def _compares_with_na(check: ir.Compare) -> bool:
    return check.operator in _EQUALITY and "<NA>" in literals(check.right)


def _of_list(operator: str, values: Sequence[str], texts: tuple[str, ...], truth: bool) -> str:
    shared = [value for value in values if value in texts]
    if operator == "intersects":
        return f"shares {_some(shared)}" if truth else f"shares none of {len(texts)}"
    return "" if truth else f"not in it: {_some([value for value in values if value not in texts])}"


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - ITEMS_SHOWN} more" if len(texts) > ITEMS_SHOWN else ""
    return ", ".join(map(literal_text, texts[:ITEMS_SHOWN])) + more


def _fitting(check: ir.Compare, value: str | int, texts: tuple[str, ...]) -> str:
    """Name the literal that a path or number fitted; text that is equal needs no naming."""
    if check.operator != "pmatch":
        return f"one of {len(texts)}"
    test = {text: text_test("pmatch", (text,)) for text in texts}
    return f"matches {_some([text for text in texts if test[text](str(value))])}"


def _near_miss(operator: str, value: str, texts: tuple[str, ...]) -> str:
    if operator in _EQUALITY:
        same = [text for text in texts if ascii_lower(text) == ascii_lower(value)]
        return f"differs from {literal_text(same[0])} only in case" if same else ""
    if operator == "regex" and _found_inside(texts[0], value):
        return "fits a part of the value only; regex must fit the whole: put .* around it"
    return ""


def _found_inside(pattern: str, value: str) -> bool:
    try:
        return text_test("regex", (f"(.|\n)*({pattern})(.|\n)*",))(value)
    except ValueError:
        return False


def absence(operand: ir.Operand, event: Event) -> str:
    """Return why a value below one of the bodies is absent; empty where all are there or nothing is known."""
    for field in fields_in(operand):
        bodies = parts_read(field) & {"request", "response"}
        if bodies and lookup(field.name, field.argument)(event) is None:
            return _no_body("request" if "request" in bodies else "response", event)
    return ""


def _no_body(body: Literal["request", "response"], event: Event) -> str:
    head, name = event.head, PARTS[body]
    found = event.request if body == "request" else event.response
    if found is not None:
        kind = descend(found, ("kind",))
        what = f" (a {kind})" if isinstance(kind, str) else ""
        return f"{name}{what} is there, but this value is not in it"
    return f"{name} is absent: {_why_absent(body, head)}"


def _why_absent(body: Literal["request", "response"], head: Head) -> str:
    level = head.level or "unknown"
    if head.stage == "RequestReceived" or (head.stage == "ResponseStarted" and body == "response"):
        return f"events of stage {head.stage} never have one"
    if level in ("None", "Metadata"):
        wanted = "Request or RequestResponse" if body == "request" else "RequestResponse"
        return f"the event was logged at level {level}; the audit policy must say {wanted} for it"
    if level == "Request" and body == "response":
        return "the event was logged at level Request; the audit policy must say RequestResponse for it"
    if body == "request" and head.verb in ("get", "list", "watch"):
        return f"a {head.verb} carries none"
    return f"this event has none, though its level is {level}"
