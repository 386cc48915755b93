"""What one rule sees under a policy: the verdict, and the policy's rules that take something from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lanner.policy.coverage.formula import Model, TooWideError, find
from lanner.policy.coverage.lines import Line
from lanner.policy.coverage.loss import added, fires, lost, seen
from lanner.policy.coverage.model import Verdict
from lanner.policy.coverage.reading import Reading
from lanner.policy.coverage.space import Space
from lanner.policy.model import Decision, Level

NEVER = "cannot fire: no request meets its condition"
UNSEEING = "fires without seeing what it looks into, also where it would not"
TOO_WIDE = "its condition and the policy have too many cases to try them all"


class Found(NamedTuple):
    """A line of the policy that takes something: why, and a request of it with the stage at which the rule fires."""

    line: Line
    reason: str
    model: Model
    stage: str
    unseeing: bool = False


class Judged(NamedTuple):
    """A verdict, what takes sight, and what is to be said besides."""

    verdict: Verdict
    found: list[Found]
    note: str = ""


def judge(reading: Reading, lines: Sequence[Line], space: Space) -> Judged:
    """Return what a rule sees under a policy's lines."""
    return _Judge(reading, space).judged(lines)


class _Judge:
    def __init__(self, reading: Reading, space: Space) -> None:
        self._reading = reading
        self._space = space
        self._firing = fires(reading, space)

    def judged(self, lines: Sequence[Line]) -> Judged:
        found: list[Found] = []
        doubtful: list[Line] = []
        sees, concerned = False, False
        for line in lines:
            try:
                concerns = find([*line.formulas, self._firing, *self._space.constraints]) is not None
                loss = (self._lost(line) if concerns else None) or self._added(line)
            except TooWideError:
                doubtful.append(line)
            else:
                concerned = concerned or concerns
                sees = sees or (concerns and (loss is None or loss.unseeing))
                found += [loss] if loss else []
        if not found:
            if doubtful:
                return Judged("undecided", [], TOO_WIDE)
            return Judged("sighted", [], "" if concerned else NEVER)
        note = UNSEEING if any(one.unseeing for one in found) else ""
        sees = sees or not concerned or self._sees_any([*doubtful, *(one.line for one in found)])
        return Judged("partly" if sees else "blind", found, note)

    def _lost(self, line: Line) -> Found | None:
        found = lost(self._reading, self._space, line.decision, line.formulas)
        return None if found is None else Found(line, self._reason(line), *found)

    def _added(self, line: Line) -> Found | None:
        found = added(self._reading, self._space, line.decision, line.formulas)
        reason = f"at {line.decision.level.text} it {UNSEEING}"
        return None if found is None else Found(line, reason, *found, unseeing=True)

    def _reason(self, line: Line) -> str:
        level, stages, managed, number = line.decision
        if number is None:
            return "no rule of the policy matches, so nothing is logged"
        if level is Level.NONE:
            return "level None"
        if self._takes(line, Decision(Level.REQUEST_RESPONSE, stages, False, None)):
            return f"omits the stage {' and '.join(self._needed(line, stages))}"
        if self._takes(line, Decision(level, (), False, None)):
            enough = Level.REQUEST_RESPONSE
            if level < Level.REQUEST and not self._takes(line, Decision(Level.REQUEST, (), False, None)):
                enough = Level.REQUEST
            return f"level {level.text} is too low, it takes {enough.text}"
        return "omits managedFields" if managed else "level and omitted stages together"

    def _needed(self, line: Line, stages: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the omitted stages that are missed, all where only several together are."""
        alone = (Decision(Level.REQUEST_RESPONSE, (stage,), False, None) for stage in stages)
        return tuple(one.omit_stages[0] for one in alone if self._takes(line, one)) or stages

    def _takes(self, line: Line, decision: Decision) -> bool:
        return lost(self._reading, self._space, decision, line.formulas) is not None

    def _sees_any(self, lines: Sequence[Line]) -> bool:
        """Say whether the rule may see anything of some lines; true where that is not known."""
        try:
            return any(seen(self._reading, self._space, line.decision, line.formulas) for line in lines)
        except TooWideError:
            return True
