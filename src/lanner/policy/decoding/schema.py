"""Go's types that a policy is decoded into (k8s.io/apiserver's audit v1 and internal API, apimachinery's metadata)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Plain:
    """A text, truth value, whole number, time, or JSON that is kept as it is; `name` as Go prints the type."""

    kind: Literal["string", "bool", "int64", "time", "any"]
    name: str


@dataclass(frozen=True, slots=True)
class Many:
    """A slice."""

    of: Type
    name: str


@dataclass(frozen=True, slots=True)
class Table:
    """A map of texts to values of one type."""

    of: Type
    name: str


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct by the names of its fields in JSON; `embedded` says through which inner struct a field is reached."""

    name: str
    fields: dict[str, Type]
    embedded: dict[str, str] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """The name without its package."""
        return self.name.partition(".")[2]


Type = Plain | Many | Table | Struct

_TEXT = Plain("string", "string")
_BOOL = Plain("bool", "bool")
_NUMBER = Plain("int64", "int64")
_TIME = Plain("time", "v1.Time")
_ANY = Plain("any", "any")
_TEXTS = Many(_TEXT, "[]string")
_LABELS = Table(_TEXT, "map[string]string")


def _many(of: Struct | Plain) -> Many:
    return Many(of, f"[]{of.name}")


_OWNER = Struct(
    "v1.OwnerReference",
    {
        **dict.fromkeys(("apiVersion", "kind", "name"), _TEXT),
        "uid": Plain("string", "types.UID"),
        **dict.fromkeys(("controller", "blockOwnerDeletion"), _BOOL),
    },
)
_MANAGED = Struct(
    "v1.ManagedFieldsEntry",
    {
        "manager": _TEXT,
        "operation": Plain("string", "v1.ManagedFieldsOperationType"),
        **dict.fromkeys(("apiVersion", "fieldsType", "subresource"), _TEXT),
        "time": _TIME,
        "fieldsV1": _ANY,
    },
)
_METADATA = Struct(
    "v1.ObjectMeta",
    {
        **dict.fromkeys(("name", "generateName", "namespace", "selfLink", "resourceVersion"), _TEXT),
        "uid": Plain("string", "types.UID"),
        **dict.fromkeys(("generation", "deletionGracePeriodSeconds"), _NUMBER),
        **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), _TIME),
        **dict.fromkeys(("labels", "annotations"), _LABELS),
        "ownerReferences": _many(_OWNER),
        "finalizers": _TEXTS,
        "managedFields": _many(_MANAGED),
    },
)
_LIST_METADATA = Struct(
    "v1.ListMeta",
    {**dict.fromkeys(("selfLink", "resourceVersion", "continue"), _TEXT), "remainingItemCount": _NUMBER},
)
_HEAD = {"kind": _TEXT, "apiVersion": _TEXT}


def _rule(package: str) -> Struct:
    group = Struct(
        f"{package}.GroupResources",
        _spelt(package, {"group": _TEXT, "resources": _TEXTS, "resourceNames": _TEXTS}),
    )
    fields: dict[str, Type] = {
        "level": Plain("string", f"{package}.Level"),
        **dict.fromkeys(("users", "userGroups", "verbs", "namespaces", "nonResourceURLs"), _TEXTS),
        "resources": _many(group),
        "omitStages": _many(Plain("string", f"{package}.Stage")),
        "omitManagedFields": _BOOL,
    }
    return Struct(f"{package}.PolicyRule", _spelt(package, fields))


def _body(package: str) -> dict[str, Type]:
    fields: dict[str, Type] = {
        "rules": _many(_rule(package)),
        "omitStages": _many(Plain("string", f"{package}.Stage")),
        "omitManagedFields": _BOOL,
    }
    return _spelt(package, fields)


def _spelt(package: str, fields: dict[str, Type]) -> dict[str, Type]:
    """The internal types have no JSON names, so their keys are Go's field names."""
    return fields if package == "v1" else {name[0].upper() + name[1:]: type_ for name, type_ in fields.items()}


POLICY = Struct("v1.Policy", {**_HEAD, "metadata": _METADATA, **_body("v1")})
"""What `apiVersion: audit.k8s.io/v1` decodes into."""

INTERNAL_POLICY = Struct(
    "audit.Policy",
    {**_HEAD, **_METADATA.fields, **_body("audit")},
    {**dict.fromkeys(_HEAD, "TypeMeta"), **dict.fromkeys(_METADATA.fields, "ObjectMeta")},
)
"""What a policy without apiVersion decodes into, before it is refused: its keys have Go's names."""

_POLICY_LIST = Struct("v1.PolicyList", {**_HEAD, "metadata": _LIST_METADATA, "items": _many(POLICY)})

_EVENT = Struct(
    "v1.Event",
    {
        **_HEAD,
        "level": Plain("string", "v1.Level"),
        "auditID": Plain("string", "types.UID"),
        "stage": Plain("string", "v1.Stage"),
        **dict.fromkeys(("requestURI", "verb", "userAgent"), _TEXT),
        **dict.fromkeys(("user", "impersonatedUser"), Struct("v1.UserInfo", {})),
        "authenticationMetadata": Struct("v1.AuthenticationMetadata", {}),
        "sourceIPs": _TEXTS,
        "objectRef": Struct("v1.ObjectReference", {}),
        "responseStatus": Struct("v1.Status", {}),
        "annotations": _LABELS,
    },
)
"""Kinds that are no policies have their outer keys only: a wrong one is told before the kind is refused."""
_EVENT_LIST = Struct("v1.EventList", {**_HEAD, "metadata": _LIST_METADATA, "items": _many(_EVENT)})
_STATUS = Struct(
    "v1.Status",
    {
        **_HEAD,
        "metadata": _LIST_METADATA,
        **dict.fromkeys(("status", "message"), _TEXT),
        "reason": Plain("string", "v1.StatusReason"),
        "details": Struct("v1.StatusDetails", {}),
        "code": Plain("int64", "int32"),
    },
)

_OPTIONS = ("CreateOptions", "DeleteOptions", "GetOptions", "ListOptions", "PatchOptions", "UpdateOptions")
UNVERSIONED = frozenset(("APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "Status"))
"""Kinds that are known in every group and version."""
INTERNAL = "__internal"
KINDS: dict[tuple[str, str, str], str] = {
    **{("audit.k8s.io", "v1", kind): f"v1.{kind}" for kind in ("Event", "EventList", "Policy", "PolicyList")},
    **{("audit.k8s.io", "v1", kind): f"v1.{kind}" for kind in ("WatchEvent", *_OPTIONS)},
    **{("audit.k8s.io", INTERNAL, kind): f"audit.{kind}" for kind in ("Event", "EventList", "Policy", "PolicyList")},
    **{(group, INTERNAL, "WatchEvent"): "v1.InternalEvent" for group in ("", "audit.k8s.io")},
    **{("", "v1", kind): f"v1.{kind}" for kind in ("WatchEvent", *_OPTIONS)},
}
"""The kinds that kube-apiserver's audit decoder knows, by group, version and kind, with their Go types."""

_DECODED = {struct.name: struct for struct in (POLICY, INTERNAL_POLICY, _POLICY_LIST, _EVENT, _EVENT_LIST, _STATUS)}


def type_of(name: str) -> Type:
    """Return the type to decode into; kinds that are no policies are refused later whatever they hold."""
    return _DECODED.get(name, _ANY)
