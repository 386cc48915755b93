"""The resources that Kubernetes itself serves: their groups, scope and subresources (API reference of 1.36).

Coverage takes a resource's name to mean these; a name that is not here may be of any group.
"""

from __future__ import annotations

from typing import NamedTuple

_NAMESPACED = """
/ bindings
/ configmaps
/ endpoints
/ events
/ limitranges
/ persistentvolumeclaims status
/ pods attach binding ephemeralcontainers eviction exec log portforward proxy resize status
/ podtemplates
/ replicationcontrollers scale status
/ resourcequotas status
/ secrets
/ serviceaccounts token
/ services proxy status
apps controllerrevisions
apps daemonsets status
apps deployments scale status
apps replicasets scale status
apps statefulsets scale status
authorization.k8s.io localsubjectaccessreviews
autoscaling horizontalpodautoscalers status
batch cronjobs status
batch jobs status
coordination.k8s.io leases
discovery.k8s.io endpointslices
events.k8s.io events
networking.k8s.io ingresses status
networking.k8s.io networkpolicies
policy poddisruptionbudgets status
rbac.authorization.k8s.io rolebindings
rbac.authorization.k8s.io roles
resource.k8s.io resourceclaims status
resource.k8s.io resourceclaimtemplates
storage.k8s.io csistoragecapacities
"""
_CLUSTER = """
/ componentstatuses
/ namespaces finalize status
/ nodes proxy status
/ persistentvolumes status
admissionregistration.k8s.io mutatingadmissionpolicies
admissionregistration.k8s.io mutatingadmissionpolicybindings
admissionregistration.k8s.io mutatingwebhookconfigurations
admissionregistration.k8s.io validatingadmissionpolicies status
admissionregistration.k8s.io validatingadmissionpolicybindings
admissionregistration.k8s.io validatingwebhookconfigurations
apiextensions.k8s.io customresourcedefinitions status
apiregistration.k8s.io apiservices status
authentication.k8s.io selfsubjectreviews
authentication.k8s.io tokenreviews
authorization.k8s.io selfsubjectaccessreviews
authorization.k8s.io selfsubjectrulesreviews
authorization.k8s.io subjectaccessreviews
certificates.k8s.io certificatesigningrequests approval status
certificates.k8s.io clustertrustbundles
flowcontrol.apiserver.k8s.io flowschemas status
flowcontrol.apiserver.k8s.io prioritylevelconfigurations status
networking.k8s.io ingressclasses
networking.k8s.io ipaddresses
networking.k8s.io servicecidrs status
node.k8s.io runtimeclasses
rbac.authorization.k8s.io clusterrolebindings
rbac.authorization.k8s.io clusterroles
resource.k8s.io deviceclasses
resource.k8s.io resourceslices
scheduling.k8s.io priorityclasses
storage.k8s.io csidrivers
storage.k8s.io csinodes
storage.k8s.io storageclasses
storage.k8s.io volumeattachments status
storage.k8s.io volumeattributesclasses
"""


class Kind(NamedTuple):
    """A resource of one group."""

    group: str
    resource: str
    subresources: tuple[str, ...]
    namespaced: bool


def _read(table: str, *, namespaced: bool) -> list[Kind]:
    rows = (line.split() for line in table.strip().splitlines())
    return [Kind(group.strip("/"), resource, tuple(below), namespaced) for group, resource, *below in rows]


KINDS = (*_read(_NAMESPACED, namespaced=True), *_read(_CLUSTER, namespaced=False))
"""All of them; `events` stands twice, as two groups serve it."""
