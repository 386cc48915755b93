"""A rule cut down to requests of one kind, to ask which of them it decides."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lanner.policy import builtin_api
from lanner.policy.evaluate import fits
from lanner.policy.model import GroupResources, PolicyRule

_ACROSS = ("list", "watch")
"""Verbs of requests over all namespaces, whose namespace is ""."""


def narrow(
    rule: PolicyRule, group: str, resource: str, subresource: str = "", verbs: Iterable[str] = ()
) -> PolicyRule | None:
    """Return the part of a rule that is about a resource and, where given, some verbs; None where there is none.

    A built-in resource is asked for where it lives: outside namespaces, or inside but for lists over all of them.
    """
    if rule.non_resource_urls and not (rule.resources or rule.namespaces):
        return None
    names, namespaces = _names(rule, group, resource, subresource), _namespaces(rule, group, resource)
    if names is None or namespaces is None:
        return None
    wanted = tuple(verb for verb in verbs if not rule.verbs or verb in rule.verbs) if verbs else rule.verbs
    across = namespaces == ("",) and _is_namespaced(group, resource)
    if across:
        wanted = tuple(verb for verb in wanted or _ACROSS if verb in _ACROSS)
    if not wanted and (verbs or rule.verbs or across):
        return None
    path = f"{resource}/{subresource}" if subresource else resource
    part = GroupResources(group, (path,), names)
    return msgspec.structs.replace(rule, verbs=wanted, resources=(part,), namespaces=namespaces)


def _namespaces(rule: PolicyRule, group: str, resource: str) -> tuple[str, ...] | None:
    """Return a rule's namespaces as far as a resource's requests have them, None where they have none of them."""
    row = builtin_api.resources().get((group, resource))
    if row is None or row.namespaced or (group, resource) == ("", "namespaces"):
        return rule.namespaces
    return ("",) if not rule.namespaces or "" in rule.namespaces else None


def _is_namespaced(group: str, resource: str) -> bool:
    row = builtin_api.resources().get((group, resource))
    return row is not None and row.namespaced


def _names(rule: PolicyRule, group: str, resource: str, subresource: str) -> tuple[str, ...] | None:
    """Return the names to which a rule narrows a resource, () for all, None where it does not have the resource."""
    if not rule.resources:
        return ()
    parts = [
        part
        for part in rule.resources
        if part.group in ("*", group)
        and (not part.resources or any(fits(pattern, resource, subresource) for pattern in part.resources))
    ]
    if not parts:
        return None
    if any(not part.resource_names for part in parts):
        return ()
    return tuple(dict.fromkeys(name for part in parts for name in part.resource_names))
