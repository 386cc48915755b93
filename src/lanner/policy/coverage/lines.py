"""A policy as formulas over requests: which of them each of its rules decides."""

from __future__ import annotations

from lanner.policy.coverage import names as part
from lanner.policy.coverage.formula import Formula, TooWideError, both, either, find, negated
from lanner.policy.coverage.space import Space
from lanner.policy.coverage.targets import is_for
from lanner.policy.evaluate import decision_of, no_match
from lanner.policy.model import Decision, GroupResources, Policy, PolicyRule


class Line:
    """One rule of a policy, or (`number` None) what holds where none matches: its decision and its requests."""

    def __init__(self, decision: Decision, place: int, above: tuple[Formula, ...], own: Formula) -> None:
        self.number = decision.rule
        self.decision = decision
        self.place = place
        self.formulas: tuple[Formula, ...] = (own, *(negated(one) for one in above if _meet(own, one)))

    @property
    def reachable(self) -> bool:
        return False not in self.formulas


def _meet(one: Formula, other: Formula) -> bool:
    """Say whether two rules of a policy can match the same request, as far as that is quickly known."""
    try:
        return find([one, other], most=50) is not None
    except TooWideError:
        return True


def lines_of(policy: Policy, space: Space) -> list[Line]:
    """Return the policy's rules in order, and last what no rule matches."""
    matching = [matches(rule, space) for rule in policy.rules]
    lines = [
        Line(decision_of(policy, number), rule.place.line, tuple(matching[:number]), matching[number])
        for number, rule in enumerate(policy.rules)
    ]
    lines.append(Line(no_match(policy), 0, tuple(matching), True))
    return [line for line in lines if line.reachable]


def matches(rule: PolicyRule, space: Space) -> Formula:
    """Return which requests a rule matches, were it alone (evaluate.obstacle)."""
    found = [
        space.one_of(part.USER, rule.users) if rule.users else True,
        either(*map(space.has_group, rule.user_groups)) if rule.user_groups else True,
        space.one_of(part.VERB, rule.verbs) if rule.verbs else True,
    ]
    if rule.namespaces or rule.resources:
        found += [
            space.target(lambda _: True),
            space.one_of(part.NAMESPACE, rule.namespaces) if rule.namespaces else True,
            _resources(rule.resources, space) if rule.resources else True,
        ]
    elif rule.non_resource_urls:
        found += [negated(space.target(lambda _: True)), either(*(_url(url, space) for url in rule.non_resource_urls))]
    return both(*found)


def _resources(parts: tuple[GroupResources, ...], space: Space) -> Formula:
    return either(*(_resource(one, space) for one in parts))


def _resource(one: GroupResources, space: Space) -> Formula:
    kinds = space.target(lambda kind: is_for(one, kind))
    return both(kinds, space.named(one.resource_names)) if one.resources and one.resource_names else kinds


def _url(pattern: str, space: Space) -> Formula:
    """A pattern is compared with the path, an event has the path and its query (evaluate.fits_path)."""
    if pattern.endswith("*"):
        return space.begins(part.URI, pattern.rstrip("*"))
    return either(space.one_of(part.URI, [pattern]), space.begins(part.URI, f"{pattern}?"))
