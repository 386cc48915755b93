"""Coverage of rules by policies: asked once or, as suggestions do, again and again for the same rules."""

from __future__ import annotations

from collections.abc import Sequence

from lanner.policy.coverage.lines import lines_of
from lanner.policy.coverage.model import Blinding, Need, Sight
from lanner.policy.coverage.names import Names, names_of_policy, names_of_rules
from lanner.policy.coverage.needs import needs_of
from lanner.policy.coverage.reading import Reading
from lanner.policy.coverage.sight import Judged, judge
from lanner.policy.coverage.space import Space
from lanner.policy.coverage.trial import NONE_FOUND, counterexample
from lanner.policy.model import Policy
from lanner.rules.ruleset import Rule

SOURCE = "k8s_audit"


def coverage(policy: Policy, rules: Sequence[Rule]) -> list[Sight]:
    """Return what a policy lets each enabled rule of audit events see, in the order of the rules."""
    return Coverage(rules).of(policy)


class Coverage:
    """Rules, read once, to be held against policies."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = [rule for rule in rules if rule.enabled and rule.source == SOURCE]
        self._names = names_of_rules(rule.condition for rule in self.rules)
        self._needs = self._read_needs()
        self._spaces: dict[Names, tuple[Space, list[Reading]]] = {}

    def of(self, policy: Policy, *, examples: bool = False) -> list[Sight]:
        """Return what a policy lets each rule see, with counterexamples if they are asked for."""
        space, readings = self._space_of(policy)
        lines = lines_of(policy, space)
        sights = []
        for rule, needs, reading in zip(self.rules, self._needs, readings, strict=True):
            judged = judge(reading, lines, space)
            sight = _sight(rule, needs, judged)
            if examples and judged.found:
                sight.counterexample = counterexample(judged.found, reading, space, policy)
                if sight.counterexample is None:
                    sight.note = "; ".join(filter(None, (sight.note, NONE_FOUND)))
            sights.append(sight)
        return sights

    def _read_needs(self) -> list[list[Need]]:
        space = Space(self._names)
        return [needs_of(rule.name, Reading(rule.condition, space), space) for rule in self.rules]

    def _space_of(self, policy: Policy) -> tuple[Space, list[Reading]]:
        """Return the classes of requests, the same as long as policies name nothing new."""
        names = self._names | names_of_policy(policy)
        if names not in self._spaces:
            space = Space(names)
            self._spaces[names] = space, [Reading(rule.condition, space) for rule in self.rules]
        return self._spaces[names]


def _sight(rule: Rule, needs: list[Need], judged: Judged) -> Sight:
    blindings = [Blinding(number=one.line.number, line=one.line.place, reason=one.reason) for one in judged.found]
    return Sight(rule=rule.name, verdict=judged.verdict, needs=needs, blinded_by=blindings, note=judged.note)
