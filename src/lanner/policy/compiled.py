"""The policy by index: the same decisions as evaluate.decide, looked up instead of scanned for.

A request is reduced to what the rules tell apart. All users, groups, verbs, namespaces, names and paths that no rule
names are one, so few different requests are left, and the answer to each is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from lanner.policy.evaluate import decision_of, fits_path, holds_resource, no_match
from lanner.policy.model import Attributes, Decision, Policy, PolicyRule

_MOST_KEPT = 1 << 14
"""Entries that each store keeps; a full one begins anew."""

_OTHER = "\0"
"""Stands for every name that no rule names; the empty name may be named."""
_Bits = int
"""A set of rules: bit n stands for rule n."""
_K = TypeVar("_K")
_V = TypeVar("_V")
_Names = Callable[[PolicyRule], tuple[str, ...]]


class CompiledPolicy:
    """Decides as `evaluate.decide` does. Keeps a bounded store of answers; not to be shared between threads."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        rules = policy.rules
        self._decisions = [decision_of(policy, number) for number in range(len(rules))]
        self._none = no_match(policy)
        self._users = _Named(rules, lambda rule: rule.users)
        self._groups = _Named(rules, lambda rule: rule.user_groups)
        self._verbs = _Named(rules, lambda rule: rule.verbs)
        self._namespaces = _Named(rules, lambda rule: rule.namespaces)
        self._names = frozenset(name for rule in rules for part in rule.resources for name in part.resource_names)
        self._paths: dict[str, _Bits] = {}
        self._group_sets: dict[tuple[str, ...], _Bits] = {}
        self._targets: dict[tuple[str, str, str, str], _Bits] = {}
        self._answers: dict[Hashable, Decision] = {}

    def decide(self, attributes: Attributes) -> Decision:
        """Return what the first matching rule says."""
        user, groups, verb, namespace, api_group, _, resource, subresource, name, path, about = attributes
        key: Hashable
        if about:
            key = (
                user,
                groups,
                verb,
                namespace,
                api_group,
                resource,
                subresource,
                name if name in self._names else _OTHER,
            )
        else:
            key = (user, groups, verb, path)
        try:
            return self._answers[key]
        except KeyError:
            return self._keep(key, attributes)

    def _keep(self, key: Hashable, attributes: Attributes) -> Decision:
        decision = self._decide(attributes)
        _put(self._answers, key, decision)
        return decision

    def _decide(self, attributes: Attributes) -> Decision:
        matching = self._users.of(attributes.user) & self._verbs.of(attributes.verb) & self._of_groups(attributes)
        if matching:
            matching &= self._of_target(attributes) if attributes.resource_request else self._of_path(attributes.path)
        if not matching:
            return self._none
        return self._decisions[(matching & -matching).bit_length() - 1]

    def _of_groups(self, attributes: Attributes) -> _Bits:
        found = self._group_sets.get(attributes.groups)
        if found is None:
            found = self._groups.any_of(attributes.groups)
            _put(self._group_sets, attributes.groups, found)
        return found

    def _of_target(self, attributes: Attributes) -> _Bits:
        name = attributes.name if attributes.name in self._names else _OTHER
        key = (attributes.api_group, attributes.resource, attributes.subresource, name)
        found = self._targets.get(key)
        if found is None:
            found = _bits(_holds(rule, attributes) for rule in self.policy.rules)
            _put(self._targets, key, found)
        return found & self._namespaces.of(attributes.namespace)

    def _of_path(self, path: str) -> _Bits:
        found = self._paths.get(path)
        if found is None:
            found = _bits(_meets(rule, path) for rule in self.policy.rules)
            _put(self._paths, path, found)
        return found


class _Named:
    """For one list of the rules: which rules name a value or name none at all."""

    def __init__(self, rules: tuple[PolicyRule, ...], names: _Names) -> None:
        self._open = _bits(not names(rule) for rule in rules)
        self._by_name: dict[str, _Bits] = {}
        for number, rule in enumerate(rules):
            for name in names(rule):
                self._by_name[name] = self._by_name.get(name, self._open) | 1 << number

    def of(self, name: str) -> _Bits:
        """Return the rules that a value meets."""
        return self._by_name.get(name, self._open)

    def any_of(self, names: Iterable[str]) -> _Bits:
        """Return the rules that at least one of the values meets."""
        found = self._open
        for name in names:
            found |= self.of(name)
        return found


def _bits(flags: Iterable[object]) -> _Bits:
    return sum(1 << number for number, flag in enumerate(flags) if flag)


def _put(store: dict[_K, _V], key: _K, value: _V) -> None:
    if len(store) >= _MOST_KEPT:
        store.clear()
    store[key] = value


def _holds(rule: PolicyRule, attributes: Attributes) -> bool:
    """Say whether a rule is for a resource, apart from its namespaces."""
    if rule.resources:
        return any(holds_resource(part, attributes) for part in rule.resources)
    return bool(rule.namespaces) or not rule.non_resource_urls


def _meets(rule: PolicyRule, path: str) -> bool:
    """Say whether a rule is for a path that is no resource's."""
    if rule.resources or rule.namespaces:
        return False
    return not rule.non_resource_urls or any(fits_path(pattern, path) for pattern in rule.non_resource_urls)
