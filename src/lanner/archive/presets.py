"""Noise filters that any cluster can use, by name: what a cluster does by itself without end and nobody asks for later.

Each is bound to who does it: what an attacker does by another name is archived.
"""

from __future__ import annotations

from collections.abc import Mapping

from lanner.archive.settings import ArchiveSettings, Drop, Preset

_CONTROL_PLANE = ("system:apiserver", "system:kube-controller-manager", "system:kube-scheduler")

PRESETS: Mapping[Preset, Drop] = {
    "probes": Drop(name="probes", verbs=("get", "head"), url_prefixes=("/healthz", "/livez", "/readyz")),
    "node-leases": Drop(
        name="node-leases",
        users=("system:node:*",),
        verbs=("get", "update", "patch"),
        resources=("leases",),
        namespaces=("kube-node-lease",),
    ),
    "leader-election": Drop(
        name="leader-election",
        users=(*_CONTROL_PLANE, "system:serviceaccount:kube-system:*"),
        verbs=("get", "update", "patch"),
        resources=("leases",),
        namespaces=("kube-system",),
    ),
    "events": Drop(
        name="events",
        users=(*_CONTROL_PLANE, "system:node:*", "system:serviceaccount:kube-system:*"),
        verbs=("create", "patch"),
        resources=("events",),
    ),
    "discovery": Drop(
        name="discovery", verbs=("get",), codes=(200, 304), url_prefixes=("/openapi", "/apis", "/api", "/version")
    ),
    "control-plane-watches": Drop(
        name="control-plane-watches",
        users=(*_CONTROL_PLANE, "system:kube-proxy"),
        verbs=("watch",),
        levels=("Metadata",),
    ),
}


def drops_of(settings: ArchiveSettings) -> tuple[Drop, ...]:
    """Return the filters that the settings name, then those that they spell out."""
    return (*(PRESETS[name] for name in settings.drop_presets), *settings.drop)
