"""Which requests there can be at all: verbs of resources and of other paths, and which of them have bodies."""

from __future__ import annotations

from lanner.policy import builtin_api
from lanner.policy.model import Level, PolicyRule

_BARE = {Level.REQUEST: frozenset({"get", "list", "watch"}), Level.REQUEST_RESPONSE: frozenset({"watch"})}
"""Verbs that have no body at a level."""


def possible_verbs(rule: PolicyRule) -> set[str]:
    """Return the verbs that requests may have which a rule can match."""
    if rule.resources or rule.namespaces:
        return {*builtin_api.RESOURCE_VERBS, "proxy", ""}
    if rule.non_resource_urls:
        return set(builtin_api.URL_VERBS)
    return {*builtin_api.RESOURCE_VERBS, *builtin_api.URL_VERBS, "proxy", ""}


def is_idle(rule: PolicyRule) -> bool:
    """Say whether no request matches, for its verbs or its paths alone."""
    no_verb = bool(rule.verbs) and not possible_verbs(rule).intersection(rule.verbs)
    no_path = bool(rule.non_resource_urls) and all("?" in url for url in rule.non_resource_urls)
    return no_verb or no_path


def is_bare(rule: PolicyRule) -> bool:
    """Say whether its verbs bring no body at its level."""
    return bool(rule.verbs) and _BARE.get(rule.level, frozenset()).issuperset(rule.verbs)
