"""What a policy looks at in a request, read from an audit event, from a row of JSON or from words.

kube-apiserver decides before it impersonates, authorizes and reads the body (DefaultBuildHandlerChain: WithAudit stands
outside the impersonation filter, LogRequestObject comes after), so the user is the one who authenticated and the name
is the URL's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from lanner.audit.event import Head, ObjectRef
from lanner.errors import UsageError
from lanner.policy.model import Attributes

_FLAT = {
    "User": "user",
    "Verb": "verb",
    "Namespace": "namespace",
    "APIGroup": "api_group",
    "APIVersion": "api_version",
    "Resource": "resource",
    "Subresource": "subresource",
    "Name": "name",
    "Path": "path",
}
"""Keys of a row (authorizer.AttributesRecord's fields) that hold text."""


def of_event(head: Head) -> Attributes:
    """Return what kube-apiserver's policy saw of an event's request.

    An event without objectRef is no resource request (LogRequestMetadata); the name and namespace that
    LogRequestObject takes from the body of a created object were not known when the level was decided.
    """
    user, target, verb = head.user, head.object_ref, head.verb or ""
    name = (user.username or "") if user else ""
    groups = tuple(user.groups) if user and user.groups else ()
    if target is None:
        return Attributes(name, groups, verb, path=path_of(head.request_uri or ""), resource_request=False)
    if verb == "create":
        return _of_created(name, groups, target, head.request_uri or "")
    return Attributes(
        name,
        groups,
        verb,
        target.namespace or "",
        target.api_group or "",
        target.api_version or "",
        target.resource or "",
        target.subresource or "",
        target.name or "",
        path_of(head.request_uri or ""),
    )


def _of_created(user: str, groups: tuple[str, ...], target: ObjectRef, uri: str) -> Attributes:
    path = path_of(uri)
    namespace, name = _named_in(path) if path.startswith(("/api/", "/apis/")) else (target.namespace, target.name)
    return Attributes(
        user,
        groups,
        "create",
        namespace or "",
        target.api_group or "",
        target.api_version or "",
        target.resource or "",
        target.subresource or "",
        name or "",
        path,
    )


def _named_in(path: str) -> tuple[str, str]:
    """Return the namespace and the object's name that a path of the API has (RequestInfoFactory.NewRequestInfo)."""
    parts = path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    namespace = ""
    if parts[:1] == ["namespaces"] and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and parts[2] not in ("status", "finalize"):
            parts = parts[2:]
    return namespace, parts[1] if len(parts) > 1 else ""


def path_of(uri: str) -> str:
    """Return the path of a requestURI as kube-apiserver compares it: without query, escapes resolved."""
    path = uri.partition("?")[0]
    return unquote(path) if "%" in path else path


def of_json(row: Mapping[str, Any]) -> Attributes:
    """Read a row with the keys of k8s.io/apiserver's AttributesRecord (User, Groups, Verb, Namespace, APIGroup ...).

    Absent keys are empty, ResourceRequest is true where there is a Resource. Raises UsageError on other keys or types.
    """
    unknown = [key for key in row if key not in _FLAT and key not in ("Groups", "ResourceRequest")]
    if unknown:
        raise UsageError(
            f"unknown attribute {unknown[0]!r}; the keys are {', '.join([*_FLAT, 'Groups', 'ResourceRequest'])}"
        )
    texts = {field: _text(row, key) for key, field in _FLAT.items()}
    resource_request = row.get("ResourceRequest", bool(texts["resource"]))
    if not isinstance(resource_request, bool):
        raise UsageError("ResourceRequest must be true or false")
    return Attributes(groups=_groups(row), resource_request=resource_request, **texts)


def as_json(attributes: Attributes) -> dict[str, Any]:
    """Return a request as a row that `of_json` reads, without the parts that it does not have."""
    row: dict[str, Any] = {key: getattr(attributes, field) for key, field in _FLAT.items()}
    row["Groups"] = list(attributes.groups)
    return {key: value for key, value in row.items() if value} | {"ResourceRequest": attributes.resource_request}


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{key} must be a text")
    return value or ""


def _groups(row: Mapping[str, Any]) -> tuple[str, ...]:
    value = row.get("Groups")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(group, str) for group in value):
        raise UsageError("Groups must be a list of texts")
    return tuple(value)


def of_words(
    *,
    user: str = "",
    groups: Iterable[str] = (),
    verb: str = "",
    resource: str = "",
    namespace: str = "",
    name: str = "",
    url: str = "",
) -> Attributes:
    """Make a request of words; `resource` is `pods`, `pods/exec`, `deployments.apps` or `deployments.apps/scale`.

    With `url` and no resource it is no resource request; raises UsageError where both or none are given.
    """
    if bool(resource) == bool(url):
        raise UsageError("name either a resource or a URL that the request is for")
    if url:
        if not url.startswith("/"):
            raise UsageError(f"the URL {url!r} must begin with /")
        return Attributes(user, tuple(groups), verb, path=path_of(url), resource_request=False)
    kind, _, subresource = resource.partition("/")
    plural, _, group = kind.partition(".")
    return Attributes(
        user, tuple(groups), verb, namespace, group, resource=plural, subresource=subresource, name=name, path=""
    )
