"""Secrets and tokens are never written in clear: their requests stay at Metadata, whatever a rule would like to see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from lanner.errors import UsageError
from lanner.policy.builtin_api import homes
from lanner.policy.coverage.model import Need
from lanner.policy.evaluate import fits
from lanner.policy.model import GroupResources, Level, PolicyRule
from lanner.policy.suggest.lines import Line, Target, resources_of, targets_of

NEVER = (
    Target("", "secrets"),
    Target("", "serviceaccounts/token"),
    Target("authentication.k8s.io", "tokenreviews"),
)
"""Their bodies hold credentials: Secret data, issued tokens, tokens to be checked."""

USUALLY = (Target("", "configmaps"),)
"""Often hold credentials by mistake: in clear only where a rule looks for just that."""


class Conflict(msgspec.Struct, kw_only=True, frozen=True):
    """A rule that wants bodies of something that holds credentials; `followed` says whether the policy logs them."""

    rule: str
    resource: str
    followed: bool


def guarded(needs: Sequence[Need], no_bodies_of: Iterable[str] = ()) -> tuple[tuple[Target, ...], list[Conflict]]:
    """Return what stays at Metadata, and the conflicts of needs with it and with config maps.

    `no_bodies_of` are resources as `configmaps` or `deployments.apps`; raises UsageError where a name is empty.
    """
    asked = tuple(_target(text) for text in no_bodies_of)
    firm = dict.fromkeys((*NEVER, *asked))
    conflicts = [conflict for target in firm for conflict in _conflicts(needs, target, followed=False)]
    for target in USUALLY:
        if target in firm:
            continue
        found = _conflicts(needs, target, followed=True)
        conflicts += found
        if not found:
            firm[target] = None
    return tuple(firm), conflicts


def _target(text: str) -> Target:
    kind, _, subresource = text.partition("/")
    resource, dot, group = kind.partition(".")
    if not resource:
        raise UsageError(f"--no-bodies-of {text!r}: name a resource, such as configmaps or deployments.apps")
    if not dot:
        group = next(iter(homes(resource)), "")
    return Target(group, f"{resource}/{subresource}" if subresource else resource)


def _conflicts(needs: Iterable[Need], guard: Target, *, followed: bool) -> list[Conflict]:
    wanting = [
        need.rule
        for need in needs
        if need.level > Level.METADATA and any(_meets(target, guard) for target in targets_of(need))
    ]
    name = f"{guard.resource}.{guard.group}" if guard.group else guard.resource
    return [Conflict(rule=rule, resource=name, followed=followed) for rule in dict.fromkeys(wanting)]


def _meets(target: Target, guard: Target) -> bool:
    """Say whether a target may be the guarded resource."""
    if target.url:
        return False
    if target.group not in (None, "*", guard.group):
        return False
    resource, _, subresource = guard.resource.partition("/")
    return not target.resource or fits(target.resource, resource, subresource)


def without_guarded(needs: Iterable[Need], guards: Sequence[Target]) -> list[Need]:
    """Return needs that ask no bodies of guarded resources by name."""
    return [left for need in needs if (left := _lowered(need, guards)) is not None]


def _lowered(need: Need, guards: Sequence[Target]) -> Need | None:
    if need.level <= Level.METADATA or not need.resources:
        return need
    kept = [target for target in targets_of(need) if not (target.resource and _named(target, guards))]
    if not any(target.group is not None for target in kept) and not need.non_resource_urls:
        return None
    return msgspec.structs.replace(need, resources=resources_of(kept))


def _named(target: Target, guards: Sequence[Target]) -> bool:
    return any(target.resource == guard.resource and target.group in (guard.group, "*") for guard in guards)


def guard_line(guards: Sequence[Target]) -> Line:
    """Return the policy's first line, which no later one can overrule."""
    resources: tuple[GroupResources, ...] = resources_of(guards)
    return Line(
        rule=PolicyRule(level=Level.METADATA, resources=resources),
        purpose="Secrets and tokens: who touched them, never what is in them.",
    )
