"""Builds the cheapest policy that leaves every rule its sight, and proves it by coverage after each step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import msgspec

from lanner.policy.coverage.model import Need, Sight
from lanner.policy.model import Level, Policy, PolicyRule
from lanner.policy.suggest.guard import guard_line, guarded, without_guarded
from lanner.policy.suggest.lines import Line, lines_of
from lanner.policy.suggest.merging import joined, shortened
from lanner.policy.suggest.model import EVERYTHING, Keep, Loss, Oracle, Refused, Suggestion, losses
from lanner.policy.suggest.noise import Noise, noises
from lanner.policy.suggest.traffic import Traffic

SMALLEST = 0.001
"""Noise that is less than this share of what is kept is not worth a line."""
MOST_ROUNDS = 12


class _Frame(msgspec.Struct, kw_only=True, frozen=True):
    """The lines that stand, and what goes for the whole policy; noise comes between `head` and `tail`.

    `head` ends with `lower`: lines that noise must not take from, of which a catch-all alone would do as well.
    """

    head: tuple[Line, ...]
    lower: int
    tail: tuple[Line, ...]
    omit_stages: tuple[str, ...]
    omit_managed_fields: bool

    def policy(self, noise: Sequence[Line] = ()) -> Policy:
        return Policy(
            rules=tuple(line.rule for line in (*self.head, *noise, *self.tail)),
            omit_stages=self.omit_stages,
            omit_managed_fields=self.omit_managed_fields,
        )

    def without(self, numbers: Collection[int]) -> _Frame:
        """Return the frame without some of its lower lines."""
        head = tuple(line for number, line in enumerate(self.head) if number not in numbers)
        return msgspec.structs.replace(self, head=head, lower=self.lower - len(numbers))


class _Offer(msgspec.Struct):
    """Noise in the form that is tried now, and who spoke against earlier forms."""

    noise: Noise
    form: int = 0
    refused_by: list[str] = msgspec.field(default_factory=list)

    @property
    def line(self) -> Line:
        return Line(rule=self.noise.forms[self.form], purpose=self.noise.purpose)


def needs_in(sights: Iterable[Sight]) -> list[Need]:
    """Return all that rules need."""
    return [need for sight in sights for need in sight.needs]


def names_in(needs: Iterable[Need]) -> set[str]:
    """Return the object names that needs mention: Traffic must tell them apart."""
    return {name for need in needs for part in need.resources for name in part.resource_names}


def suggest(
    oracle: Oracle,
    traffic: Traffic,
    *,
    keep: Keep = "metadata",
    no_bodies_of: Sequence[str] = (),
    partly: Collection[str] = (),
    full: list[Sight] | None = None,
) -> Suggestion:
    """Return the cheapest policy found; its `losses` are empty where every rule keeps its sight.

    Rules named in `partly` may miss some requests, if that saves; so may those that want bodies of secrets and tokens.
    `full` is what the oracle says of EVERYTHING, where that is known already. Raises UsageError on a bad resource.
    """
    full = oracle(EVERYTHING) if full is None else full
    needs = needs_in(full)
    guards, conflicts = guarded(needs, no_bodies_of)
    partly = {*partly, *(conflict.rule for conflict in guarded(needs)[1] if not conflict.followed)}
    frame = _frame(without_guarded(needs, guards), guard_line(guards), keep)
    proof = _Proof(oracle, full, partly)
    offers = _offers(frame, traffic, everything=keep == "nothing")
    refused = _settle(frame, offers, proof, traffic)
    noise = joined([offer.line for offer in offers])
    frame = _pruned(frame, noise, proof)
    policy = frame.policy(noise)
    sights = oracle(policy)
    lost = losses(full, sights, partly)
    return Suggestion(
        policy=policy,
        lines=(*frame.head, *noise, *frame.tail),
        keep=keep,
        now=traffic.now,
        price=traffic.price(policy),
        sights=sights,
        losses=lost,
        conflicts=conflicts,
        refused=refused,
        unsighted=[sight.rule for sight in full if sight.verdict != "sighted"],
        partly=[loss for loss in losses(full, sights) if loss not in lost],
    )


class _Proof(NamedTuple):
    """Asks what a policy would take from rules."""

    oracle: Oracle
    full: list[Sight]
    partly: Collection[str]

    def losses(self, policy: Policy) -> list[Loss]:
        return losses(self.full, self.oracle(policy), self.partly)


def _pruned(frame: _Frame, noise: Sequence[Line], proof: _Proof) -> _Frame:
    """Return the frame without the lower lines that the catch-all, after the noise, does as well."""
    if not (frame.lower and frame.tail):
        return frame
    most = len(proof.losses(frame.policy(noise)))
    bare = frame.without(range(len(frame.head) - frame.lower, len(frame.head)))
    if len(proof.losses(bare.policy(noise))) <= most:
        return bare
    for number in range(len(frame.head) - 1, len(frame.head) - frame.lower - 1, -1):
        shorter = frame.without([number])
        if len(proof.losses(shorter.policy(noise))) <= most:
            frame = shorter
    return frame


def _frame(needs: list[Need], guard: Line, keep: Keep) -> _Frame:
    bodies = shortened(lines_of(need for need in needs if need.level > Level.METADATA))
    others = [need for need in needs if need.level <= Level.METADATA]
    tail = [_catch_all(others, keep)] if keep == "metadata" or any(map(_universal, others)) else []
    lower = shortened(lines_of(need for need in others if not _universal(need)))
    stages = {stage for need in needs for stage in need.stages}
    return _Frame(
        head=(guard, *bodies, *lower),
        lower=len(lower),
        tail=tuple(tail),
        omit_stages=_unneeded(stages, keep),
        omit_managed_fields=True,
    )


def _universal(need: Need) -> bool:
    """Say whether a need is about every request."""
    narrowing = (need.verbs, need.namespaces, need.users, need.user_groups, need.non_resource_urls)
    return not any(narrowing) and not need.resources


def _catch_all(needs: list[Need], keep: Keep) -> Line:
    rules = tuple(dict.fromkeys(need.rule for need in needs if _universal(need)))
    purpose = "Everything else: who did what." if keep == "metadata" else "Rules that look at every request."
    return Line(rule=PolicyRule(level=Level.METADATA), purpose=purpose, needed_by=rules)


def _unneeded(needed: set[str], keep: Keep) -> tuple[str, ...]:
    """Return the stages to omit; that a session began tells more than it costs, so it is kept if anything is."""
    stages = ("RequestReceived", "ResponseStarted") if keep == "nothing" else ("RequestReceived",)
    return tuple(stage for stage in stages if stage not in needed)


def _offers(frame: _Frame, traffic: Traffic, *, everything: bool) -> list[_Offer]:
    """Return noise that is worth its line in this log; without a catch-all there is none."""
    offers = [_Offer(noise) for noise in noises(traffic.users, everything=everything)] if frame.tail else []
    return [offer for offer in offers if _worth(frame, offer, traffic)]


def _worth(frame: _Frame, offer: _Offer, traffic: Traffic) -> bool:
    return _saving(frame, offer, traffic) > SMALLEST * traffic.price(frame.policy()).kept.bytes


def _saving(frame: _Frame, offer: _Offer, traffic: Traffic) -> int:
    before, after = (traffic.price(frame.policy(noise)).kept.bytes for noise in ([], [offer.line]))
    return before - after


def _settle(frame: _Frame, offers: list[_Offer], proof: _Proof, traffic: Traffic) -> list[Refused]:
    """Narrow or withdraw offers until no rule loses sight by them; changes `offers`, returns those withdrawn."""
    refused: list[Refused] = []
    for left in range(MOST_ROUNDS, -1, -1):
        lost = proof.losses(frame.policy([offer.line for offer in offers]))
        blamed = _blamed(lost, offers, len(frame.head))
        if not blamed:
            break
        for offer, rules in blamed:
            offer.refused_by.extend(rules)
            offer.form += 1
            if offer.form == len(offer.noise.forms) or not left or not _worth(frame, offer, traffic):
                offer.form = 0
                offers.remove(offer)
                refused.append(_refused(frame, offer, traffic))
    return sorted(refused, key=lambda one: -one.bytes)


def _blamed(lost: list[Loss], offers: list[_Offer], first: int) -> list[tuple[_Offer, list[str]]]:
    found = [(offer, [loss.rule for loss in lost if first + place in loss.lines]) for place, offer in enumerate(offers)]
    return [(offer, rules) for offer, rules in found if rules]


def _refused(frame: _Frame, offer: _Offer, traffic: Traffic) -> Refused:
    saving = _saving(frame, offer, traffic)
    return Refused(purpose=offer.noise.purpose, bytes=saving, rules=tuple(dict.fromkeys(offer.refused_by)))
