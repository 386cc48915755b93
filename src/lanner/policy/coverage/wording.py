"""A box of requests in the terms of a policy: exact where a policy has words for it, else a little wider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from lanner.policy.builtin_api import RESOURCE_VERBS
from lanner.policy.coverage import names as part
from lanner.policy.coverage.boxes import Box, full
from lanner.policy.coverage.classes import ABSENT, TextClass
from lanner.policy.coverage.model import Need
from lanner.policy.coverage.space import TARGET, Space
from lanner.policy.coverage.targets import OTHER, Kind
from lanner.policy.model import GroupResources

_ANYTHING = (GroupResources("*"),)
_T = TypeVar("_T")


def in_policy_terms(boxes: Iterable[Box], space: Space) -> list[Need]:
    """Return the requests of boxes as needs without rule and level, each of resources, of URLs, or of all requests."""
    found = dict.fromkeys(need for box in boxes for need in _of_box(box, space))
    for need in list(found):
        everything = msgspec.structs.replace(need, resources=(), non_resource_urls=())
        parts = (
            msgspec.structs.replace(everything, resources=_ANYTHING),
            msgspec.structs.replace(everything, non_resource_urls=("*",)),
        )
        if all(part in found for part in parts):
            found = {one: None for one in found if one not in parts} | {everything: None}
    return [need for need in found if not any(_within(need, other) for other in found if other is not need)]


def _within(need: Need, other: Need) -> bool:
    """Say whether the other need is wider in some lists and the same in all else."""
    lists = ("verbs", "namespaces", "users", "user_groups")
    return all(getattr(other, name) in ((), getattr(need, name)) for name in lists) and (
        (other.resources, other.non_resource_urls) in (((), ()), (need.resources, need.non_resource_urls))
    )


def _of_box(box: Box, space: Space) -> Iterator[Need]:
    targets = _members(space.targets, box.get(TARGET, full(TARGET, space)))
    verbs = _listed(_texts(box, space, part.VERB))
    need = Need(
        rule="",
        users=_listed(_texts(box, space, part.USER)),
        user_groups=_groups(box),
        namespaces=_listed(_texts(box, space, part.NAMESPACE), absent=True),
    )
    of_resources = msgspec.structs.replace(
        need,
        verbs=() if set(RESOURCE_VERBS).issubset(verbs) else tuple(verb for verb in verbs if verb in RESOURCE_VERBS),
        resources=_resources([target for target in targets if target is not None], space),
    )
    of_urls = msgspec.structs.replace(
        need, verbs=verbs, non_resource_urls=_urls(_texts(box, space, part.URI)) if None in targets else ()
    )
    if of_resources.resources:
        yield of_resources
    if of_urls.non_resource_urls:
        yield msgspec.structs.replace(of_urls, namespaces=())


def _members(items: Sequence[_T], mask: int) -> list[_T]:
    return [item for place, item in enumerate(items) if mask >> place & 1]


def _texts(box: Box, space: Space, name: str) -> list[TextClass]:
    return _members(space.texts[name], box.get(name, full(name, space)))


def _listed(texts: Iterable[TextClass], *, absent: bool = False) -> tuple[str, ...]:
    """Return texts as a policy lists them, nothing where it cannot; `absent` where "" stands for none."""
    found = list(texts)
    if any(one.open or (one == ABSENT and not absent) for one in found):
        return ()
    return tuple(dict.fromkeys(one.value or "" for one in found))


def _groups(box: Box) -> tuple[str, ...]:
    """Return a group that the user is in; of several a policy needs to ask for one only."""
    start = f"{part.GROUPS} "
    return tuple(
        name.removeprefix(start) for name, mask in sorted(box.items()) if name.startswith(start) and mask == 2
    )[:1]


def _urls(texts: Iterable[TextClass]) -> tuple[str, ...]:
    found = set()
    for one in texts:
        path, query, _ = (one.value or "").partition("?")
        found.add(path if query or not one.open else f"{path}*")
    return ("*",) if "*" in found else tuple(sorted(found))


def _resources(kinds: Sequence[Kind], space: Space) -> tuple[GroupResources, ...]:
    others = {kind.subresource for kind in kinds if kind.resource == OTHER}
    if others.intersection({"", OTHER}):
        return _ANYTHING
    if others:
        kinds = [kind for kind in kinds if kind.subresource not in others]
    by_group: dict[str, list[str]] = {"*": [f"*/{name}" for name in sorted(others)]} if others else {}
    for group, resource in dict.fromkeys((kind.group, kind.resource) for kind in kinds):
        by_group.setdefault("*" if group == OTHER else group, []).extend(_patterns(group, resource, kinds, space))
    anywhere = by_group.get("*", [])
    left = {group: [one for one in found if group == "*" or one not in anywhere] for group, found in by_group.items()}
    return tuple(GroupResources(group, tuple(dict.fromkeys(found))) for group, found in sorted(left.items()) if found)


def _patterns(group: str, resource: str, kinds: Sequence[Kind], space: Space) -> list[str]:
    """Return how a policy names the parts of one resource."""
    wanted = [kind for kind in kinds if (kind.group, kind.resource) == (group, resource)]
    there = sum(1 for one in space.targets if one is not None and (one.group, one.resource) == (group, resource))
    if len(wanted) > 1 and (len(wanted) == there or any(kind.subresource == OTHER for kind in wanted)):
        return [f"{resource}/*"]
    return [kind.path for kind in wanted if kind.subresource != OTHER] or [f"{resource}/*"]
