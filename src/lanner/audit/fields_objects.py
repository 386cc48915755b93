"""Fields of other objects in the bodies: bindings, roles, config maps, services, and the response's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lanner.audit.event import Event
from lanner.audit.fieldinfo import Extractor, FieldInfo, in_request, plain
from lanner.audit.fields_pods import Listing, gathered, indexed
from lanner.audit.tree import REQUEST, RESPONSE, Tree, collect, find, read, read_written, text_at, written_text_at


def _whole_list(name: str, description: str, key: str) -> FieldInfo:
    def question(tree: Tree) -> list[str] | None:
        items = tree.open(find(tree, (key,)))
        return [tree.text(item) for item in items] or None if isinstance(items, list) else None

    def extract(event: Event) -> list[str] | None:
        return read_written(event, REQUEST, question)

    return FieldInfo(name=name, description=description, bind=lambda _: extract, is_list=True)


def _subject_field(name: str, description: str, kind: str, *keys: str) -> FieldInfo:
    """Return the field of what all subjects of a kind have under the keys, joined by colons."""

    def question(tree: Tree) -> list[str] | None:
        return [":".join(tree.text(one[key]) for key in keys) for one in _subjects(tree, kind, keys)] or None

    def extract(event: Event) -> list[str] | None:
        return read(event, REQUEST, question)

    return FieldInfo(name=name, description=description, bind=lambda _: extract, is_list=True)


def _subjects(tree: Tree, kind: str, keys: Sequence[str]) -> Iterable[dict[str, Any]]:
    subjects = tree.open(find(tree, ("subjects",)))
    for item in subjects if isinstance(subjects, list) else ():
        subject = tree.open(item)
        if isinstance(subject, dict) and subject.keys() >= {"kind", *keys} and tree.text(subject["kind"]) == kind:
            yield subject


def _of_rules(key: str) -> Listing:
    """Flatten one list of each of a role's rules."""

    def extract(event: Event, index: int | None) -> list[str] | None:
        def question(tree: Tree) -> list[str] | None:
            parts = map(tree.open, collect(tree, ("rules", key), index) or ())
            return [tree.text(item) for part in parts if isinstance(part, list) for item in part] or None

        return read(event, REQUEST, question)

    return extract


def _always_true(_argument: str | None) -> Extractor:
    return lambda _event: "true"


_SUBJECTS = "ka.req.binding.subjects"
_RULES = "ka.req.role.rules"

OBJECT_FIELDS = (
    _whole_list(_SUBJECTS, "subjects of a binding, each as JSON", "subjects"),
    _subject_field(f"{_SUBJECTS}.user_names", "names of a binding's users", "User", "name"),
    _subject_field(f"{_SUBJECTS}.group_names", "names of a binding's groups", "Group", "name"),
    _subject_field(
        f"{_SUBJECTS}.serviceaccount_names", "names of a binding's service accounts", "ServiceAccount", "name"
    ),
    _subject_field(
        f"{_SUBJECTS}.serviceaccount_ns_names",
        "a binding's service accounts as namespace:name",
        "ServiceAccount",
        "namespace",
        "name",
    ),
    in_request("ka.req.binding.role", "name of the role that a binding grants", "roleRef", "name"),
    FieldInfo(
        name="ka.req.binding.subject.has_name",
        description="always true; kept for old rules",
        bind=_always_true,
        argument="key",
        required=True,
    ),
    plain(
        "ka.req.configmap.obj",
        "data of the object in the request, as JSON",
        lambda e: written_text_at(e, REQUEST, ("data",)),
    ),
    _whole_list(_RULES, "rules of a role, each as JSON", "rules"),
    indexed(f"{_RULES}.apiGroups", "API groups of a role's rules", _of_rules("apiGroups")),
    indexed(f"{_RULES}.nonResourceURLs", "URLs of a role's rules that are no resources", _of_rules("nonResourceURLs")),
    indexed(f"{_RULES}.verbs", "verbs of a role's rules", _of_rules("verbs")),
    indexed(f"{_RULES}.resources", "resources of a role's rules", _of_rules("resources")),
    in_request("ka.req.service.type", "type of the service", "spec", "type"),
    gathered("ka.req.service.ports", "ports of the service, all of them as one JSON text", "spec", "ports"),
    plain("ka.resp.name", "name of the object in the response", lambda e: text_at(e, RESPONSE, ("metadata", "name"))),
    indexed(
        "ka.sourceips",
        "as in Falco always absent (it looks for them among a role's rules); jevt.value[/sourceIPs/0] has them",
        _of_rules("sourceIPs"),
    ),
)
