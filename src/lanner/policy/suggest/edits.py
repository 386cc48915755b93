"""One line of a policy's file, to be added or changed, and the policy that comes of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from lanner.config.yamltext import Mapping, Node, Scalar, Sequence
from lanner.policy.loading import LoadedPolicy
from lanner.policy.model import Level, Policy, PolicyRule
from lanner.policy.suggest.writing import on_one_line, yaml_list

Action = Literal["add", "change"]


class Edit(msgspec.Struct, kw_only=True, frozen=True):
    """`add` puts `text` before line `line` of the file (from 1), `change` puts it in that line's place."""

    action: Action
    line: int
    text: str
    policy: Policy


def omitting_stage(loaded: LoadedPolicy, policy: Policy, stage: str) -> Edit:
    """Return the edit that omits a stage everywhere."""
    stages = (*policy.omit_stages, stage)
    edited = msgspec.structs.replace(policy, omit_stages=stages)
    return _top_level(loaded, "omitStages", f"omitStages: {yaml_list(stages)}", edited)


def omitting_managed_fields(loaded: LoadedPolicy, policy: Policy) -> Edit:
    """Return the edit that leaves managedFields out of bodies."""
    edited = msgspec.structs.replace(policy, omit_managed_fields=True)
    return _top_level(loaded, "omitManagedFields", "omitManagedFields: true", edited)


def inserting(policy: Policy, number: int, rule: PolicyRule) -> Edit:
    """Return the edit that puts a rule before the one that has this number; `number` counts from 0."""
    place = policy.rules[number].place
    edited = msgspec.structs.replace(policy, rules=(*policy.rules[:number], rule, *policy.rules[number:]))
    return Edit(
        action="add", line=place.line, text=f"{' ' * max(place.column - 3, 0)}- {on_one_line(rule)}", policy=edited
    )


def with_level(loaded: LoadedPolicy, policy: Policy, number: int, level: Level) -> Edit:
    """Return the edit that gives a rule another level; a rule's body parts stay as they are."""
    rule = policy.rules[number]
    changed = msgspec.structs.replace(rule, level=level)
    edited = msgspec.structs.replace(policy, rules=(*policy.rules[:number], changed, *policy.rules[number + 1 :]))
    node = _level_node(loaded.root, number)
    line = node.line if node else rule.place.line
    return Edit(action="change", line=line, text=_changed(loaded.text, node, level), policy=edited)


def _level_node(root: Node | None, number: int) -> Scalar | None:
    rules = root.get("rules") if isinstance(root, Mapping) else None
    rule = rules.items[number] if isinstance(rules, Sequence) else None
    level = rule.get("level") if isinstance(rule, Mapping) else None
    return level if isinstance(level, Scalar) else None


def _changed(text: str, node: Scalar | None, level: Level) -> str:
    """Return the line with the level's word changed; only the key where the file's line does not show it plainly."""
    lines = text.splitlines()
    if node is not None and node.line <= len(lines):
        line = lines[node.line - 1]
        head, tail = line[: node.column - 1], line[node.column - 1 :]
        if node.text in tail:
            return head + tail.replace(node.text, level.text, 1)
    return f"level: {level.text}"


def _top_level(loaded: LoadedPolicy, key: str, text: str, policy: Policy) -> Edit:
    keys = {name.text: name for name, _ in loaded.root.entries} if isinstance(loaded.root, Mapping) else {}
    if key in keys:
        return Edit(action="change", line=keys[key].line, text=text, policy=policy)
    return Edit(action="add", line=keys["rules"].line if "rules" in keys else 1, text=text, policy=policy)
