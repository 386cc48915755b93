"""Rules, and entries of rules, that the rules above leave nothing to decide."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.reach import Reach, decided, least_resources, reach
from lanner.policy.lint.subject import Entry, Subject, entries
from lanner.policy.model import GroupResources, PolicyRule

_KEYS = {
    "users": "users",
    "userGroups": "user_groups",
    "verbs": "verbs",
    "namespaces": "namespaces",
    "nonResourceURLs": "non_resource_urls",
}


@check("unreachable-rule", "warning")
def unreachable_rule(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A rule that never decides, because the rules above it take every request that it fits: the first rule that
    matches wins. The rules in the way are named; together they leave nothing, which is proved and not guessed.
    """
    for number, rule in subject.rules():
        found = decided(subject.policy, number)
        if found.reachable:
            continue
        if not found.takers:
            yield report("the rule fits no request at all", "correct or remove it", rule=number)
            continue
        yield report(_message(subject, rule, found), _fix(subject, found), rule=number)


def _message(subject: Subject, rule: PolicyRule, found: Reach) -> str:
    taker = subject.policy.rules[found.takers[0]]
    says = f" at {taker.level.text}" if len(found.takers) == 1 else ""
    return (
        f"the rule never decides: {subject.labels(list(found.takers))} {_verb(found)} every request it fits{says}, "
        f"so its level {rule.level.text} holds for nothing"
    )


def _verb(found: Reach) -> str:
    return "takes" if len(found.takers) == 1 else "take"


def _fix(subject: Subject, found: Reach) -> str:
    return f"move it above {subject.label(found.takers[0])} (special rules before general ones), or remove it"


@check("shadowed-entry", "info")
def shadowed_entry(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A user, group, verb, namespace, resource, name or URL in a rule that decides nothing by being there, because the
    rules above take all of its requests; the rest of the rule does decide.
    """
    for number, rule in subject.rules():
        if not decided(subject.policy, number).reachable:
            continue
        for entry in entries(rule):
            found = _alone(subject, number, rule, entry)
            if found is not None and not found.reachable and found.takers:
                shown = f"all of group '{entry.text}'" if entry.key == "group" else f"'{entry.text}' in {entry.key}"
                yield report(
                    f"{shown} decides nothing here: {subject.labels(list(found.takers))} {_verb(found)} it first",
                    f"remove it, or move the rule above {subject.label(found.takers[0])}",
                    rule=number,
                    place=subject.place_of(number, entry),
                )


def _alone(subject: Subject, number: int, rule: PolicyRule, entry: Entry) -> Reach | None:
    """Return the reach of the rule with one entry instead of its list; None where the entry is all of the rule."""
    if entry.item < 0:
        only = msgspec.structs.replace(rule, **{_KEYS[entry.key]: (entry.text,)})
    else:
        part = _part(rule.resources[entry.item], entry)
        if part is None or not any(least_resources([part])):
            return None
        only = msgspec.structs.replace(rule, resources=(part,))
    return None if only == rule else reach(subject.policy, only, number)


def _part(part: GroupResources, entry: Entry) -> GroupResources | None:
    if entry.key == "group":
        return None if part.resources else part
    if entry.key == "resources":
        return msgspec.structs.replace(part, resources=(entry.text,))
    return msgspec.structs.replace(part, resource_names=(entry.text,))
