"""How a suggestion, its proof and single changes are told: as lines and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from lanner.policy.suggest.changes import Change
from lanner.policy.suggest.model import Loss, Suggestion
from lanner.policy.suggest.replaying import Outcome
from lanner.policy.suggest.traffic import Traffic
from lanner.policy.suggest.writing import megabytes, names, share

SHOWN = 5


def report_lines(found: Suggestion, outcome: Outcome) -> Iterator[str]:
    """Yield what a suggestion costs, how it was proved, and what it could not leave out."""
    kept, now = found.price.kept, found.now
    part = share(kept.bytes, now.bytes)
    yield f"size: {megabytes(kept.bytes)} of {megabytes(now.bytes)} ({part}), {kept.events:,} of {now.events:,} events"
    if found.minimum is not None and found.keep == "metadata":
        yield f"with --keep nothing, the pure minimum: {megabytes(found.minimum.bytes)}"
    yield from _proof(found, outcome)
    for conflict in found.conflicts:
        follows = "bodies are logged; --no-bodies-of forbids it" if conflict.followed else "bodies are not logged"
        yield f"conflict: {conflict.rule!r} looks into bodies of {conflict.resource}: {follows}"
    for refused in found.refused:
        yield f"not left out: {refused.purpose} It is {megabytes(refused.bytes)}; needed by {names(refused.rules)}"


def _proof(found: Suggestion, outcome: Outcome) -> Iterator[str]:
    yield f"coverage: {_counted(sight.verdict for sight in found.sights)} of {len(found.sights)} rules"
    for loss in found.losses:
        yield f"NOT DONE: {_loss(loss)}"
    for loss in found.partly:
        yield f"as allowed: {_loss(loss)}"
    for name in found.unsighted:
        yield f"note: {name!r} is not fully sighted under any policy"
    yield f"replay: {_replay(outcome)}"
    for rule, audit_id in [*outcome.missing, *outcome.added][:SHOWN]:
        yield f"  differs: {rule!r} on {audit_id}"


def _loss(loss: Loss) -> str:
    return f"{loss.rule!r} is {loss.after}, was {loss.before}: {loss.reason}"


def _replay(outcome: Outcome) -> str:
    if not outcome.same:
        return f"{len(outcome.missing)} alerts of {outcome.alerts} are missing, {len(outcome.added)} are new"
    fewer = outcome.fired - outcome.fired_kept
    if outcome.allowed:
        same = outcome.alerts - outcome.allowed
        return f"the same {same} alerts, by rule and auditID; {outcome.allowed} are missed by rules that may miss some"
    twice = f"; {fewer} less where a rule fires at several stages of a request" if fewer else ""
    return f"the same {outcome.alerts} alerts, by rule and auditID, on what the policy keeps{twice}"


def _counted(verdicts: Iterator[str]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in Counter(verdicts).most_common())


def as_json(found: Suggestion, outcome: Outcome, text: str) -> dict[str, Any]:
    """Return a suggestion with its proof as JSON values."""
    return {
        "policy": text,
        "keep": found.keep,
        "proved": found.proved and outcome.same,
        "bytes_now": found.now.bytes,
        "events_now": found.now.events,
        "bytes_kept": found.price.kept.bytes,
        "events_kept": found.price.kept.events,
        "bytes_minimum": found.minimum.bytes if found.minimum else None,
        "lines": [
            {
                "rule": number,
                "level": line.rule.level.text,
                "purpose": line.purpose,
                "needed_by": list(line.needed_by),
                "bytes": cost.bytes if (cost := found.price.by_rule.get(number)) else 0,
                "events": cost.events if cost else 0,
            }
            for number, line in enumerate(found.lines)
        ],
        "coverage": {sight.rule: sight.verdict for sight in found.sights},
        **{name: msgspec.to_builtins(getattr(found, name)) for name in _LISTS},
        "replay": {**msgspec.to_builtins(outcome), "same": outcome.same},
    }


_LISTS = ("losses", "partly", "conflicts", "refused", "unsighted")


def changes_as_json(told: list[Change], traffic: Traffic) -> dict[str, Any]:
    """Return changes as JSON values."""
    return {
        "bytes_now": traffic.now.bytes,
        "changes": [{**msgspec.to_builtins(change), "share": round(change.share, 4)} for change in told],
    }


def change_lines(told: list[Change], file: str) -> Iterator[str]:
    """Yield changes by their effect, those that blind a rule behind the others."""
    if not told:
        yield "no single line saves anything worth telling"
    for change in told:
        sign = "-" if change.saved >= 0 else "+"
        effect = f"{sign}{share(abs(change.saved), change.bytes_before)} ({sign}{megabytes(abs(change.saved))})"
        yield f"{effect:>22}  {change.purpose} {_effect(change)}"
        yield f"{'':22}  {file}:{change.line}: {change.action}{' before it' if change.action == 'add' else ''}:"
        yield f"{'':22}  {change.text}"


def _effect(change: Change) -> str:
    if change.losses:
        return f"TAKES SIGHT from {names([loss.rule for loss in change.losses])}."
    return "Security; no rule loses sight." if change.security else "No rule loses sight."
