"""A policy's bytes as kube-apiserver's codec decodes them: which kind it is, its values, what strict decoding says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from lanner.config.yamltext import BoundError
from lanner.policy.decoding.json_text import is_json, read_json
from lanner.policy.decoding.quoting import quote
from lanner.policy.decoding.schema import INTERNAL, INTERNAL_POLICY, KINDS, POLICY, UNVERSIONED, type_of
from lanner.policy.decoding.typed import decode
from lanner.policy.decoding.value import GoError, Value
from lanner.policy.decoding.yaml_text import read_yaml

GROUP = "audit.k8s.io"
_SCHEME = 'scheme "pkg/runtime/scheme.go:111"'
"""How kube-apiserver names its set of known kinds."""
_HEAD_TYPE = (
    r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'  # Go's own
)
_RULE = re.compile(r'"rules\[(\d+)\]')


class Objection(NamedTuple):
    """What strict decoding says, where, and in which rule."""

    text: str
    line: int
    column: int
    rule: int | None


@dataclass(slots=True)
class Document:
    """What a text decodes to: `refusal` is why it does not; `version` is INTERNAL where the text names none."""

    root: Value | None = None
    refusal: GoError | None = None
    content: dict[str, Any] | None = None
    remarks: tuple[Objection, ...] = ()
    version: str = ""


class _Named(NamedTuple):
    group: str
    version: str
    kind: str

    @property
    def text(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


def read_document(data: bytes) -> Document:
    """Decode a policy; raises BoundError on a text that is larger or deeper than what is read."""
    document = Document()
    try:
        _fill(document, data)
    except BoundError:
        raise
    except GoError as error:
        refusal = GoError(f"failed decoding: {error.message}", line=error.line, column=error.column)
        document.refusal = refusal
    return document


def _fill(document: Document, data: bytes) -> None:
    json = is_json(data)
    duplicates: tuple[tuple[str, int, int], ...] = ()
    if json:
        try:
            document.root = read_json(data)
        except GoError as error:
            message = f"couldn't get version/kind; json parse error: {error.message}"
            raise GoError(message, line=error.line, column=error.column) from error
    else:
        read = read_yaml(data)
        document.root, duplicates = read.value, read.duplicates
    root = document.root
    named = _named(root, data, sort=not json)
    type_name = _registered(named, root)
    target = {"v1.Policy": POLICY, "audit.Policy": INTERNAL_POLICY}.get(type_name) or type_of(type_name)
    decoded = decode(root, target, sort=not json)
    if type_name not in ("v1.Policy", "audit.Policy"):
        raise GoError(f"converting ({type_name}) to (audit.Policy): unknown conversion", line=root.line)
    document.version, document.content = named.version, decoded.value
    document.remarks = (*_duplicates(duplicates), *(_objection(*remark) for remark in decoded.remarks))


def _duplicates(found: tuple[tuple[str, int, int], ...]) -> tuple[Objection, ...]:
    """YAML's duplicate keys are one objection in kube-apiserver's words, and stand where the first is."""
    if not found:
        return ()
    text = "yaml: unmarshal errors:\n  " + "\n  ".join(line for line, _, _ in found)
    return (Objection(text, found[0][1], found[0][2], None),)


def _objection(text: str, line: int, column: int) -> Objection:
    rule = _RULE.search(text)
    return Objection(text, line, column, int(rule[1]) if rule else None)


def _named(root: Value, data: bytes, *, sort: bool) -> _Named:
    """Return group, version and kind, with those of a policy where the text is silent (SimpleMetaFactory.Interpret)."""
    found = {"apiversion": "", "kind": ""}
    wrong: GoError | None = None
    entries = sorted(root.entries, key=lambda entry: entry[0].text) if sort else root.entries
    for key, value in entries:
        name = key.text.casefold()
        if name not in found or value.kind == "null":
            continue
        if value.kind == "string":
            found[name] = value.text
            continue
        spelt = "apiVersion" if name == "apiversion" else name
        wrong = wrong or _unread(value, f"Go struct field .{spelt} of type string")
    if root.kind not in ("object", "null"):
        wrong = _unread(root, f"Go value of type {_HEAD_TYPE}")
    if wrong is not None:
        raise wrong
    return _with_defaults(found["apiversion"], found["kind"], root, data)


def _unread(value: Value, target: str) -> GoError:
    message = f"couldn't get version/kind; json parse error: json: cannot unmarshal {value.kind} into {target}"
    return GoError(message, line=value.line, column=value.column)


def _with_defaults(api_version: str, kind: str, root: Value, data: bytes) -> _Named:
    if api_version.count("/") > 1:
        raise GoError(f"unexpected GroupVersion string: {api_version}", line=root.line, column=root.column)
    first, slash, second = api_version.partition("/")
    group, version = (first, second) if slash else ("", first)
    kind = kind or "Policy"
    if not version and group in ("", GROUP):
        return _Named(GROUP, INTERNAL, kind)
    if not version:
        text = data.decode("utf-8", "replace")
        raise GoError(f"Object 'apiVersion' is missing in '{text}'", line=root.line, column=root.column)
    return _Named(group, version, kind)


def _registered(named: _Named, root: Value) -> str:
    found = KINDS.get((named.group, named.version, named.kind))
    if found is not None:
        return found
    if named.kind in UNVERSIONED:
        return f"v1.{named.kind}"
    version = f"version {quote(named.text)}"
    if named.version == INTERNAL:
        version = f"the internal version of group {quote(named.group)}"
    message = f"no kind {quote(named.kind)} is registered for {version} in {_SCHEME}"
    raise GoError(message, line=root.line, column=root.column)
