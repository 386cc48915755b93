"""What a policy's decision takes from a rule: requests on which it fires under full logging and not under the policy.

A request counts as seen when the rule fires at any of its stages. Each request has RequestReceived, then
ResponseComplete or Panic; long-running ones have ResponseStarted between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lanner.policy.coverage.formula import Formula, Model, both, either, find, negated
from lanner.policy.coverage.reading import COMPLETE, FULL, PANIC, RECEIVED, STARTED, Reading, View
from lanner.policy.coverage.space import Space
from lanner.policy.model import STAGES, Decision, Level

_WAYS = (
    (COMPLETE, COMPLETE),
    (STARTED, COMPLETE),
    (RECEIVED, COMPLETE),
    (PANIC, PANIC),
    (STARTED, PANIC),
    (RECEIVED, PANIC),
)
"""A stage at which a rule fires, and how the request ends."""


def fires(reading: Reading, space: Space) -> Formula:
    """Return the requests on which a rule fires at any stage under full logging."""
    started = both(reading.formula(STARTED), space.long_running())
    return either(started, *(reading.formula(stage) for stage in STAGES if stage != STARTED))


def lost(reading: Reading, space: Space, decision: Decision, where: Sequence[Formula]) -> tuple[Model, str] | None:
    """Return a request of those in `where` that is lost, with the stage at which the rule would fire."""
    return _first(_lost(reading, decision), space, where)


def added(reading: Reading, space: Space, decision: Decision, where: Sequence[Formula]) -> tuple[Model, str] | None:
    """Return a request on which the rule fires only because it does not see all of it."""
    return _first(_added(reading, decision), space, where)


def seen(reading: Reading, space: Space, decision: Decision, where: Sequence[Formula]) -> tuple[Model, str] | None:
    """Return a request on which the rule fires under full logging and under the decision."""
    view = _view(decision)
    ways = (([reading.formula(stage), reading.formula(stage, view)], stage) for stage in _kept(decision, STAGES))
    return _first(ways, space, where)


_Way = tuple[list[Formula], str]


def _first(ways: Iterator[_Way], space: Space, where: Sequence[Formula]) -> tuple[Model, str] | None:
    for formulas, stage in ways:
        if stage == STARTED:
            formulas.append(space.long_running())
        if False in formulas:
            continue
        model = find((*where, *formulas, *space.constraints))
        if model is not None:
            return model, stage
    return None


def _view(decision: Decision) -> View:
    return View(decision.level, not decision.omit_managed_fields)


def _kept(decision: Decision, stages: Sequence[str]) -> list[str]:
    if decision.level is Level.NONE:
        return []
    return [stage for stage in dict.fromkeys(stages) if stage not in decision.omit_stages]


def _lost(reading: Reading, decision: Decision) -> Iterator[_Way]:
    view = reading.relevant(_view(decision))
    for stage, end in _WAYS:
        kept = _kept(decision, (RECEIVED, stage, end))
        if not (stage in kept and view == FULL):
            yield [reading.formula(stage), *(negated(reading.formula(one, view)) for one in kept)], stage


def _added(reading: Reading, decision: Decision) -> Iterator[_Way]:
    view = reading.relevant(_view(decision))
    if view == FULL:
        return
    for stage, end in _WAYS:
        if stage in _kept(decision, (stage,)):
            full = [negated(reading.formula(one)) for one in dict.fromkeys((RECEIVED, stage, end))]
            yield [reading.formula(stage, view), *full], stage
