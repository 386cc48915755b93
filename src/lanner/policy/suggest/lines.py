"""From what rules need to lines of a policy: needs of one level and one set of verbs share a line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from lanner.policy.coverage.model import Need
from lanner.policy.model import GroupResources, Level, PolicyRule

ALL_VERBS = ""
"""Stands for every verb where verbs are counted one by one."""


class Line(msgspec.Struct, kw_only=True, frozen=True):
    """One rule of a suggested policy, what it is for, and the detection rules that need it."""

    rule: PolicyRule
    purpose: str
    needed_by: tuple[str, ...] = ()


class Scope(NamedTuple):
    """Whose requests, and where; empty parts do not narrow."""

    namespaces: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    user_groups: tuple[str, ...] = ()


class Target(NamedTuple):
    """One thing that requests are for: a resource of a group ("" all of it), or a URL; neither: any request."""

    group: str | None = None
    resource: str = ""
    names: tuple[str, ...] = ()
    url: str = ""


ANY = Target()


class _Want(msgspec.Struct):
    """What is wanted of one verb on one target."""

    level: Level = Level.NONE
    managed: bool = False
    rules: list[str] = msgspec.field(default_factory=list)


class _Shape(NamedTuple):
    """What targets must have in common to share a line."""

    level: Level
    managed: bool
    scope: Scope
    verbs: tuple[str, ...]


_Wants = dict[tuple[Scope, Target], dict[str, _Want]]


def lines_of(needs: Iterable[Need]) -> list[Line]:
    """Return lines that log at least what the needs ask for, the highest level first, in a settled order."""
    grouped: dict[_Shape, dict[Target, list[str]]] = defaultdict(dict)
    for (scope, target), wants in _wants(needs).items():
        for shape, rules in _shapes(scope, wants):
            grouped[shape][target] = rules
    shapes = sorted(grouped, key=lambda shape: (-shape.level, not shape.managed, shape.scope, shape.verbs))
    return [line for shape in shapes for line in _lines(shape, grouped[shape])]


def _wants(needs: Iterable[Need]) -> _Wants:
    wants: _Wants = defaultdict(dict)
    for need in needs:
        scope = Scope(need.namespaces, need.users, need.user_groups)
        for target in targets_of(need):
            for verb in need.verbs or (ALL_VERBS,):
                want = wants[scope, target].setdefault(verb, _Want())
                want.level = max(want.level, need.level)
                want.managed |= need.managed_fields
                want.rules.append(need.rule)
    return {key: _without_spared(key, verbs, wants) for key, verbs in wants.items()}


def targets_of(need: Need) -> Iterator[Target]:
    """Yield what a need is about, one by one."""
    for part in need.resources:
        for resource in part.resources or ("",):
            yield Target(part.group, resource, part.resource_names)
    for url in need.non_resource_urls:
        yield Target(url=url)
    if not need.resources and not need.non_resource_urls:
        yield ANY


def _without_spared(key: tuple[Scope, Target], verbs: dict[str, _Want], wants: _Wants) -> dict[str, _Want]:
    """Leave out what a line for every verb, or for everybody, gives as well."""
    scope, target = key
    wider = [wants.get((Scope(), target), {})] if scope != Scope() else []
    left = {}
    for verb, want in verbs.items():
        others = [verbs[ALL_VERBS]] if verb != ALL_VERBS and ALL_VERBS in verbs else []
        others += [found[name] for found in wider for name in (ALL_VERBS, verb) if name in found]
        sparing = next((other for other in others if _gives(other, want)), None)
        if sparing is None:
            left[verb] = want
        else:
            sparing.rules.extend(want.rules)
    return left


def _gives(other: _Want, want: _Want) -> bool:
    return other.level >= want.level and (other.managed or not want.managed)


def _shapes(scope: Scope, wants: dict[str, _Want]) -> Iterator[tuple[_Shape, list[str]]]:
    by_form: dict[tuple[Level, bool], list[str]] = defaultdict(list)
    for verb, want in wants.items():
        by_form[want.level, want.managed].append(verb)
    for (level, managed), verbs in by_form.items():
        named = () if ALL_VERBS in verbs else tuple(in_order(verbs))
        yield _Shape(level, managed, scope, named), [rule for verb in verbs for rule in wants[verb].rules]


_VERBS = ("create", "update", "patch", "delete", "deletecollection", "get", "list", "watch")


def in_order(verbs: Iterable[str]) -> list[str]:
    """Return verbs once each, writes before reads, others behind."""
    known = {verb: place for place, verb in enumerate(_VERBS)}
    return sorted(set(verbs), key=lambda verb: (known.get(verb, len(known)), verb))


def _lines(shape: _Shape, targets: dict[Target, list[str]]) -> Iterator[Line]:
    """A policy's rule is for resources or for URLs, so a shape gives up to three lines."""
    anything = {target: rules for target, rules in targets.items() if target == ANY}
    urls = {target: rules for target, rules in targets.items() if target.url}
    resources = {target: rules for target, rules in targets.items() if target.group is not None}
    for part in (resources, urls, anything):
        if part:
            yield _line(shape, part)


def _line(shape: _Shape, targets: dict[Target, list[str]]) -> Line:
    rule = PolicyRule(
        level=shape.level,
        verbs=shape.verbs,
        resources=resources_of(targets),
        non_resource_urls=tuple(sorted(target.url for target in targets if target.url)),
        namespaces=shape.scope.namespaces,
        users=shape.scope.users,
        user_groups=shape.scope.user_groups,
        omit_managed_fields=False if shape.managed else None,
    )
    rules = [rule for names in targets.values() for rule in names]
    return Line(rule=rule, purpose=purpose_of(shape.level), needed_by=tuple(dict.fromkeys(rules)))


def resources_of(targets: Iterable[Target]) -> tuple[GroupResources, ...]:
    """Return the resources of targets, those of one group and of the same names together."""
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for target in targets:
        if target.group is not None:
            grouped[target.group, target.names].append(target.resource)
    return tuple(
        GroupResources(group, () if "" in found else tuple(sorted(set(found))), names)
        for (group, names), found in sorted(grouped.items())
    )


def purpose_of(level: Level) -> str:
    """Say what a level gives to rules."""
    return {
        Level.REQUEST_RESPONSE: "What was asked for and what came of it.",
        Level.REQUEST: "What was asked for.",
    }.get(level, "Who did what.")
