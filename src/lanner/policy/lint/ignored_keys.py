"""Keys that kube-apiserver reads past."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from types import MappingProxyType
from typing import NamedTuple

from lanner.config.yamltext import Mapping, Scalar, Sequence
from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.subject import Subject
from lanner.policy.model import Place

_POLICY = ("apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields")
_NARROWING = ("users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs")
_RULE = ("level", *_NARROWING, "omitStages", "omitManagedFields")
_ITEM = ("group", "resources", "resourceNames")
_OF_RULE = MappingProxyType(
    {
        "groups": "userGroups: [...] for users' groups; an API group stands in `resources: [{group: ...}]`",
        "group": 'resources: [{group: "..."}] for an API group, userGroups: [...] for users\' groups',
        "apigroup": "resources: [{group: ...}]",
        "apigroups": "resources: [{group: ...}]",
        "resourcenames": "resourceNames within an item of resources, beside its `resources`",
        "username": "users: [...]",
        "usernames": "users: [...]",
        "serviceaccounts": "users: [system:serviceaccount:NAMESPACE:NAME]",
        "urls": "nonResourceURLs: [...]",
        "paths": "nonResourceURLs: [...]",
        "subresources": 'the subresource behind a slash: resources: ["pods/exec"]',
        "rules": "one list of rules, not rules within a rule",
    }
)
_OF_ITEM = MappingProxyType(
    {
        "apigroups": 'group: "..." (one group an item)',
        "groups": 'group: "..." (one group an item)',
        "names": "resourceNames: [...]",
        "verbs": "verbs one level up, beside `resources` of the rule",
        "verb": "verbs one level up, beside `resources` of the rule",
        "namespaces": "namespaces one level up, beside `resources` of the rule",
        "namespace": "namespaces one level up, beside `resources` of the rule",
        "users": "users one level up, beside `resources` of the rule",
        "subresources": 'the subresource behind a slash: resources: ["pods/exec"]',
        "version": "nothing: a rule holds for all versions of a group",
        "apiversion": 'group: "...", without a version',
    }
)
_OF_POLICY = MappingProxyType({"spec": "rules at the top: a policy has no spec", "level": "level within each rule"})


class _Keys(NamedTuple):
    """The keys of one kind of mapping, and what to write instead of some others."""

    where: str
    known: tuple[str, ...]
    hints: MappingProxyType[str, str]

    def unknown(self, node: Mapping) -> list[Scalar]:
        """Return the keys that kube-apiserver ignores."""
        return [key for key, _ in node.entries if key.text not in self.known]

    def words(self, key: Scalar, really: str) -> tuple[str, str]:
        """Return a finding's message and fix."""
        return f"'{key.text}' is no key of {self.where}: kube-apiserver ignores it{really}", self._fix(key.text)

    def _fix(self, word: str) -> str:
        if word.lower() in self.hints:
            return f"write {self.hints[word.lower()]}"
        spelling = {key.lower(): key for key in self.known}
        close = difflib.get_close_matches(word.lower(), list(spelling), n=1, cutoff=0.6)
        return f"write {spelling[close[0]]}" if close else f"leave it out; known here: {', '.join(self.known)}"


_AT_TOP = _Keys("the policy", _POLICY, _OF_POLICY)
_AT_RULE = _Keys("a rule", _RULE, _OF_RULE)
_AT_ITEM = _Keys("an item of resources", _ITEM, _OF_ITEM)


@check("ignored-key", "error", raw=True)
def ignored_key(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A key that is misspelt, in the wrong case or at the wrong level. kube-apiserver warns in its own log, then reads
    the policy without it: what the key should have narrowed is not narrowed, and the rule takes more than it seems to.
    """
    for key in _AT_TOP.unknown(subject.root):
        message, fix = _AT_TOP.words(key, "")
        harmless = fix.startswith("leave it out")
        yield report(message, fix, place=Place(key.line, key.column), severity="warning" if harmless else None)
    rules = subject.root.get("rules")
    for number, rule in enumerate(rules.items if isinstance(rules, Sequence) else ()):
        if not isinstance(rule, Mapping):
            continue
        for key in _AT_RULE.unknown(rule):
            yield report(*_AT_RULE.words(key, _without(rule)), rule=number, place=Place(key.line, key.column))
        items = rule.get("resources")
        for item in items.items if isinstance(items, Sequence) else ():
            if not isinstance(item, Mapping):
                continue
            for key in _AT_ITEM.unknown(item):
                yield report(*_AT_ITEM.words(key, _item_without(item)), rule=number, place=Place(key.line, key.column))


def _without(rule: Mapping) -> str:
    narrowed = [key for key in _NARROWING if _filled(rule, key)]
    level = rule.get("level")
    shown = level.text if isinstance(level, Scalar) else "its level"
    if not narrowed:
        return f", and the rule gives {shown} to every request that reaches it"
    return f", and the rule gives {shown} to all that its {' and '.join(narrowed)} let in"


def _item_without(item: Mapping) -> str:
    group = item.get("group")
    name = group.text if isinstance(group, Scalar) else ""
    shown = f"group '{name}'" if name else "the core group"
    if not _filled(item, "resources"):
        return f", and the item stands for every resource of {shown}"
    return f", and the item stands for its resources in {shown} whatever the key says"


def _filled(node: Mapping, key: str) -> bool:
    value = node.get(key)
    return bool(value.items) if isinstance(value, Sequence) else isinstance(value, Mapping)
