"""What requests are for: every built-in resource and subresource, those that are named, and all others as one.

A resource's name that Kubernetes itself uses means that resource, not one of the same name in another group.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lanner.policy import builtin_api
from lanner.policy.coverage.classes import ABSENT, ANY_OTHER, TextClass
from lanner.policy.coverage.names import API_GROUP, RESOURCE, SUBRESOURCE, Names
from lanner.policy.evaluate import fits
from lanner.policy.model import GroupResources

OTHER = "\x00other"
"""Stands for any group, resource or subresource that nobody names; no name in Kubernetes holds a NUL."""


class Kind(NamedTuple):
    """A resource of a group and a subresource of it ("" none)."""

    group: str
    resource: str
    subresource: str

    @property
    def path(self) -> str:
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


Target = Kind | None
"""None is a request that is for no resource."""


def targets(names: Names) -> list[Target]:
    """Return all classes of what a request can be for."""
    return [None, *dict.fromkeys(_kinds(names))]


def _kinds(names: Names) -> Iterator[Kind]:
    known = builtin_api.resources()
    below = sorted(names[SUBRESOURCE].exact)
    new = [name for name in below if not any(name in row.subresources for row in known.values())]
    for (group, resource), row in known.items():
        yield from (Kind(group, resource, name) for name in ("", *row.subresources, *new))
    groups = sorted(names[API_GROUP].exact)
    foreign = [group for group in groups if group not in builtin_api.groups()]
    for resource in (*sorted(names[RESOURCE].exact), OTHER):
        if builtin_api.homes(resource):
            continue
        for group in ("", *groups, OTHER) if resource != OTHER else (*foreign, OTHER):
            yield from (Kind(group, resource, name) for name in ("", *below, OTHER))


def texts_of(classes: list[Target], part: str) -> list[TextClass]:
    """Return what an event shows of one part (API_GROUP, RESOURCE, SUBRESOURCE) in each class."""
    place = (API_GROUP, RESOURCE, SUBRESOURCE).index(part)
    return [ABSENT if one is None else _text(one[place]) for one in classes]


def _text(value: str) -> TextClass:
    return ANY_OTHER if value == OTHER else TextClass(value or None)


def is_for(part: GroupResources, kind: Kind) -> bool:
    """Say whether a policy's resources, apart from their names, hold a kind."""
    if part.group not in ("*", kind.group):
        return False
    return not part.resources or any(fits(pattern, kind.resource, kind.subresource) for pattern in part.resources)


def cluster_wide(kind: Kind) -> bool:
    """Say whether objects of a built-in kind have no namespace; those of namespaces show their own name as one."""
    row = builtin_api.resources().get((kind.group, kind.resource))
    return row is not None and not row.namespaced and kind.resource != "namespaces"
