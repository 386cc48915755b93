"""From GKE's method and resource names to verb, object and request URI."""

from __future__ import annotations

import re

import msgspec

_VERSION = re.compile(r"v\d+(?:(?:alpha|beta)\d+)?")
_VERBS = frozenset({"create", "update", "patch", "delete", "deletecollection", "get", "list", "watch", "head"})
_GROUPS = {"core": "", "authorization.rbac": "rbac.authorization.k8s.io", "rbac": "rbac.authorization.k8s.io"}
_PLAIN = frozenset({"apps", "batch", "autoscaling", "policy", "extensions"})


class Target(msgspec.Struct, frozen=True):
    """What a request is about; `resource` is empty where it is no object but a path."""

    verb: str
    uri: str
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    group: str = ""
    version: str = ""

    def reference(self) -> dict[str, str] | None:
        """Return the event's objectRef, None for a path."""
        if not self.resource:
            return None
        keys = ("resource", "namespace", "name", "apiGroup", "apiVersion", "subresource")
        values = (self.resource, self.namespace, self.name, self.group, self.version, self.subresource)
        return {key: value for key, value in zip(keys, values, strict=True) if value}


def target_of(method: str, resource: str) -> Target:
    """Read names such as io.k8s.core.v1.pods.exec.create and core/v1/namespaces/shop/pods/web/exec."""
    words = method.removeprefix("io.k8s.").split(".")
    verb = words[-1] if words[-1] in _VERBS else "get"
    versions = [index for index, word in enumerate(words[:-2]) if _VERSION.fullmatch(word)]
    if not versions:
        path = resource.strip("/") or (words[-1] if words[-1] not in _VERBS else "")
        return Target(verb, f"/{path}")
    at = versions[-1]
    kind, *below = words[at + 1 : -1] if words[-1] in _VERBS else words[at + 1 :]
    group = _group(words[:at])
    return _target(resource.strip("/"), Target(verb, "", kind, "/".join(below), "", "", group, words[at]))


def _target(resource: str, known: Target) -> Target:
    """Fill in what the resource's name says; it spells the group out, where the method shortens it."""
    parts = [part for part in resource.split("/") if part]
    if len(parts) < 3:
        return msgspec.structs.replace(known, uri=_uri(known.group, known.version, known.resource))
    group, version, *path = parts
    group = "" if group == "core" else group
    namespace = path[1] if path[0] == "namespaces" and len(path) > 1 else ""
    own = path if path[0] != "namespaces" or known.resource == "namespaces" else path[2:]
    name = own[1] if len(own) > 1 else ""
    uri = _uri(group, version, "/".join(path))
    return msgspec.structs.replace(known, uri=uri, namespace=namespace, name=name, group=group, version=version)


def _uri(group: str, version: str, path: str) -> str:
    return f"/apis/{group}/{version}/{path}" if group else f"/api/{version}/{path}"


def _group(words: list[str]) -> str:
    said = ".".join(words)
    if said in _GROUPS or said in _PLAIN or len(words) > 1:
        return _GROUPS.get(said, said)
    return f"{said}.k8s.io"
