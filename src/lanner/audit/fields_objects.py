"""Fields of other objects in the bodies: bindings, roles, config maps, services, and the response's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lanner.audit.event import Event
from lanner.audit.fieldinfo import Extractor, FieldInfo, in_request, plain, text_at, texts_at
from lanner.audit.fields_pods import Listing, gathered, indexed
from lanner.audit.pointer import collect, descend, text_of


def _whole_list(name: str, description: str, key: str) -> FieldInfo:
    def extract(event: Event) -> list[str] | None:
        return texts_at(event.request, (key,))

    return FieldInfo(name=name, description=description, bind=lambda _: extract, is_list=True)


def _subject_field(name: str, description: str, kind: str, text: Callable[[dict[str, Any]], str | None]) -> FieldInfo:
    def extract(event: Event) -> list[str] | None:
        names = (text(subject) for subject in _subjects(event, kind))
        return [found for found in names if found is not None] or None

    return FieldInfo(name=name, description=description, bind=lambda _: extract, is_list=True)


def _subjects(event: Event, kind: str) -> Iterable[dict[str, Any]]:
    subjects = descend(event.request, ("subjects",))
    if isinstance(subjects, list):
        yield from (one for one in subjects if isinstance(one, dict) and one.get("kind") == kind)


def _name(subject: dict[str, Any]) -> str | None:
    return text_of(subject["name"]) if "name" in subject else None


def _full_name(subject: dict[str, Any]) -> str | None:
    return (
        f"{text_of(subject['namespace'])}:{text_of(subject['name'])}"
        if {"namespace", "name"} <= subject.keys()
        else None
    )


def _of_rules(key: str) -> Listing:
    """Flatten one list of each of a role's rules."""

    def extract(event: Event, index: int | None) -> list[str] | None:
        found = collect(event.request, ("rules", key), index) or ()
        return [text_of(item) for part in found if isinstance(part, list) for item in part] or None

    return extract


def _always_true(_argument: str | None) -> Extractor:
    return lambda _event: "true"


_SUBJECTS = "ka.req.binding.subjects"
_RULES = "ka.req.role.rules"

OBJECT_FIELDS = (
    _whole_list(_SUBJECTS, "subjects of a binding, each as JSON", "subjects"),
    _subject_field(f"{_SUBJECTS}.user_names", "names of a binding's users", "User", _name),
    _subject_field(f"{_SUBJECTS}.group_names", "names of a binding's groups", "Group", _name),
    _subject_field(
        f"{_SUBJECTS}.serviceaccount_names", "names of a binding's service accounts", "ServiceAccount", _name
    ),
    _subject_field(
        f"{_SUBJECTS}.serviceaccount_ns_names",
        "a binding's service accounts as namespace:name",
        "ServiceAccount",
        _full_name,
    ),
    in_request("ka.req.binding.role", "name of the role that a binding grants", "roleRef", "name"),
    FieldInfo(
        name="ka.req.binding.subject.has_name",
        description="always true; kept for old rules",
        bind=_always_true,
        argument="key",
        required=True,
    ),
    in_request("ka.req.configmap.obj", "data of the object in the request, as JSON", "data"),
    _whole_list(_RULES, "rules of a role, each as JSON", "rules"),
    indexed(f"{_RULES}.apiGroups", "API groups of a role's rules", _of_rules("apiGroups")),
    indexed(f"{_RULES}.nonResourceURLs", "URLs of a role's rules that are no resources", _of_rules("nonResourceURLs")),
    indexed(f"{_RULES}.verbs", "verbs of a role's rules", _of_rules("verbs")),
    indexed(f"{_RULES}.resources", "resources of a role's rules", _of_rules("resources")),
    in_request("ka.req.service.type", "type of the service", "spec", "type"),
    gathered("ka.req.service.ports", "ports of the service, all of them as one JSON text", "spec", "ports"),
    plain("ka.resp.name", "name of the object in the response", lambda e: text_at(e.response, ("metadata", "name"))),
    indexed(
        "ka.sourceips",
        "as in Falco always absent (it looks for them among a role's rules); jevt.value[/sourceIPs/0] has them",
        _of_rules("sourceIPs"),
    ),
)
