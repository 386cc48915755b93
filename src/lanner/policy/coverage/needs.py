"""What a rule needs: the requests on which it may fire, and how much of them must be logged."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lanner.policy.coverage.boxes import Box, boxes, literals_of, united
from lanner.policy.coverage.formula import Formula, TooWideError
from lanner.policy.coverage.loss import added, fires, lost
from lanner.policy.coverage.model import Need
from lanner.policy.coverage.reading import COMPLETE, PANIC, RECEIVED, STARTED, Reading
from lanner.policy.coverage.space import Space
from lanner.policy.coverage.wording import in_policy_terms
from lanner.policy.model import Decision, Level

_Form = tuple[Level, bool, tuple[str, ...]]
"""Level, managed fields, stages."""

_CHEAPEST_FIRST = (
    (Level.METADATA, False),
    (Level.REQUEST, False),
    (Level.REQUEST, True),
    (Level.REQUEST_RESPONSE, False),
)
_MOST: _Form = (Level.REQUEST_RESPONSE, True, (RECEIVED, STARTED, COMPLETE, PANIC))


def needs_of(name: str, reading: Reading, space: Space) -> list[Need]:
    """Return what a rule needs, nothing for one that cannot fire; never fewer requests than it may fire on."""
    by_form: dict[_Form, list[Box]] = {}
    for box in boxes(fires(reading, space), space):
        by_form.setdefault(_form(reading, space, literals_of(box, space)), []).append(box)
    return [
        msgspec.structs.replace(need, rule=name, level=level, managed_fields=managed, stages=stages)
        for (level, managed, stages), found in by_form.items()
        for need in in_policy_terms(united(found), space)
    ]


def _form(reading: Reading, space: Space, where: Sequence[Formula]) -> _Form:
    try:
        level, managed = next(
            (
                (level, managed)
                for level, managed in _CHEAPEST_FIRST
                if _suffices(reading, space, where, level, managed)
            ),
            _MOST[:2],
        )
        return level, managed, _stages(reading, space, where)
    except TooWideError:
        return _MOST


def _suffices(
    reading: Reading,
    space: Space,
    where: Sequence[Formula],
    level: Level,
    managed: bool,
) -> bool:
    decision = Decision(level, (), not managed, None)
    return lost(reading, space, decision, where) is None and added(reading, space, decision, where) is None


def _stages(reading: Reading, space: Space, where: Sequence[Formula]) -> tuple[str, ...]:
    """Return the stages of which none can be left out; that a request ended tells more than that it began."""
    omitted: tuple[str, ...] = ()
    needed = []
    for stage in (RECEIVED, STARTED, PANIC, COMPLETE):
        decision = Decision(Level.REQUEST_RESPONSE, (*omitted, stage), omit_managed_fields=False, rule=None)
        if lost(reading, space, decision, where) is None:
            omitted = decision.omit_stages
        else:
            needed.append(stage)
    return tuple(stage for stage in (RECEIVED, STARTED, COMPLETE, PANIC) if stage in needed)
