"""What rules and policies call requests by: the texts that cut all requests into classes."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lanner.policy.coverage.classes import Named, fields_of, named_in
from lanner.policy.model import Policy
from lanner.rules import ir
from lanner.rules.access import twin
from lanner.rules.ir import Check, checks_in

USER, VERB, NAMESPACE, NAME, URI = "user", "verb", "namespace", "name", "uri"
GROUPS, RESOURCE, SUBRESOURCE, API_GROUP, STAGE = "groups", "resource", "subresource", "api_group", "stage"

_PART_OF_FIELD = {
    ir.Field("ka.user.name"): USER,
    ir.Field("ka.user.groups"): GROUPS,
    ir.Field("ka.verb"): VERB,
    ir.Field("ka.uri"): URI,
    ir.Field("ka.stage"): STAGE,
    ir.Field("ka.target.namespace"): NAMESPACE,
    ir.Field("ka.target.name"): NAME,
    ir.Field("ka.req.configmap.name"): NAME,
    ir.Field("ka.target.resource"): RESOURCE,
    ir.Field("ka.target.subresource"): SUBRESOURCE,
    ir.Field("jevt.value", "/objectRef/apiGroup"): API_GROUP,
    ir.Field("json.value", "/objectRef/apiGroup"): API_GROUP,
}


def part_of(check: Check) -> str | None:
    """Return which part of a request a check is about and nothing else, None for any other check."""
    fields = fields_of(check)
    if len(fields) != 1:
        return None
    head = twin(fields[0])
    return _PART_OF_FIELD.get(ir.Field(head) if head else fields[0])


class Names(msgspec.Struct, frozen=True):
    """By part of a request, the texts named; `groups` of users."""

    parts: tuple[tuple[str, Named], ...] = ()

    def __getitem__(self, part: str) -> Named:
        return dict(self.parts).get(part, Named())

    def __or__(self, other: Names) -> Names:
        found = dict(self.parts)
        for part, named in other.parts:
            found[part] = found.get(part, Named()) | named
        return Names(tuple(sorted(found.items())))


def names_of_rules(conditions: Iterable[ir.Condition]) -> Names:
    """Return what conditions name."""
    found: dict[str, list[Check]] = {}
    for condition in conditions:
        for check in checks_in(condition):
            part = part_of(check)
            if part is not None:
                found.setdefault(part, []).append(check)
    return Names(tuple(sorted((part, named_in(checks)) for part, checks in found.items())))


def names_of_policy(policy: Policy) -> Names:
    """Return what a policy names."""
    rules = policy.rules
    parts = [part for rule in rules for part in rule.resources]
    patterns = [pattern.split("/") for part in parts for pattern in part.resources]
    urls = [url for rule in rules for url in rule.non_resource_urls]
    exact = {
        USER: {user for rule in rules for user in rule.users},
        GROUPS: {group for rule in rules for group in rule.user_groups},
        VERB: {verb for rule in rules for verb in rule.verbs},
        NAMESPACE: {namespace for rule in rules for namespace in rule.namespaces},
        NAME: {name for part in parts for name in part.resource_names},
        API_GROUP: {part.group for part in parts} - {"*"},
        RESOURCE: {pattern[0] for pattern in patterns} - {"*"},
        SUBRESOURCE: {below for pattern in patterns for below in pattern[1:]} - {"*"},
        URI: {url for url in urls if not url.endswith("*")},
    }
    beginnings = {url.rstrip("*") if url.endswith("*") else f"{url}?" for url in urls}
    found = {part: Named(frozenset(texts - {""})) for part, texts in exact.items()}
    found[URI] = Named(found[URI].exact, frozenset(beginnings - {""}))
    return Names(tuple(sorted(found.items())))
