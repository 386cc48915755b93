"""What a suggestion is made of, as data."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

import msgspec

from lanner.policy.coverage.model import VERDICTS, Sight
from lanner.policy.model import Level, Policy, PolicyRule
from lanner.policy.suggest.guard import Conflict
from lanner.policy.suggest.lines import Line
from lanner.policy.suggest.traffic import Cost, Price

Keep = Literal["metadata", "nothing"]
"""What becomes of requests that no rule asks for: kept at Metadata but for noise, or not logged."""

Oracle = Callable[[Policy], list[Sight]]
"""Says what a policy lets each rule see: coverage, with the rules bound."""

EVERYTHING = Policy(rules=(PolicyRule(level=Level.REQUEST_RESPONSE),))
"""The policy under which a rule sees all that it can see."""


class Loss(msgspec.Struct, kw_only=True, frozen=True):
    """A rule that sees less than it could: what it saw before, what it sees now, and why; `lines` count from 0."""

    rule: str
    before: str
    after: str
    reason: str
    lines: tuple[int, ...] = ()


class Refused(msgspec.Struct, kw_only=True, frozen=True):
    """Noise that stays in the log, what it costs in bytes of this log, and the rules that look at it."""

    purpose: str
    bytes: int
    rules: tuple[str, ...]


class Suggestion(msgspec.Struct, kw_only=True):
    """A policy, line by line, what it keeps of the log, and what it keeps from which rule (nothing, when proved).

    `losses` were not wanted, `partly` were allowed; `unsighted` rules do not see all even if everything is logged.
    """

    policy: Policy
    lines: tuple[Line, ...]
    keep: Keep
    now: Cost
    price: Price
    sights: list[Sight]
    losses: list[Loss]
    conflicts: list[Conflict]
    refused: list[Refused]
    unsighted: list[str]
    partly: list[Loss]
    minimum: Cost | None = None

    @property
    def proved(self) -> bool:
        """Whether every rule sees all that it could see if everything were logged."""
        return not self.losses


def losses(before: list[Sight], after: list[Sight], partly: Collection[str] = ()) -> list[Loss]:
    """Return the rules that see less than before; both lists hold the same rules in the same order.

    Rules named in `partly` may lose a part of their sight, not all.
    """
    pairs = zip(before, after, strict=True)
    return [loss_of(old, new) for old, new in pairs if _lower(old, new) and not (new.rule in partly and _sees(new))]


def _lower(old: Sight, new: Sight) -> bool:
    return VERDICTS.index(new.verdict) < VERDICTS.index(old.verdict)


def _sees(sight: Sight) -> bool:
    return sight.verdict != "blind"


def loss_of(old: Sight, new: Sight) -> Loss:
    """Return what a rule loses from one sight to the other."""
    why = "; ".join(dict.fromkeys(blinding.reason for blinding in new.blinded_by)) or new.note
    numbers = [blinding.number for blinding in new.blinded_by if blinding.number is not None]
    return Loss(rule=new.rule, before=old.verdict, after=new.verdict, reason=why, lines=tuple(dict.fromkeys(numbers)))
