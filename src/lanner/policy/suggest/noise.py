"""What a log can do without for all but the rules that look at it: heartbeats, health checks, controllers' bookkeeping.

Each is offered in several forms, the widest first; the proof decides which, if any, leaves every rule its sight.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lanner.policy.model import GroupResources, Level, PolicyRule

MOST_USERS = 60
"""A list of more users than this is not for reading."""

_CONTROL_PLANE = ("system:apiserver", "system:kube-controller-manager", "system:kube-proxy", "system:kube-scheduler")
_CONTROLLER = "system:serviceaccount:kube-system:"
_NODES = ("system:nodes",)
_READS = ("get", "list", "watch")
_UPDATES = ("update", "patch")

_EVENTS = (GroupResources("", ("events",)), GroupResources("events.k8s.io", ("events",)))
_LEASES = GroupResources("coordination.k8s.io", ("leases",))
_ENDPOINTS = (GroupResources("", ("endpoints",)), GroupResources("discovery.k8s.io", ("endpointslices",)))
_STATUS = GroupResources("*", ("*/status",))
_NODE_STATUS = (GroupResources("", ("nodes/status", "pods/status")), _LEASES)
_PROBES = ("/healthz", "/livez", "/readyz")
_DISCOVERY = ("/api", "/api/*", "/apis", "/apis/*", "/openapi/*", "/version", "/version/")


class Noise(msgspec.Struct, kw_only=True, frozen=True):
    """Something to be dropped or thinned: what it is, in forms from the widest to the narrowest."""

    purpose: str
    forms: tuple[PolicyRule, ...]


def noises(users: Iterable[str], *, everything: bool = False) -> list[Noise]:
    """Return what can be offered for a log with these users; `everything` adds all that the system's own users do."""
    seen = set(users)
    control = control_plane(seen)
    return [
        Noise(
            purpose="Leases: heartbeats of nodes and leaders.",
            forms=_forms(control, verbs=(*_READS, *_UPDATES), resources=(_LEASES,)),
        ),
        Noise(
            purpose="Kubernetes events: a log of their own; deleting them stays visible.",
            forms=_forms(control, verbs=("create", *_UPDATES, *_READS), resources=_EVENTS),
        ),
        Noise(
            purpose="Health checks and discovery of the API.",
            forms=(
                *_forms(control, verbs=("get",), non_resource_urls=("/healthz*", "/livez*", "/readyz*", *_DISCOVERY)),
                _none(verbs=("get",), non_resource_urls=_PROBES),
            ),
        ),
        Noise(
            purpose="What nodes tell of themselves and of their pods.",
            forms=(_none(user_groups=_NODES, verbs=_UPDATES, resources=_NODE_STATUS),),
        ),
        Noise(purpose="Reads by nodes.", forms=(_none(user_groups=_NODES, verbs=_READS),)),
        *(_of_controllers(control, everything=everything) if control else ()),
        Noise(
            purpose="Watches are logged when they end, not when they begin.",
            forms=(PolicyRule(level=Level.METADATA, verbs=("watch",), omit_stages=("ResponseStarted",)),),
        ),
    ]


def control_plane(users: set[str]) -> tuple[str, ...]:
    """Return the control plane's own users among those of a log; none where they are too many to be read."""
    found = [user for user in users if user in _CONTROL_PLANE or user.startswith(_CONTROLLER)]
    return tuple(sorted(found)) if len(found) <= MOST_USERS else ()


def _of_controllers(control: tuple[str, ...], *, everything: bool) -> list[Noise]:
    if everything:
        return [Noise(purpose="What the control plane does by itself.", forms=(_none(users=control),))]
    bookkeeping = (*_ENDPOINTS, *_EVENTS, _LEASES, _STATUS)
    return [
        Noise(
            purpose="The control plane's bookkeeping.",
            forms=(_none(users=control, verbs=("create", *_UPDATES), resources=bookkeeping),),
        ),
        Noise(purpose="The control plane's reads.", forms=(_none(users=control, verbs=_READS),)),
    ]


def _forms(
    control: tuple[str, ...],
    *,
    verbs: tuple[str, ...],
    resources: tuple[GroupResources, ...] = (),
    non_resource_urls: tuple[str, ...] = (),
) -> tuple[PolicyRule, ...]:
    """Everybody's, else the control plane's."""
    whole = _none(verbs=verbs, resources=resources, non_resource_urls=non_resource_urls)
    return (whole, msgspec.structs.replace(whole, users=control)) if control else (whole,)


def _none(
    *,
    users: tuple[str, ...] = (),
    user_groups: tuple[str, ...] = (),
    verbs: tuple[str, ...] = (),
    resources: tuple[GroupResources, ...] = (),
    non_resource_urls: tuple[str, ...] = (),
) -> PolicyRule:
    return PolicyRule(
        level=Level.NONE,
        users=users,
        user_groups=user_groups,
        verbs=verbs,
        resources=resources,
        non_resource_urls=non_resource_urls,
    )
