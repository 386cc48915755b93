"""What single lines would do for a policy that is there: what each saves, and whether a rule loses sight by it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import msgspec

from lanner.policy.coverage.model import Sight
from lanner.policy.evaluate import decide
from lanner.policy.loading import LoadedPolicy
from lanner.policy.model import Attributes, Level, Policy, PolicyRule
from lanner.policy.suggest.edits import Action, Edit, inserting, omitting_managed_fields, omitting_stage, with_level
from lanner.policy.suggest.guard import NEVER, guard_line
from lanner.policy.suggest.lines import Target
from lanner.policy.suggest.model import Loss, Oracle, loss_of, losses
from lanner.policy.suggest.noise import noises
from lanner.policy.suggest.traffic import Traffic

SMALLEST = 0.005
"""A change that saves less than this share of what the policy keeps is not told."""
MOST_CHANGES = 20

_BODIES = ("get", "list", "create", "update", "patch")


class Change(msgspec.Struct, kw_only=True, frozen=True):
    """A line to add or change, its effect on this log by itself (`saved` negative: it costs), and what it blinds."""

    purpose: str
    action: Action
    line: int
    text: str
    bytes_before: int
    saved: int
    losses: tuple[Loss, ...]
    security: bool = False

    @property
    def share(self) -> float:
        """The part of what the policy keeps now that is saved."""
        return self.saved / self.bytes_before if self.bytes_before else 0.0


class _Idea(msgspec.Struct, frozen=True):
    """A change in forms from the boldest to the mildest."""

    purpose: str
    forms: tuple[Edit, ...]
    security: bool = False


def names_of(policy: Policy) -> set[str]:
    """Return the object names that a policy mentions: Traffic must tell them apart."""
    return {name for rule in policy.rules for part in rule.resources for name in part.resource_names}


def changes(loaded: LoadedPolicy, oracle: Oracle, traffic: Traffic, *, partly: Collection[str] = ()) -> list[Change]:
    """Return changes by their effect, those that cost no rule its sight first; needs a policy that loads.

    Rules named in `partly` may lose a part of their sight.
    """
    policy = loaded.policy
    assert policy is not None
    kept = traffic.price(policy).kept.bytes
    ideas = [idea for idea in _ideas(loaded, policy, traffic.users) if _counts(idea, traffic, kept)]
    ideas.sort(key=lambda idea: (not idea.security, -_saved(idea.forms[0], traffic, kept)))
    judge = _Judge(policy, oracle, oracle(policy), frozenset(partly))
    found = [_tried(idea, judge, traffic, kept) for idea in ideas[:MOST_CHANGES]]
    return sorted(found, key=lambda change: (bool(change.losses), -change.saved))


class _Judge(NamedTuple):
    """Says what an edit takes from rules, beyond what the policy takes as it is."""

    policy: Policy
    oracle: Oracle
    before: list[Sight]
    partly: frozenset[str]

    def losses(self, edited: Policy) -> list[Loss]:
        """Return rules of a worse verdict, and those that lose something more under the same one."""
        after = self.oracle(edited)
        worse = {loss.rule for loss in losses(self.before, after)}
        return [
            loss_of(old, new)
            for old, new in zip(self.before, after, strict=True)
            if (new.rule in worse or _blindings(edited, new) - _blindings(self.policy, old))
            and (new.rule not in self.partly or (new.verdict == "blind" != old.verdict))
        ]


def _blindings(policy: Policy, sight: Sight) -> set[tuple[PolicyRule | None, str]]:
    """Return by which rules of a policy and why a rule is blinded; numbers would shift with an added line."""
    return {(None if found.number is None else policy.rules[found.number], found.reason) for found in sight.blinded_by}


def _counts(idea: _Idea, traffic: Traffic, kept: int) -> bool:
    return idea.security or _saved(idea.forms[0], traffic, kept) > SMALLEST * kept


def _saved(edit: Edit, traffic: Traffic, kept: int) -> int:
    return kept - traffic.price(edit.policy).kept.bytes


def _tried(idea: _Idea, judge: _Judge, traffic: Traffic, kept: int) -> Change:
    """Return the boldest form that costs no sight, or the mildest with what it costs."""
    lost: list[Loss] = []
    edit = idea.forms[-1]
    for form in idea.forms:
        if form is not idea.forms[0] and _saved(form, traffic, kept) <= SMALLEST * kept:
            break
        edit, lost = form, judge.losses(form.policy)
        if not lost:
            break
    return Change(
        purpose=idea.purpose,
        action=edit.action,
        line=edit.line,
        text=edit.text,
        bytes_before=kept,
        saved=_saved(edit, traffic, kept),
        losses=tuple(lost),
        security=idea.security,
    )


def _ideas(loaded: LoadedPolicy, policy: Policy, users: set[str]) -> Iterator[_Idea]:
    if "RequestReceived" not in policy.omit_stages:
        yield _Idea("Drop the stage RequestReceived.", (omitting_stage(loaded, policy, "RequestReceived"),))
    if not policy.omit_managed_fields:
        yield _Idea("Leave managedFields out of bodies.", (omitting_managed_fields(loaded, policy),))
    yield from _of_credentials(policy)
    for noise in noises(users):
        yield _Idea(noise.purpose, tuple(inserting(policy, 0, rule) for rule in noise.forms))
    yield from _of_reads(policy)
    for number, rule in enumerate(policy.rules):
        lower = tuple(with_level(loaded, policy, number, level) for level in Level if level < rule.level)
        yield from [_Idea(f"Lower rule {number + 1} from {rule.level.text}.", lower)] if lower else []


def _of_credentials(policy: Policy) -> Iterator[_Idea]:
    number = _first_with_bodies(policy)
    if number is not None and any(_in_clear(policy, part) for part in _samples()):
        rule = guard_line(NEVER).rule
        yield _Idea("Secrets and tokens never in clear.", (inserting(policy, number, rule),), security=True)


def _of_reads(policy: Policy) -> Iterator[_Idea]:
    number = _first_with_bodies(policy)
    if number is not None:
        reads = tuple(PolicyRule(level=Level.METADATA, verbs=verbs) for verbs in (("get", "list", "watch"), ("watch",)))
        yield _Idea("Reads at Metadata: answers to them are large.", tuple(inserting(policy, number, r) for r in reads))


def _first_with_bodies(policy: Policy) -> int | None:
    return next((number for number, rule in enumerate(policy.rules) if rule.level > Level.METADATA), None)


def _samples() -> list[Attributes]:
    return [_request(target, verb) for target in NEVER for verb in _BODIES]


def _request(target: Target, verb: str) -> Attributes:
    resource, _, subresource = target.resource.partition("/")
    return Attributes(
        user="someone@example.com",
        groups=("system:authenticated",),
        verb=verb,
        namespace="default",
        api_group=target.group or "",
        resource=resource,
        subresource=subresource,
    )


def _in_clear(policy: Policy, attributes: Attributes) -> bool:
    return decide(policy, attributes).level > Level.METADATA
