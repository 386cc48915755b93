"""What a change of the policy's file takes away, told by the requests that an investigation asks for first."""

from __future__ import annotations

from typing import NamedTuple

from lanner.policy.evaluate import decide
from lanner.policy.lint.samples import IMPORTANT
from lanner.policy.model import Policy


class Lowered(NamedTuple):
    """A kind of request that the new policy logs at a lower level."""

    what: str
    was: str
    now: str


def lowered(old: Policy, new: Policy) -> list[Lowered]:
    """Return what the new policy logs less of; judged by requests of an ordinary user (lint's samples)."""
    found = []
    for sample in IMPORTANT:
        was, now = decide(old, sample.request).level, decide(new, sample.request).level
        if now < was:
            found.append(Lowered(sample.what, was.text, now.text))
    return found


def same(old: Policy, new: Policy) -> bool:
    """Say whether two policies decide alike, rule by rule; comments and places do not count."""
    return _meaning(old) == _meaning(new)


def _meaning(policy: Policy) -> tuple[object, ...]:
    rules = tuple(
        tuple(getattr(rule, key) for key in rule.__struct_fields__ if key != "place") for rule in policy.rules
    )
    return rules, policy.omit_stages, policy.omit_managed_fields
