"""What a log can do without for all but the rules that look at it: heartbeats, health checks, controllers' bookkeeping.

Each is offered in several forms, the widest first; the proof decides which, if any, leaves every rule its sight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lanner.policy.model import GroupResources, Level, PolicyRule

MOST_USERS = 60
"""A list of more users than this is not for reading."""

_COMPONENTS = ("system:apiserver", "system:kube-controller-manager", "system:kube-proxy", "system:kube-scheduler")
_CONTROLLERS = "system:serviceaccounts:kube-system"
_CONTROLLER = "system:serviceaccount:kube-system:"
_NODES = ("system:nodes",)
_READS = ("get", "list", "watch")
_UPDATES = ("update", "patch")

_EVENTS = (GroupResources("", ("events",)), GroupResources("events.k8s.io", ("events",)))
_LEASES = GroupResources("coordination.k8s.io", ("leases",))
_BOOKKEEPING = (
    GroupResources("", ("endpoints", "events")),
    GroupResources("discovery.k8s.io", ("endpointslices",)),
    GroupResources("events.k8s.io", ("events",)),
    _LEASES,
    GroupResources("*", ("*/status",)),
)
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
    control = tuple(user for scope, _ in (*_components(seen), *_controllers(seen)[1:]) for user in scope)
    events = PolicyRule(level=Level.NONE, verbs=("create", *_UPDATES, *_READS), resources=_EVENTS)
    return [
        _noise(
            "Leases: heartbeats of nodes and leaders.",
            PolicyRule(level=Level.NONE, verbs=(*_READS, *_UPDATES), resources=(_LEASES,)),
        ),
        _noise(
            "Kubernetes events: a log of their own; deleting them stays visible.",
            events,
            *([msgspec.structs.replace(events, users=control)] if control else []),
        ),
        _noise(
            "Health checks and discovery of the API.",
            _of_urls("/healthz*", "/livez*", "/readyz*", *_DISCOVERY),
            _of_urls(*_DISCOVERY),
            _of_urls(*_PROBES),
        ),
        _noise(
            "What nodes tell of themselves and of their pods.",
            PolicyRule(level=Level.NONE, user_groups=_NODES, verbs=_UPDATES, resources=_NODE_STATUS),
        ),
        _noise("Reads by nodes.", PolicyRule(level=Level.NONE, user_groups=_NODES, verbs=_READS)),
        *_of_control_plane(seen, everything=everything),
        _noise(
            "Watches are logged when they end, not when they begin.",
            PolicyRule(level=Level.METADATA, verbs=("watch",), omit_stages=("ResponseStarted",)),
        ),
    ]


def _noise(purpose: str, *forms: PolicyRule) -> Noise:
    return Noise(purpose=purpose, forms=forms)


def _of_urls(*urls: str) -> PolicyRule:
    return PolicyRule(level=Level.NONE, verbs=("get",), non_resource_urls=urls)


def _of_control_plane(seen: set[str], *, everything: bool) -> Iterator[Noise]:
    """Yield the parts of what the control plane's users do by themselves, one group of actors after the other."""
    for actor, scopes in (("components", _components(seen)), ("controllers", _controllers(seen))):
        for purpose, rule in _EVERYTHING if everything else _OF_ROUTINE:
            forms = [msgspec.structs.replace(rule, users=users, user_groups=groups) for users, groups in scopes]
            if forms:
                yield _noise(purpose.format(actor), *forms)


_Scopes = list[tuple[tuple[str, ...], tuple[str, ...]]]
"""Users and groups of which a request must meet both parts that are there."""


def _components(seen: set[str]) -> _Scopes:
    found = tuple(user for user in _COMPONENTS if user in seen)
    return [(found, ())] if found else []


def _controllers(seen: set[str]) -> _Scopes:
    """All of kube-system's accounts by their group; else those of the log by name, if a list of them can be read."""
    found = tuple(sorted(user for user in seen if user.startswith(_CONTROLLER)))
    by_name = [(found, ())] if len(found) <= MOST_USERS else []
    return [((), (_CONTROLLERS,)), *by_name] if found else []


_EVERYTHING = (("What the control plane's {} do by themselves.", PolicyRule(level=Level.NONE)),)
_OF_ROUTINE = (
    (
        "Bookkeeping of the control plane's {}.",
        PolicyRule(
            level=Level.NONE,
            verbs=_UPDATES,
            resources=_BOOKKEEPING,
        ),
    ),
    ("Reads by the control plane's {}.", PolicyRule(level=Level.NONE, verbs=_READS)),
)
