"""Keeps a policy short: lines of one level become one, which logs a little more than was asked for, never less."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import msgspec

from lanner.policy.model import GroupResources, PolicyRule
from lanner.policy.suggest.lines import Line, Target, in_order, resources_of

MOST_LINES = 16
"""Lines that rules' needs may take; with the guard, noise and catch-all a policy stays near 25."""


def shortened(lines: Sequence[Line], most: int = MOST_LINES) -> list[Line]:
    """Return the lines, those that differ least merged until there are no more than `most`."""
    left = list(lines)
    while len(left) > most:
        pairs = [pair for pair in combinations(range(len(left)), 2) if _mergeable(left[pair[0]], left[pair[1]])]
        if not pairs:
            break
        first, second = min(pairs, key=lambda pair: _difference(left[pair[0]].rule, left[pair[1]].rule))
        left[first] = merged(left[first], left.pop(second))
    return left


def _mergeable(first: Line, second: Line) -> bool:
    """Only lines of one level, and only resources with resources: a rule of a policy has no way to say `or`."""
    one, other = first.rule, second.rule
    return one.level is other.level and bool(one.resources) and bool(other.resources)


def _difference(one: PolicyRule, other: PolicyRule) -> int:
    """Return how much more a merged line asks for: what only one of the two has, scopes counted heavily."""
    scopes = (one.namespaces, one.users, one.user_groups), (other.namespaces, other.users, other.user_groups)
    verbs = set(one.verbs) ^ set(other.verbs) if one.verbs and other.verbs else {*one.verbs, *other.verbs, ""}
    names = sum(bool(part.resource_names) for part in (*one.resources, *other.resources))
    managed = 4 * (one.omit_managed_fields is not other.omit_managed_fields)
    return len(verbs) + 8 * (scopes[0] != scopes[1]) + names + managed


def merged(first: Line, second: Line) -> Line:
    """Return one line that logs at least what either logs."""
    one, other = first.rule, second.rule
    same = (one.namespaces, one.users, one.user_groups) == (other.namespaces, other.users, other.user_groups)
    rule = msgspec.structs.replace(
        one,
        verbs=tuple(in_order([*one.verbs, *other.verbs])) if one.verbs and other.verbs else (),
        resources=resources_of([target for part in (*one.resources, *other.resources) for target in _targets(part)]),
        namespaces=one.namespaces if same else (),
        users=one.users if same else (),
        user_groups=one.user_groups if same else (),
        omit_managed_fields=False if False in (one.omit_managed_fields, other.omit_managed_fields) else None,
    )
    needed_by = tuple(dict.fromkeys((*first.needed_by, *second.needed_by)))
    return Line(rule=rule, purpose=first.purpose, needed_by=needed_by)


def _targets(part: GroupResources) -> list[Target]:
    return [Target(part.group, resource, part.resource_names) for resource in part.resources or ("",)]


def joined(lines: Sequence[Line]) -> list[Line]:
    """Return the lines, those that differ only in their users as one, in the place of the first of them."""
    left: list[Line] = []
    for line in lines:
        same = next((place for place, other in enumerate(left) if _differ_by_user(other.rule, line.rule)), None)
        if same is None:
            left.append(line)
        else:
            users = tuple(dict.fromkeys((*left[same].rule.users, *line.rule.users)))
            rule = msgspec.structs.replace(line.rule, users=users)
            left[same] = Line(rule=rule, purpose=f"{left[same].purpose} {line.purpose}")
    return left


def _differ_by_user(one: PolicyRule, other: PolicyRule) -> bool:
    return bool(one.users and other.users) and msgspec.structs.replace(one, users=other.users) == other
