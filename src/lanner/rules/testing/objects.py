"""Names of the objects that events are about, as tests write and print them.

As a text: NAMESPACE/RESOURCE/NAME/SUBRESOURCE, with nothing where there is none and no slashes at the end; so that of a
cluster-scoped object begins with a slash. A request for no object is uri:PATH.
"""

from __future__ import annotations

from typing import NamedTuple

from lanner.audit.event import Event
from lanner.config.typed import Settings

_URI = "uri:"


class ObjectForm(Settings):
    """An object as a map; a key that is left out stands for none."""

    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""
    uri: str = ""


class ObjectName(NamedTuple):
    """One object; `uri` is set only where there is no object."""

    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""
    uri: str = ""

    def __str__(self) -> str:
        if self.uri:
            return _URI + self.uri
        return "/".join(self[:4]).rstrip("/")


def parse_object(written: str | ObjectForm) -> ObjectName:
    """Return the object that a test names; raises ValueError where it is none."""
    if isinstance(written, ObjectForm):
        found = ObjectName(written.namespace, written.resource, written.name, written.subresource, written.uri)
        if bool(found.uri) == bool(found.resource) or (found.uri and any(found[:4])):
            raise ValueError("an object has a resource, or else a uri alone")
        return found
    if written.startswith(_URI):
        return ObjectName(uri=written.removeprefix(_URI))
    namespace, slash, rest = written.partition("/")
    parts = rest.split("/", 2)
    if not slash or not parts[0]:
        raise ValueError(
            f"{written!r} is no object: write NAMESPACE/RESOURCE/NAME[/SUBRESOURCE], "
            "/RESOURCE/NAME where it has no namespace, uri:PATH where there is no object"
        )
    resource, name, subresource = (*parts, "", "")[:3]
    return ObjectName(namespace, resource, name, subresource)


def object_of(event: Event) -> ObjectName:
    """Return the object that an event is about, or its path where there is none."""
    ref = event.head.object_ref
    if ref is None or not ref.resource:
        path = (event.head.request_uri or "").partition("?")[0]
        return ObjectName(uri=path or "/")
    return ObjectName(ref.namespace or "", ref.resource, ref.name or "", ref.subresource or "")
