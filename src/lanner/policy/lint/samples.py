"""Requests that stand for their kind: what a policy should log, and what floods a log."""

from __future__ import annotations

from typing import NamedTuple

from lanner.policy.lint.reach import FRESH
from lanner.policy.model import Attributes

PERSON = ("dev@example.com", ("system:authenticated",))
NODE = ("system:node:worker-1", ("system:nodes", "system:authenticated"))
KUBELET_PROBE = ("system:anonymous", ("system:unauthenticated",))
CONTROLLER = (
    "system:serviceaccount:kube-system:endpointslice-controller",
    ("system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"),
)
MANAGER = ("system:kube-controller-manager", ("system:authenticated",))
SCHEDULER = ("system:kube-scheduler", ("system:authenticated",))
PROXY = ("system:kube-proxy", ("system:authenticated",))
SERVER = ("system:apiserver", ("system:masters", "system:authenticated"))

Who = tuple[str, tuple[str, ...]]


class Sample(NamedTuple):
    """A kind of request in words, one request of it, and the rule of a policy that drops the kind (noise only)."""

    what: str
    request: Attributes
    drop: str = ""


def asked(who: Who, verb: str, resource: str, group: str = "", namespace: str = "default") -> Attributes:
    """Return a request for a resource, `pods` or `pods/exec`."""
    name, _, below = resource.partition("/")
    return Attributes(who[0], who[1], verb, namespace, group, "v1", name, below, "" if verb in _NAMELESS else FRESH)


_NAMELESS = ("create", "list", "watch", "deletecollection")


def url(who: Who, path: str, verb: str = "get") -> Attributes:
    """Return a request for a path that is no resource."""
    return Attributes(user=who[0], groups=who[1], verb=verb, path=path, resource_request=False)


_RBAC = "rbac.authorization.k8s.io"
IMPORTANT = (
    Sample("exec into a pod", asked(PERSON, "get", "pods/exec")),
    Sample("attach to a pod", asked(PERSON, "get", "pods/attach")),
    Sample("port-forward", asked(PERSON, "get", "pods/portforward")),
    Sample("a debug container", asked(PERSON, "patch", "pods/ephemeralcontainers")),
    Sample("commands through nodes/proxy", asked(PERSON, "get", "nodes/proxy", namespace="")),
    Sample("reading a secret", asked(PERSON, "get", "secrets")),
    Sample("listing all secrets", asked(PERSON, "list", "secrets", namespace="")),
    Sample("a token for a service account", asked(PERSON, "create", "serviceaccounts/token")),
    Sample("creating a pod", asked(PERSON, "create", "pods")),
    Sample("creating a daemonset", asked(PERSON, "create", "daemonsets", "apps")),
    Sample("creating a cron job", asked(PERSON, "create", "cronjobs", "batch")),
    Sample("binding a role", asked(PERSON, "create", "rolebindings", _RBAC)),
    Sample("binding a cluster role", asked(PERSON, "create", "clusterrolebindings", _RBAC, "")),
    Sample("changing a cluster role", asked(PERSON, "patch", "clusterroles", _RBAC, "")),
    Sample(
        "a webhook that sees and changes requests",
        asked(PERSON, "create", "mutatingwebhookconfigurations", "admissionregistration.k8s.io", ""),
    ),
    Sample(
        "approving a client certificate",
        asked(PERSON, "update", "certificatesigningrequests/approval", "certificates.k8s.io", ""),
    ),
    Sample("deleting a namespace", asked(PERSON, "delete", "namespaces")),
    Sample("deleting events", asked(PERSON, "deletecollection", "events")),
    Sample("asking what one may do", asked(PERSON, "create", "selfsubjectrulesreviews", "authorization.k8s.io", "")),
    Sample("an anonymous request for pods", asked(KUBELET_PROBE, "list", "pods")),
    Sample("a request with a wrong credential (401)", asked(("", ()), "list", "pods")),
)
"""What an investigator misses first; by users that no policy should know."""

