"""Which requests a rule really decides, given the rules above it: exact, by the least requests that each entry takes.

A rule is a conjunction of parts; within a part the value that the fewest rules above take is one that the rule lists
or, where it lists none, one that no rule names. So a handful of values a part stands for all requests. When every
combination of them is taken by a rule above, the rule is out of reach; else one of them is a witness.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from lanner.policy.evaluate import fits_path, holds_resource
from lanner.policy.model import Attributes, GroupResources, Policy, PolicyRule

FRESH = "\x00any other"
"""Stands for a value that the policy does not name; no name in Kubernetes holds a NUL."""
MAX_STEPS = 20_000


class Reach(NamedTuple):
    """Whether a rule decides anything, a request that it decides, else the rules above that take all of its requests.

    A question too wide to answer counts as reachable, without a witness.
    """

    reachable: bool
    witness: Attributes | None = None
    takers: tuple[int, ...] = ()


class _Choice(NamedTuple):
    """A value of one part: what it sets in the request, and which rules above take it (one bit a rule)."""

    values: dict[str, Any]
    takers: int


def reach(policy: Policy, rule: PolicyRule, above: int) -> Reach:
    """Say whether a rule would decide anything if it stood below the policy's first `above` rules."""
    taken = 0
    earlier = policy.rules[:above]
    for resource_request in (True, False):
        if not _serves(rule, resource_request=resource_request):
            continue
        search = _Search(_parts(rule, earlier, resource_request=resource_request))
        if search.run(_bits(_serves(one, resource_request=resource_request) for one in earlier)):
            return Reach(True, search.witness(resource_request=resource_request))
        taken |= search.taken
    return Reach(False, None, tuple(number for number in range(above) if taken >> number & 1))


def decided(policy: Policy, number: int) -> Reach:
    """Say what a rule of the policy decides."""
    return reach(policy, policy.rules[number], number)


class _Search:
    """Tries combinations of choices, the parts with the fewest choices first."""

    def __init__(self, parts: list[list[_Choice]]) -> None:
        self._parts = sorted(parts, key=len)
        self._steps = 0
        self._values: dict[str, Any] = {}
        self.taken = 0

    def run(self, takers: int, depth: int = 0) -> bool:
        """Look for a combination that no rule above takes; true where there is one, or may be."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            return True
        if depth == len(self._parts):
            self.taken |= takers & -takers
            return takers == 0
        for choice in self._parts[depth]:
            self._values |= choice.values
            if self.run(takers & choice.takers, depth + 1):
                return True
        return False

    def witness(self, *, resource_request: bool) -> Attributes | None:
        """Return the combination found, None where the search was given up."""
        if self._steps > MAX_STEPS:
            return None
        return Attributes(resource_request=resource_request)._replace(**self._values)


def _serves(rule: PolicyRule, *, resource_request: bool) -> bool:
    """Say whether a rule looks at resource requests, or at others."""
    if rule.namespaces or rule.resources:
        return resource_request
    return not (rule.non_resource_urls and resource_request)


def _bits(holds: Iterable[object]) -> int:
    return sum(1 << number for number, one in enumerate(holds) if one)


def _parts(rule: PolicyRule, earlier: Sequence[PolicyRule], *, resource_request: bool) -> list[list[_Choice]]:
    parts = [_users(rule, earlier), _groups(rule, earlier), _verbs(rule, earlier)]
    if resource_request:
        parts += [_namespaces(rule, earlier), _resources(rule, earlier)]
    else:
        parts.append(_paths(rule, earlier))
    return [_least(part) for part in parts]


def _users(rule: PolicyRule, earlier: Sequence[PolicyRule]) -> list[_Choice]:
    return [
        _Choice({"user": user}, _bits(_takes(one.users, user) for one in earlier)) for user in rule.users or (FRESH,)
    ]


def _groups(rule: PolicyRule, earlier: Sequence[PolicyRule]) -> list[_Choice]:
    choices: list[tuple[str, ...]] = [(group,) for group in rule.user_groups] or [()]
    return [
        _Choice(
            {"groups": groups},
            _bits(not one.user_groups or set(one.user_groups).intersection(groups) for one in earlier),
        )
        for groups in choices
    ]


def _verbs(rule: PolicyRule, earlier: Sequence[PolicyRule]) -> list[_Choice]:
    return [
        _Choice({"verb": verb}, _bits(_takes(one.verbs, verb) for one in earlier)) for verb in rule.verbs or (FRESH,)
    ]


def _takes(listed: tuple[str, ...], value: str) -> bool:
    return not listed or value in listed


def _namespaces(rule: PolicyRule, earlier: Sequence[PolicyRule]) -> list[_Choice]:
    return [
        _Choice({"namespace": name}, _bits(_takes(one.namespaces, name) for one in earlier))
        for name in rule.namespaces or (FRESH,)
    ]


def _resources(rule: PolicyRule, earlier: Sequence[PolicyRule]) -> list[_Choice]:
    found = []
    for values in least_resources(rule.resources or (GroupResources("*"),)):
        request = Attributes()._replace(**values)
        takers = _bits(
            not one.resources or any(holds_resource(part, request) for part in one.resources) for one in earlier
        )
        found.append(_Choice(values, takers))
    return found


def least_resources(parts: Iterable[GroupResources]) -> Iterator[dict[str, Any]]:
    """Yield for each pattern requests that fit as few other patterns as may be; a pattern may fit nothing."""
    for part in parts:
        group = FRESH if part.group == "*" else part.group
        for resource, below in (least for pattern in part.resources or ("*",) for least in _least_of(pattern)):
            for name in part.resource_names or (FRESH,):
                values: dict[str, Any] = {"api_group": group, "resource": resource, "subresource": below, "name": name}
                if holds_resource(part, Attributes()._replace(**values)):
                    yield values


def _least_of(pattern: str) -> tuple[tuple[str, str], ...]:
    if pattern == "*":
        return ((FRESH, FRESH),)
    if pattern == "*/*":
        return (("*", FRESH), (FRESH, "*"))
    resource, _, below = pattern.rpartition("/") if pattern.endswith("/*") else pattern.partition("/")
    return ((FRESH if resource == "*" else resource, FRESH if below == "*" else below),)


def _paths(rule: PolicyRule, earlier: Sequence[PolicyRule]) -> list[_Choice]:
    found = []
    for pattern in rule.non_resource_urls or ("*",):
        path = pattern.rstrip("*") + FRESH if pattern.endswith("*") else pattern
        takers = _bits(
            not one.non_resource_urls or any(fits_path(other, path) for other in one.non_resource_urls)
            for one in earlier
        )
        found.append(_Choice({"path": path}, takers))
    return found


def _least(choices: list[_Choice]) -> list[_Choice]:
    """Keep the choices that no other choice beats by fewer takers."""
    kept: list[_Choice] = []
    for choice in sorted(choices, key=lambda one: one.takers.bit_count()):
        if not any(other.takers & ~choice.takers == 0 for other in kept):
            kept.append(choice)
    return kept
