"""What audit events have: paths, and the values of the fields that have few (Kubernetes 1.36, audit.k8s.io/v1)."""

from __future__ import annotations

from difflib import get_close_matches

PATHS = (
    "kind", "apiVersion", "level", "auditID", "stage", "requestURI", "verb", "userAgent", "sourceIPs",
    "user.username", "user.uid", "user.groups",
    "impersonatedUser.username", "impersonatedUser.uid", "impersonatedUser.groups",
    "objectRef.resource", "objectRef.subresource", "objectRef.namespace", "objectRef.name", "objectRef.uid",
    "objectRef.apiGroup", "objectRef.apiVersion", "objectRef.resourceVersion",
    "responseStatus.code", "responseStatus.reason", "responseStatus.status", "responseStatus.message",
    "requestReceivedTimestamp", "stageTimestamp",
    "authenticationMetadata.impersonationConstraint",
)  # fmt: skip
OPEN = ("user.extra", "impersonatedUser.extra", "annotations", "requestObject", "responseObject", "responseStatus")
"""Below these anything may stand."""

IN_BODIES = {
    "hostPath": "requestObject.spec.volumes.hostPath.path",
    "hostNetwork": "requestObject.spec.hostNetwork",
    "hostPID": "requestObject.spec.hostPID",
    "hostIPC": "requestObject.spec.hostIPC",
    "serviceAccountName": "requestObject.spec.serviceAccountName",
    "containers": "requestObject.spec.containers",
    "volumes": "requestObject.spec.volumes",
    "image": "requestObject.spec.containers.image",
    "command": "requestObject.spec.containers.command",
    "securityContext": "requestObject.spec.containers.securityContext",
    "capabilities": "requestObject.spec.containers.securityContext.capabilities.add",
    "privileged": "requestObject.spec.containers.securityContext.privileged",
    "roleRef": "requestObject.roleRef.name",
    "subjects": "requestObject.subjects.name",
    "rules": "requestObject.rules",
    "labels": "requestObject.metadata.labels",
}
"""Where names that stand in the bodies of requests are, by their last step."""

VERBS = frozenset({
    "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection",
    "post", "put", "head", "options",
})  # fmt: skip
"""Verbs of requests for resources, and methods of all others in small letters."""
VERB_MEANT = {
    "replace": "update",
    "edit": "update or patch",
    "apply": "patch",
    "read": "get",
    "exec": "create or get with objectRef.subresource: exec",
    "connect": "create or get with the objectRef.subresource that is connected to",
    "impersonate": "any verb, with impersonatedUser.username",
    "bind": "create, update or patch of a role binding",
    "escalate": "create, update or patch of a role",
    "deletecollections": "deletecollection",
}

RESOURCES = (
    "bindings", "configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes", "persistentvolumeclaims",
    "persistentvolumes", "pods", "podtemplates", "replicationcontrollers", "resourcequotas", "secrets",
    "serviceaccounts", "services", "mutatingwebhookconfigurations", "validatingwebhookconfigurations",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings", "customresourcedefinitions", "apiservices", "daemonsets", "deployments",
    "replicasets", "statefulsets", "tokenreviews", "selfsubjectreviews", "localsubjectaccessreviews",
    "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews", "horizontalpodautoscalers",
    "cronjobs", "jobs", "certificatesigningrequests", "leases", "endpointslices", "flowschemas", "ingressclasses",
    "ingresses",
    "networkpolicies", "poddisruptionbudgets", "runtimeclasses", "clusterrolebindings", "clusterroles", "rolebindings",
    "roles", "priorityclasses", "storageclasses", "volumeattachments",
)  # fmt: skip
"""Resources of the built-in API that rules are about; others, such as custom ones, are not judged."""
SHORT = {
    "cm": "configmaps", "ns": "namespaces", "no": "nodes", "po": "pods", "sa": "serviceaccounts", "svc": "services",
    "crd": "customresourcedefinitions", "ds": "daemonsets", "deploy": "deployments", "rs": "replicasets",
    "sts": "statefulsets", "cj": "cronjobs", "csr": "certificatesigningrequests", "netpol": "networkpolicies",
    "pv": "persistentvolumes", "pvc": "persistentvolumeclaims",
}  # fmt: skip

STREAMS = frozenset({"exec", "attach", "portforward"})
"""Subresources that are opened over SPDY (verb create) or over a WebSocket (verb get)."""


def has(path: str) -> bool:
    """Say whether an audit event can have something at a path."""
    return path in PATHS or any(path == name or path.startswith(f"{name}.") for name in OPEN)


def meant(path: str) -> list[str]:
    """Return the paths that one that no event has may stand for."""
    last = path.rpartition(".")[2].lower()
    same = [name for name in PATHS if name.rpartition(".")[2].lower() == last]
    body = next((place for name, place in IN_BODIES.items() if name.lower() == last), None)
    if same or body:
        return [*same, *([body] if body else [])]
    return get_close_matches(path, PATHS, n=1, cutoff=0.6)


def field_hint(path: str) -> str:
    """Say in words what to write instead of a path that no event has."""
    paths = meant(path)
    return (
        f"did you mean {' or '.join(paths)}?"
        if paths
        else "fields of bodies begin with requestObject or responseObject"
    )