_HEALTH = '{level: None, nonResourceURLs: ["/healthz*", "/livez*", "/readyz*"]}'
_ABOUT = (
    '{level: None, userGroups: ["system:authenticated"], nonResourceURLs: ["/version", "/openapi*", "/api", "/apis"]}'
)
_LEASES = (
    '{level: None, userGroups: ["system:nodes", "system:serviceaccounts:kube-system"], verbs: ["get", "update"], '
    'resources: [{group: "coordination.k8s.io", resources: ["leases"]}]}'
)
_MAIN_LEASES = (
    '{level: None, users: ["system:kube-controller-manager", "system:kube-scheduler", "system:apiserver"], '
    'verbs: ["get", "update"], resources: [{group: "coordination.k8s.io", resources: ["leases"]}]}'
)
_EVENTS = (
    '{level: None, userGroups: ["system:nodes", "system:serviceaccounts:kube-system"], verbs: ["create", "patch"], '
    'resources: [{group: "", resources: ["events"]}, {group: "events.k8s.io", resources: ["events"]}]}'
)
_SCHEDULER_EVENTS = (
    '{level: None, users: ["system:kube-scheduler"], verbs: ["create", "patch"], '
    'resources: [{group: "", resources: ["events"]}, {group: "events.k8s.io", resources: ["events"]}]}'
)
_STATUS = (
    '{level: None, userGroups: ["system:nodes"], verbs: ["get", "patch", "update"], '
    'resources: [{group: "", resources: ["nodes", "nodes/status", "pods/status"]}]}'
)
_SLICES = (
    '{level: None, userGroups: ["system:serviceaccounts:kube-system"], verbs: ["get", "create", "update", "delete"], '
    'resources: [{group: "", resources: ["endpoints"]}, {group: "discovery.k8s.io", resources: ["endpointslices"]}]}'
)
_WATCHES = (
    '{level: None, users: ["system:kube-controller-manager", "system:kube-scheduler", "system:kube-proxy", '
    '"system:apiserver"], verbs: ["watch"]}'
)
_GROUP_WATCHES = '{level: None, userGroups: ["system:nodes", "system:serviceaccounts:kube-system"], verbs: ["watch"]}'

_LEASE = "coordination.k8s.io"
NOISE = (
    Sample("health checks", url(KUBELET_PROBE, "/healthz"), _HEALTH),
    Sample("health checks", url(KUBELET_PROBE, "/livez"), _HEALTH),
    Sample("health checks", url(KUBELET_PROBE, "/readyz"), _HEALTH),
    Sample("/version and discovery", url(PERSON, "/version"), _ABOUT),
    Sample("/version and discovery", url(PERSON, "/openapi/v3"), _ABOUT),
    Sample("nodes' heartbeats (leases)", asked(NODE, "update", "leases", _LEASE, "kube-node-lease"), _LEASES),
    Sample("leader election (leases)", asked(MANAGER, "update", "leases", _LEASE, "kube-system"), _MAIN_LEASES),
    Sample("leader election (leases)", asked(SCHEDULER, "update", "leases", _LEASE, "kube-system"), _MAIN_LEASES),
    Sample("events of nodes and controllers", asked(NODE, "create", "events"), _EVENTS),
    Sample("events of nodes and controllers", asked(CONTROLLER, "patch", "events"), _EVENTS),
    Sample("the scheduler's events", asked(SCHEDULER, "create", "events", "events.k8s.io"), _SCHEDULER_EVENTS),
    Sample("node and pod status from nodes", asked(NODE, "patch", "nodes/status", namespace=""), _STATUS),
    Sample("node and pod status from nodes", asked(NODE, "patch", "pods/status"), _STATUS),
    Sample("endpoint slices", asked(CONTROLLER, "update", "endpointslices", "discovery.k8s.io"), _SLICES),
    Sample("controllers' watches", asked(MANAGER, "watch", "pods", namespace=""), _WATCHES),
    Sample("controllers' watches", asked(PROXY, "watch", "endpointslices", "discovery.k8s.io", ""), _WATCHES),
    Sample("controllers' watches", asked(SERVER, "watch", "configmaps", namespace="kube-system"), _WATCHES),
    Sample("watches of nodes and system accounts", asked(NODE, "watch", "pods", namespace=""), _GROUP_WATCHES),
    Sample("watches of nodes and system accounts", asked(CONTROLLER, "watch", "pods", namespace=""), _GROUP_WATCHES),
)
"""What fills a log without telling anything: requests that the cluster makes by itself, again and again."""
