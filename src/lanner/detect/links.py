"""What binds alerts together in an incident: a credential, an address that the API server saw, a pod."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from lanner.audit import identity
from lanner.audit.event import Event
from lanner.detect.alert import Alert

_LOOPBACK = ("127.0.0.1", "::1")
_LOOPBACKS = frozenset(map(ipaddress.ip_address, _LOOPBACK))
_LOCAL_BEGINNINGS = ("127.", "169.254.")


def links_of(alert: Alert) -> Iterator[str]:
    """Give what an alert shares with others of its incident."""
    origin = alert.lanner
    yield from _links(origin.credential, origin.address, origin.pod)
    if not (origin.credential or origin.address):
        yield f"actor {origin.actor}"
    yield from origin.links


def links_of_event(event: Event) -> tuple[str, ...]:
    """Return what an alert of an event would share with others."""
    pod = identity.pod(event) or identity.made_pod(event)
    return tuple(_links(identity.credential(event), identity.address(event), pod))


def _links(credential: str | None, address: str | None, pod: str | None) -> Iterator[str]:
    if credential:
        yield f"credential {credential}"
    if address and not _is_local(address):
        yield f"address {address}"
    if pod:
        yield f"pod {pod}"


def _is_local(address: str) -> bool:
    """Say whether an address is one that everybody on a node has."""
    if address in _LOOPBACK:
        return True
    if ":" not in address and not address.startswith(_LOCAL_BEGINNINGS):
        return False
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return found in _LOOPBACKS or found.is_link_local
