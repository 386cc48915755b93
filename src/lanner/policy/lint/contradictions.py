"""Parts of a rule that cannot hold together, or have no effect."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.subject import Subject, entries
from lanner.policy.model import Level

_ACCOUNT = "system:serviceaccount:"


@check("users-not-in-groups", "warning")
def users_not_in_groups(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Users and groups (userGroups) that no request has together: both must hold. A service account is in the groups
    system:serviceaccounts, system:serviceaccounts:NAMESPACE and system:authenticated, and is given no other;
    system:anonymous is in system:unauthenticated. Only a strange client certificate would say otherwise.
    """
    for number, rule in subject.rules():
        if rule.users and rule.user_groups and not any(_meets(user, rule.user_groups) for user in rule.users):
            yield report(
                f"nobody is both {' or '.join(rule.users)} and in {' or '.join(rule.user_groups)}: "
                "the rule matches nothing, because users and userGroups must both hold",
                "make two rules, one with users and one with userGroups",
                rule=number,
                place=subject.place(number, "userGroups"),
            )


def _meets(user: str, groups: tuple[str, ...]) -> bool:
    """Say whether a user may be in one of the groups, by what kube-apiserver's own authenticators give."""
    if user.startswith(_ACCOUNT):
        own = {"system:serviceaccounts", "system:authenticated", "system:serviceaccounts:" + _namespace(user)}
        return bool(own.intersection(groups))
    if user == "system:anonymous":
        return "system:unauthenticated" in groups
    return any(not group.startswith("system:serviceaccounts") and group != "system:unauthenticated" for group in groups)


def _namespace(user: str) -> str:
    return user.removeprefix(_ACCOUNT).partition(":")[0]


@check("stages-of-nothing", "info")
def stages_of_nothing(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Stages (omitStages) left out at a rule of level None, which logs none of them anyway."""
    for number, rule in subject.rules():
        if rule.level is Level.NONE and rule.omit_stages:
            yield report(
                "omitStages has no effect at level None",
                "remove omitStages, or write the level that was meant",
                rule=number,
                place=subject.place(number, "omitStages"),
            )


@check("empty-list", "warning")
def empty_list(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """An empty list, which does not mean `none`: the part does not narrow the rule at all, as if it were not there."""
    for number, _ in subject.rules():
        for key in ("users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs"):
            if subject.is_empty(number, key):
                yield report(
                    f"{key}: [] does not mean none: the rule takes every request whatever its {key}",
                    f"remove {key}, or list what is meant",
                    rule=number,
                    place=subject.place(number, key),
                )


@check("duplicate-entry", "info")
def duplicate_entry(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """The same text twice in a list: harmless, and often one of them was meant to be another."""
    for number, _ in subject.rules():
        yield from _repeated(subject, report, number)


def _repeated(subject: Subject, report: Report, number: int) -> Iterator[PolicyFinding]:
    seen: set[tuple[str, int, str]] = set()
    for entry in entries(subject.policy.rules[number]):
        key = (entry.key, entry.item, entry.text)
        if entry.key != "group" and key in seen:
            yield report(
                f"'{entry.text}' stands twice in {entry.key}",
                "remove one, or write what was meant",
                rule=number,
                place=subject.place_of(number, entry),
            )
        seen.add(key)
