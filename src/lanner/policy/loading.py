"""Reads an audit policy as kube-apiserver does: refused, loaded with a warning, or loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lanner.config.yamltext import Mapping, Node, compose, to_python
from lanner.errors import GroundError
from lanner.policy.findings import PolicyFinding
from lanner.policy.model import LEVELS, GroupResources, Level, Place, Policy, PolicyRule


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """A policy's text and what kube-apiserver makes of it: `policy` is None where it would refuse to start with it."""

    file: str
    text: str
    policy: Policy | None
    errors: tuple[PolicyFinding, ...] = ()
    warnings: tuple[PolicyFinding, ...] = ()
    root: Node | None = None


def load_policy(path: Path | str) -> LoadedPolicy:
    """Read a policy's file; raises GroundError where it cannot be read."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise GroundError(f"{path}: {error.strerror}") from error
    return read_policy(text, str(path))


def read_policy(text: str, file: str = "") -> LoadedPolicy:
    """Read a policy's text; what is wrong with it is a finding, nothing is raised."""
    root = compose(text, file)[0]
    assert isinstance(root, Mapping)
    return LoadedPolicy(file, text, _policy(root, file), root=root)


def _policy(root: Mapping, file: str) -> Policy:
    value: dict[str, Any] = to_python(root)
    rules = root.get("rules")
    nodes = getattr(rules, "items", ())
    return Policy(
        rules=tuple(_rule(item, node) for item, node in zip(value.get("rules") or (), nodes, strict=True)),
        omit_stages=tuple(value.get("omitStages") or ()),
        omit_managed_fields=bool(value.get("omitManagedFields")),
        file=file,
    )


def _rule(item: dict[str, Any], node: Node) -> PolicyRule:
    return PolicyRule(
        level=Level(LEVELS.index(item["level"])),
        users=tuple(item.get("users") or ()),
        user_groups=tuple(item.get("userGroups") or ()),
        verbs=tuple(item.get("verbs") or ()),
        resources=tuple(
            GroupResources(
                part.get("group") or "", tuple(part.get("resources") or ()), tuple(part.get("resourceNames") or ())
            )
            for part in item.get("resources") or ()
        ),
        namespaces=tuple(item.get("namespaces") or ()),
        non_resource_urls=tuple(item.get("nonResourceURLs") or ()),
        omit_stages=tuple(item.get("omitStages") or ()),
        omit_managed_fields=item.get("omitManagedFields"),
        place=Place(node.line, node.column),
    )
