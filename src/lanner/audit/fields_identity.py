"""lanner's own fields: the identity behind a request, and the credentials that an answer hands out."""

from __future__ import annotations

import msgspec

from lanner.audit import identity
from lanner.audit.event import Event
from lanner.audit.fieldinfo import plain


def _binding(event: Event) -> str | None:
    found = identity.grant(event)
    return found.binding if found else None


def _role(event: Event) -> str | None:
    found = identity.grant(event)
    return found.role if found else None


_ISSUED = plain("lanner.issued", "names of the credentials that the answer hands out", identity.issued)

IDENTITY_FIELDS = (
    plain("lanner.actor", "who authenticated: user.username", identity.actor),
    plain("lanner.address", "the address that the API server saw: the last of sourceIPs", identity.address),
    plain("lanner.credential", "name of the token or certificate that the request came with", identity.credential),
    msgspec.structs.replace(_ISSUED, is_list=True),
    plain("lanner.home", "namespace that the service account lives in", identity.home),
    plain("lanner.pod", "namespace/name of the pod that the token is bound to", identity.pod),
    plain("lanner.node", "node that the token is bound to", identity.node),
    plain("lanner.binding", "binding that allowed the request, such as ClusterRoleBinding/admins", _binding),
    plain("lanner.role", "role that allowed the request, such as ClusterRole/cluster-admin", _role),
)
