"""The policy that is looked at, with the place of each of its values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lanner.config.yamltext import Mapping, Node, Sequence
from lanner.policy.lint.possible import is_bare, is_idle
from lanner.policy.loading import LoadedPolicy
from lanner.policy.model import STAGES, Level, Place, Policy, PolicyRule


class Entry(NamedTuple):
    """One text in a rule's lists: its key, the number of the item in `resources` (-1 elsewhere), and its number."""

    key: str
    item: int
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A policy that kube-apiserver takes, or only its nodes; rules count from 0."""

    policy: Policy
    root: Mapping

    @classmethod
    def of(cls, loaded: LoadedPolicy) -> Subject | None:
        """Return what can be looked at; None where the text is no mapping."""
        if not isinstance(loaded.root, Mapping):
            return None
        return cls(loaded.policy or Policy(rules=()), loaded.root)

    def rules(self) -> Iterator[tuple[int, PolicyRule]]:
        """Yield rules with their numbers."""
        yield from enumerate(self.policy.rules)

    def logging(self) -> Iterator[tuple[int, PolicyRule]]:
        """Yield the rules whose requests leave an event: above None, not with every stage omitted, not idle."""
        for number, rule in self.rules():
            if rule.level > Level.NONE and not self.mute(rule) and not is_idle(rule):
                yield number, rule

    def with_bodies(self) -> Iterator[tuple[int, PolicyRule]]:
        """Yield the rules that write bodies: of resources, in ResponseComplete or ResponseStarted."""
        for number, rule in self.logging():
            url_only = bool(rule.non_resource_urls and not rule.resources)
            if rule.level >= Level.REQUEST and not url_only and not is_bare(rule):
                yield number, rule

    def omitted(self, rule: PolicyRule) -> set[str]:
        """Return the stages that are not written of a rule's requests."""
        return {*self.policy.omit_stages, *rule.omit_stages}

    def mute(self, rule: PolicyRule) -> bool:
        """Say whether nothing but panics could be written of a rule's requests."""
        return self.omitted(rule) >= set(STAGES) - {"Panic"}

    def place(self, rule: int | None, *path: str | int) -> Place:
        """Return where a value stands: below a rule, or of the policy; the nearest place that is known."""
        node: Node | None = self.root
        place = Place(self.root.line, self.root.column)
        for step in path if rule is None else ("rules", rule, *path):
            node = _below(node, step)
            if node is None:
                break
            place = Place(node.line, node.column)
        return place

    def place_of(self, rule: int, entry: Entry) -> Place:
        """Return where an entry stands."""
        if entry.item < 0:
            return self.place(rule, entry.key, entry.number)
        return self.place(rule, "resources", entry.item, entry.key, *([entry.number] if entry.number >= 0 else []))

    def is_empty(self, rule: int, key: str) -> bool:
        """Say whether a rule has a key with an empty list."""
        node = _below(_below(_below(self.root, "rules"), rule), key)
        return isinstance(node, Sequence) and not node.items

    def label(self, rule: int) -> str:
        """Return how messages name a rule: `rule 3 (line 12)`, counted from 1."""
        return f"rule {rule + 1} (line {self.place(rule).line})"

    def labels(self, rules: list[int], most: int = 4) -> str:
        """Return several rules as messages name them."""
        named = ", ".join(self.label(rule) for rule in rules[:most])
        return named if len(rules) <= most else f"{named} and {len(rules) - most} more"


def _below(node: Node | None, step: str | int) -> Node | None:
    if isinstance(node, Mapping) and isinstance(step, str):
        return node.get(step)
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def entries(rule: PolicyRule) -> Iterator[Entry]:
    """Yield every text of a rule's lists; groups have number -1."""
    for key, texts in _plain(rule):
        for number, text in enumerate(texts):
            yield Entry(key, -1, number, text)
    for item, part in enumerate(rule.resources):
        yield Entry("group", item, -1, part.group)
        for number, text in enumerate(part.resources):
            yield Entry("resources", item, number, text)
        for number, text in enumerate(part.resource_names):
            yield Entry("resourceNames", item, number, text)


def _plain(rule: PolicyRule) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("users", rule.users),
        ("userGroups", rule.user_groups),
        ("verbs", rule.verbs),
        ("namespaces", rule.namespaces),
        ("nonResourceURLs", rule.non_resource_urls),
    )
