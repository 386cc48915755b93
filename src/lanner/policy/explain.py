"""Why a request is logged as it is: the rule that decides, and what keeps each rule above it from deciding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lanner.policy.evaluate import decide, holds_resource, obstacle
from lanner.policy.model import Attributes, Decision, GroupResources, Policy, PolicyRule

_KEYS = {
    "users": "users",
    "userGroups": "user_groups",
    "verbs": "verbs",
    "namespaces": "namespaces",
    "resources": "resources",
    "nonResourceURLs": "non_resource_urls",
}
_LONGEST_LIST = 6


@dataclass(frozen=True, slots=True)
class Passed:
    """A rule that does not match: the key of its first part that the request does not meet, and why in words."""

    rule: int
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with the rules that were passed on the way to it."""

    decision: Decision
    passed: tuple[Passed, ...]


def explain(policy: Policy, attributes: Attributes) -> Explanation:
    """Return what is decided on a request, and why no rule above decides."""
    decision = decide(policy, attributes)
    above = policy.rules if decision.rule is None else policy.rules[: decision.rule]
    return Explanation(decision, tuple(_passed(number, rule, attributes) for number, rule in enumerate(above)))


def _passed(number: int, rule: PolicyRule, attributes: Attributes) -> Passed:
    key = obstacle(rule, attributes)
    assert key is not None
    return Passed(number, key, _reason(key, rule, attributes))


def _reason(key: str, rule: PolicyRule, attributes: Attributes) -> str:
    if key == "userGroups":
        groups = ", ".join(attributes.groups) or "no group"
        return f"the user's groups ({groups}) have none of userGroups {listed(rule.user_groups)}"
    if key == "resources":
        return _resource_reason(rule, attributes)
    if key == "nonResourceURLs":
        return _url_reason(rule, attributes)
    if key == "namespaces":
        return _namespace_reason(rule, attributes)
    value, names = {"users": attributes.user, "verbs": attributes.verb}[key], getattr(rule, _KEYS[key])
    return f"{key[:-1]} {_named(value)} is not in {key} {listed(names)}{_hint(key, value, names)}"


def _hint(key: str, value: str, names: tuple[str, ...]) -> str:
    if key == "verbs" and "*" in names:
        return "; * is no wildcard in verbs: leave verbs out for every verb"
    if value and any(name.lower() == value.lower() for name in names):
        return "; upper and lower case count"
    if key == "users" and any("*" in name for name in names):
        return "; users have no wildcards"
    return ""


def _named(value: str) -> str:
    return value or "(none)"


def listed(names: tuple[str, ...]) -> str:
    """Show a list as a policy writes it, long ones cut."""
    shown = [name or '""' for name in names[:_LONGEST_LIST]]
    more = len(names) - len(shown)
    return "[" + ", ".join(shown) + (f", and {more} more]" if more else "]")


def _namespace_reason(rule: PolicyRule, attributes: Attributes) -> str:
    if not attributes.resource_request:
        return f"{_named(attributes.path)} is no resource, and the rule is for namespaces {listed(rule.namespaces)}"
    namespace = f"namespace {attributes.namespace}" if attributes.namespace else "a request outside namespaces"
    hint = "; namespaces have no wildcards" if any("*" in name for name in rule.namespaces) else ""
    return f"{namespace} is not in namespaces {listed(rule.namespaces)}{hint}"


def _url_reason(rule: PolicyRule, attributes: Attributes) -> str:
    if attributes.resource_request:
        what = resource_text(attributes)
        return f"{what} is a resource, and the rule is for nonResourceURLs {listed(rule.non_resource_urls)}"
    return f"path {_named(attributes.path)} fits none of nonResourceURLs {listed(rule.non_resource_urls)}"


def resource_text(attributes: Attributes) -> str:
    """Return `pods/exec` or `deployments.apps/scale`."""
    group = f".{attributes.api_group}" if attributes.api_group else ""
    subresource = f"/{attributes.subresource}" if attributes.subresource else ""
    return f"{attributes.resource}{group}{subresource}"


def _resource_reason(rule: PolicyRule, attributes: Attributes) -> str:
    if not attributes.resource_request:
        return f"{_named(attributes.path)} is no resource, and the rule is for resources"
    near = next(_near(rule, attributes), None)
    what = resource_text(attributes)
    return f"{what}: {near}" if near else f"{what} is not in resources {_parts(rule)}"


def _near(rule: PolicyRule, attributes: Attributes) -> Iterator[str]:
    """Yield what keeps a part from matching that would match with one thing changed, the nearest first."""
    for part in rule.resources:
        unnamed = GroupResources(part.group, part.resources)
        if part.resource_names and holds_resource(unnamed, attributes):
            name = f"name {attributes.name}" if attributes.name else "a request without a name"
            yield f"{name} is not in resourceNames {listed(part.resource_names)}"
    for part in rule.resources:
        if part.group in ("*", attributes.api_group):
            yield from _near_subresource(part, attributes)
    for part in rule.resources:
        regrouped = GroupResources(attributes.api_group, part.resources, part.resource_names)
        if holds_resource(regrouped, attributes) and part.resources not in ((), ("*",)):
            yield f"the rule names it in group {part.group or '(core)'}, it is of {attributes.api_group or '(core)'}"


def _near_subresource(part: GroupResources, attributes: Attributes) -> Iterator[str]:
    asked = "/".join(filter(None, (attributes.resource, attributes.subresource)))
    for pattern in part.resources:
        plain, _, sub = pattern.partition("/")
        if plain == attributes.resource and pattern != asked:
            yield f"{pattern} does not cover {asked}" + ("; a subresource is named on its own" if not sub else "")


def _parts(rule: PolicyRule) -> str:
    shown = [f"{part.group or '(core)'}: {listed(part.resources)}" for part in rule.resources[:_LONGEST_LIST]]
    more = len(rule.resources) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")
