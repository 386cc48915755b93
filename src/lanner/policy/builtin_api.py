"""Which groups, resources, subresources and verbs a kube-apiserver serves by itself, and which it served once.

The table is the discovery of a real kube-apiserver 1.36.3; what was taken out of older versions is from the Kubernetes
deprecation guide.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from lanner.policy.builtin_api_table import TABLE

RESOURCE_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
URL_VERBS = ("get", "head", "post", "put", "patch", "delete", "options", "trace", "connect")
_LETTERS = MappingProxyType(dict(zip("glwcupdx", RESOURCE_VERBS, strict=True)))

MOVED = MappingProxyType(
    {
        ("extensions", "deployments"): ("apps", "1.16"),
        ("extensions", "daemonsets"): ("apps", "1.16"),
        ("extensions", "replicasets"): ("apps", "1.16"),
        ("extensions", "networkpolicies"): ("networking.k8s.io", "1.16"),
        ("extensions", "ingresses"): ("networking.k8s.io", "1.22"),
        ("extensions", "podsecuritypolicies"): ("", "1.16"),
        ("policy", "podsecuritypolicies"): ("", "1.25"),
        ("settings.k8s.io", "podpresets"): ("", "1.20"),
        ("auditregistration.k8s.io", "auditsinks"): ("", "1.19"),
    }
)
"""Group and resource -> the group that took it over ("" for none), and the version without it."""


class Resource(NamedTuple):
    """A resource that kube-apiserver serves; `subresources` maps their names to verbs."""

    group: str
    name: str
    versions: tuple[str, ...]
    kind: str
    singular: str
    short_names: tuple[str, ...]
    namespaced: bool
    verbs: tuple[str, ...]
    subresources: MappingProxyType[str, tuple[str, ...]]


@cache
def resources() -> MappingProxyType[tuple[str, str], Resource]:
    """Return every built-in resource by group and name."""
    rows = (_resource(line.split()) for line in TABLE.strip().splitlines())
    return MappingProxyType({(row.group, row.name): row for row in rows})


def _resource(words: list[str]) -> Resource:
    group, versions, name, kind, singular, short_names, scope, verbs, *below = words
    return Resource(
        group="" if group == '""' else group,
        name=name,
        versions=tuple(versions.split(",")),
        kind=kind,
        singular=singular,
        short_names=() if short_names == "-" else tuple(short_names.split(",")),
        namespaced=scope == "namespaced",
        verbs=_verbs(verbs),
        subresources=MappingProxyType({name: _verbs(letters) for name, letters in (item.split(":") for item in below)}),
    )


def _verbs(letters: str) -> tuple[str, ...]:
    return tuple(_LETTERS[letter] for letter in letters if letter in _LETTERS)


@cache
def groups() -> frozenset[str]:
    """Return the built-in groups, "" among them."""
    return frozenset(group for group, _ in resources())


@cache
def of_group(group: str) -> tuple[Resource, ...]:
    """Return the resources of a group."""
    return tuple(row for row in resources().values() if row.group == group)


@cache
def homes(name: str) -> tuple[str, ...]:
    """Return the groups that have a resource of that name."""
    return tuple(group for group, resource in resources() if resource == name)


@cache
def spelt(word: str) -> str:
    """Return the resource that a kind, a singular, a short name or a wrongly cased name means, "" where none."""
    wanted = word.lower()
    for row in resources().values():
        if wanted in (row.name, row.kind.lower(), row.singular, *row.short_names):
            return row.name
    return ""
