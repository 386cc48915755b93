"""Reads an audit policy as kube-apiserver 1.36 does: refused, loaded with a warning, or loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lanner.config.yamltext import MAX_BYTES, BoundError, Node
from lanner.errors import GroundError
from lanner.policy.advice import fix_for_error, fix_for_remark
from lanner.policy.decoding.document import GROUP, Document, read_document
from lanner.policy.decoding.schema import INTERNAL
from lanner.policy.decoding.value import GoError, Value, as_node, at, nearest
from lanner.policy.findings import PolicyFinding
from lanner.policy.model import LEVELS, GroupResources, Level, Place, Policy, PolicyRule
from lanner.policy.validation import Mistake, validate

LENIENT = "Audit policy contains errors, falling back to lenient decoding: strict decoding error: "
"""How kube-apiserver's log begins when it loads a policy that it should not."""


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """A policy's text and what kube-apiserver makes of it: `policy` is None where it would refuse to start with it.

    `refusal` and `warning` are its own words in one text, `errors` and `warnings` the same one by one, with places.
    `root` is the tree of the file, None where it has none.
    """

    file: str
    text: str
    policy: Policy | None
    errors: tuple[PolicyFinding, ...] = ()
    warnings: tuple[PolicyFinding, ...] = ()
    root: Node | None = None
    refusal: str = ""
    warning: str = ""


def load_policy(path: Path | str) -> LoadedPolicy:
    """Read a policy's file; raises GroundError where it cannot be read."""
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise GroundError(f"{path}: {error.strerror}") from error
    return read_policy(data, str(path))


def read_policy(text: str | bytes, file: str = "") -> LoadedPolicy:
    """Read a policy's text; what is wrong with it is a finding, nothing is raised."""
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    blank = LoadedPolicy(file, data.decode("utf-8", "replace"), None)
    if len(data) > MAX_BYTES:
        return replace(blank, errors=(PolicyFinding("too-large", "error", f"larger than {MAX_BYTES} bytes"),))
    try:
        document = read_document(data)
    except BoundError as error:
        message = f"{error.message}: lanner does not read it, though kube-apiserver may"
        found = PolicyFinding("too-large", "error", message, line=error.line, column=error.column)
        return replace(blank, errors=(found,))
    root = as_node(document.root) if document.root else None
    return _judge(replace(blank, root=root), document)


def _judge(blank: LoadedPolicy, document: Document) -> LoadedPolicy:
    if document.refusal is not None:
        return _refused(blank, document.refusal, document.root)
    assert document.root is not None
    remarks = [remark.text for remark in document.remarks]
    warnings = tuple(
        PolicyFinding(
            "unknown-key" if remark.text.startswith("unknown") else "duplicate-key",
            "warning",
            LENIENT + remark.text,
            remark.rule,
            remark.line,
            remark.column,
            fix_for_remark(remark.text),
        )
        for remark in document.remarks
    )
    warned = replace(blank, warnings=warnings, warning=LENIENT + ", ".join(remarks) if remarks else "")
    if document.version == INTERNAL:
        message = f"unknown group version field {GROUP}/{INTERNAL}, Kind=Policy in policy"
        return _refused(warned, GoError(message, line=document.root.line, column=document.root.column), document.root)
    return _validated(warned, document.root, document.content or {})


def _refused(blank: LoadedPolicy, error: GoError, root: Value | None) -> LoadedPolicy:
    rule = _rule_at(root, error) if root and ".rules." in error.message else None
    fix = fix_for_error(error.message, root)
    found = PolicyFinding("not-decodable", "error", error.message, rule, error.line, error.column, fix)
    return replace(blank, errors=(found,), refusal=error.message)


def _rule_at(root: Value, error: GoError) -> int | None:
    """Return the last rule that begins before an error inside the rules."""
    rules = at(root, ("rules",))
    place = (error.line, error.column)
    before = [number for number, item in enumerate(rules.items if rules else ()) if (item.line, item.column) <= place]
    return before[-1] if before else None


def _validated(warned: LoadedPolicy, root: Value, content: dict[str, Any]) -> LoadedPolicy:
    mistakes = validate(content)
    if not mistakes and not content.get("rules"):
        fix = "add rules: kube-apiserver does not start with none; - level: Metadata logs every request"
        mistakes = [Mistake("loaded illegal policy with 0 rules", ("rules",), fix=fix)]
    if not mistakes:
        return replace(warned, policy=_policy(content, root, warned.file))
    errors = tuple(_error(mistake, root) for mistake in mistakes)
    return replace(warned, errors=errors, refusal=_aggregate(mistake.message for mistake in mistakes))


def _error(mistake: Mistake, root: Value) -> PolicyFinding:
    line, column = nearest(root, mistake.path)
    return PolicyFinding("invalid", "error", mistake.message, mistake.rule, line, column, mistake.fix)


def _aggregate(messages: Iterable[str]) -> str:
    """Join messages as apimachinery's Aggregate prints them: each once, in brackets where there are several."""
    unique = list(dict.fromkeys(messages))
    return unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]"


def _policy(content: dict[str, Any], root: Value, file: str) -> Policy:
    rules = content["rules"]
    return Policy(
        rules=tuple(_rule(rule or {}, Place(*nearest(root, ("rules", number)))) for number, rule in enumerate(rules)),
        omit_stages=_texts(content, "omitStages"),
        omit_managed_fields=bool(content.get("omitManagedFields")),
        file=file,
    )


def _rule(rule: dict[str, Any], place: Place) -> PolicyRule:
    return PolicyRule(
        level=Level(LEVELS.index(rule["level"])),
        users=_texts(rule, "users"),
        user_groups=_texts(rule, "userGroups"),
        verbs=_texts(rule, "verbs"),
        resources=tuple(_group(part or {}) for part in rule.get("resources") or ()),
        namespaces=_texts(rule, "namespaces"),
        non_resource_urls=_texts(rule, "nonResourceURLs"),
        omit_stages=_texts(rule, "omitStages"),
        omit_managed_fields=rule.get("omitManagedFields"),
        place=place,
    )


def _group(part: dict[str, Any]) -> GroupResources:
    return GroupResources(part.get("group") or "", _texts(part, "resources"), _texts(part, "resourceNames"))


def _texts(part: dict[str, Any], key: str) -> tuple[str, ...]:
    """A null in a list of texts is an empty text."""
    return tuple(text or "" for text in part.get(key) or ())
