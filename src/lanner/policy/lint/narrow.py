"""A rule cut down to requests of one kind, to ask which of them it decides."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lanner.policy.evaluate import fits
from lanner.policy.model import GroupResources, PolicyRule


def narrow(
    rule: PolicyRule, group: str, resource: str, subresource: str = "", verbs: Iterable[str] = ()
) -> PolicyRule | None:
    """Return the part of a rule that is about a resource and, where given, some verbs; None where there is none."""
    wanted = tuple(verb for verb in verbs if not rule.verbs or verb in rule.verbs) if verbs else rule.verbs
    if (verbs and not wanted) or (rule.non_resource_urls and not (rule.resources or rule.namespaces)):
        return None
    names = _names(rule, group, resource, subresource)
    if names is None:
        return None
    path = f"{resource}/{subresource}" if subresource else resource
    return msgspec.structs.replace(rule, verbs=wanted, resources=(GroupResources(group, (path,), names),))


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
