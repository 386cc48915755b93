"""What kube-apiserver decides, in the plainest form: the reference that the compiled evaluator must agree with.

The rules are those of k8s.io/apiserver's audit policy checker (pkg/audit/policy), stated in the documentation of
audit.k8s.io/v1 PolicyRule and GroupResources.
"""

from __future__ import annotations

from collections.abc import Iterable

from lanner.policy.model import STAGES, Attributes, Decision, GroupResources, Level, Policy, PolicyRule


def decide(policy: Policy, attributes: Attributes) -> Decision:
    """Return what the first matching rule says; a request that no rule matches is not logged."""
    for number, rule in enumerate(policy.rules):
        if obstacle(rule, attributes) is None:
            return decision_of(policy, number)
    return no_match(policy)


def decision_of(policy: Policy, number: int) -> Decision:
    """Return what a rule decides, with the policy's own stages and managed fields."""
    rule = policy.rules[number]
    managed = policy.omit_managed_fields if rule.omit_managed_fields is None else rule.omit_managed_fields
    return Decision(rule.level, in_order((*policy.omit_stages, *rule.omit_stages)), managed, number)


def no_match(policy: Policy) -> Decision:
    """Return what holds for a request that no rule matches."""
    return Decision(Level.NONE, in_order(policy.omit_stages), policy.omit_managed_fields, None)


def in_order(stages: Iterable[str]) -> tuple[str, ...]:
    """Return stages once each in the order of a request; kube-apiserver's own order is one of chance."""
    wanted = set(stages)
    return tuple(stage for stage in STAGES if stage in wanted)


def obstacle(rule: PolicyRule, attributes: Attributes) -> str | None:
    """Return the first part of a rule that a request does not meet, by its key in the policy; None where it matches."""
    if rule.users and attributes.user not in rule.users:
        return "users"
    if rule.user_groups and not set(rule.user_groups).intersection(attributes.groups):
        return "userGroups"
    if rule.verbs and attributes.verb not in rule.verbs:
        return "verbs"
    if rule.namespaces or rule.resources:
        return _resource_obstacle(rule, attributes)
    if rule.non_resource_urls and not _meets_url(rule, attributes):
        return "nonResourceURLs"
    return None


def _resource_obstacle(rule: PolicyRule, attributes: Attributes) -> str | None:
    first = "namespaces" if rule.namespaces else "resources"
    if not attributes.resource_request:
        return first
    if rule.namespaces and attributes.namespace not in rule.namespaces:
        return "namespaces"
    if rule.resources and not any(holds_resource(part, attributes) for part in rule.resources):
        return "resources"
    return None


def holds_resource(part: GroupResources, attributes: Attributes) -> bool:
    """Say whether a request is for one of the resources."""
    if part.group not in ("*", attributes.api_group):
        return False
    if not part.resources:
        return True
    if part.resource_names and attributes.name not in part.resource_names:
        return False
    return any(fits(pattern, attributes.resource, attributes.subresource) for pattern in part.resources)


def fits(pattern: str, resource: str, subresource: str) -> bool:
    """Say whether `pods`, `pods/exec`, `*`, `*/status` or `pods/*` names a resource; `pods` alone is no subresource."""
    if pattern in ("*", f"{resource}/{subresource}" if subresource else resource):
        return True
    if subresource and pattern.startswith("*/") and pattern[2:] == subresource:
        return True
    return pattern.endswith("/*") and pattern[:-2] == resource


def _meets_url(rule: PolicyRule, attributes: Attributes) -> bool:
    if attributes.resource_request:
        return False
    return any(fits_path(pattern, attributes.path) for pattern in rule.non_resource_urls)


def fits_path(pattern: str, path: str) -> bool:
    """Say whether `/healthz`, `/metrics*` or `*` names a path."""
    if pattern == path:
        return True
    return pattern.endswith("*") and path.startswith(pattern.rstrip("*"))
