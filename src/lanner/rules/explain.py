"""Why a condition holds or does not hold on an event: each part with its truth, the value found, and what decided."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from lanner.audit.event import Event
from lanner.rules import ir
from lanner.rules.evaluate import Evaluator, Value
from lanner.rules.outline import Kind, Outline, Spot
from lanner.rules.remarks import absence, remark


class Trace(msgspec.Struct, kw_only=True):
    """One part of a condition on one event.

    `reached`: the part is needed when the condition is read from left to right up to where its outcome is certain.
    `decisive`: these parts alone make the outcome what it is. `away`: how many checks must come out otherwise for this
    part to come out otherwise. `value` is what the left side of a check gave (None: absent), `other` what a field on
    its right side gave; `remark` says how they relate, `hint` why a value is absent.
    """

    kind: Kind
    truth: bool
    name: str = ""
    text: str = ""
    spot: Spot = Spot()
    reached: bool = True
    decisive: bool = False
    away: int = 1
    value: Value = None
    other: Value = None
    remark: str = ""
    hint: str = ""
    parts: list[Trace] = msgspec.field(default_factory=list)


class Explainer:
    """One condition, ready to be explained on events; every part is evaluated, needed or not."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._evaluators: dict[ir.Condition, Evaluator] = {}

    def explain(self, event: Event) -> Trace:
        """Return the trace of the whole condition."""
        trace = self._trace(self._outline, event)
        _mark_unreached(trace, reached=True)
        _mark_decisive(trace)
        return trace

    def _trace(self, outline: Outline, event: Event) -> Trace:
        if isinstance(outline.condition, ir.Compare | ir.Exists) and not outline.parts:
            return self._check(outline, outline.condition, event)
        parts = [self._trace(part, event) for part in outline.parts]
        truth, away = _joined(outline.kind, parts)
        return Trace(kind=outline.kind, truth=truth, name=outline.name, spot=outline.spot, away=away, parts=parts)

    def _check(self, outline: Outline, check: ir.Compare | ir.Exists, event: Event) -> Trace:
        evaluator = self._evaluator(check)
        operand = check.operand if isinstance(check, ir.Exists) else check.left
        trace = Trace(
            kind="check",
            truth=evaluator.holds(event),
            text=outline.text,
            spot=outline.spot,
            value=evaluator.value(operand, event),
            hint=absence(operand, event),
        )
        if isinstance(check, ir.Compare):
            if isinstance(check.right, ir.Field | ir.Call):
                trace.other = evaluator.value(check.right, event)
                trace.hint = trace.hint or absence(check.right, event)
            trace.remark = remark(check, trace.value, trace.truth)
        return trace

    def _evaluator(self, check: ir.Compare | ir.Exists) -> Evaluator:
        found = self._evaluators.get(check)
        if found is None:
            found = self._evaluators[check] = Evaluator(check)
        return found


def _joined(kind: Kind, parts: list[Trace]) -> tuple[bool, int]:
    """Return the truth that parts make, and how many checks it is away from the other one."""
    if kind not in ("and", "or"):
        return parts[0].truth is not (kind == "not"), parts[0].away
    certain = kind == "or"
    deciding = [part.away for part in parts if part.truth is certain]
    if deciding:
        return certain, sum(deciding)
    return not certain, min(part.away for part in parts)


def _mark_unreached(trace: Trace, *, reached: bool) -> None:
    trace.reached = reached
    certain = trace.kind == "or"
    for part in trace.parts:
        _mark_unreached(part, reached=reached)
        if trace.kind in ("and", "or") and part.truth is certain:
            reached = False


def _mark_decisive(trace: Trace) -> None:
    trace.decisive = True
    for part in _deciding(trace):
        _mark_decisive(part)


def _deciding(trace: Trace) -> list[Trace]:
    """Return the parts that make a part's outcome: the first that makes it certain, or all."""
    certain = trace.kind == "or"
    if trace.kind in ("and", "or") and trace.truth is certain:
        return [next(part for part in trace.parts if part.truth is certain)]
    return trace.parts


class Reason(NamedTuple):
    """A part that counts, and the macros and exceptions that it stands in, outermost first."""

    part: Trace
    within: tuple[str, ...]


def reasons(trace: Trace, within: tuple[str, ...] = ()) -> list[Reason]:
    """Return the checks that alone make a part come out as it does, in their order."""
    if not trace.parts:
        return [Reason(trace, within)]
    inside = _inside(trace, within)
    return [reason for part in _deciding(trace) for reason in reasons(part, inside)]


def blockers(trace: Trace, within: tuple[str, ...] = ()) -> list[Reason]:
    """Return the parts of a false condition that all have to change before it can hold, in their order."""
    if trace.truth:
        return []
    if trace.kind in ("and", "macro"):
        inside = _inside(trace, within)
        return [blocker for part in trace.parts for blocker in blockers(part, inside)]
    return [Reason(trace, within)]


def _inside(trace: Trace, within: tuple[str, ...]) -> tuple[str, ...]:
    return (*within, trace.name) if trace.name else within
