"""Subresources that a rule for their resource does not take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lanner.policy import builtin_api
from lanner.policy.evaluate import decide
from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.reach import FRESH
from lanner.policy.lint.samples import PERSON
from lanner.policy.lint.subject import Entry, Subject, entries
from lanner.policy.model import Attributes, Level, PolicyRule


class _Below(NamedTuple):
    """A subresource that matters: its verb, and whether its requests have bodies."""

    resource: str
    name: str
    verb: str
    body: bool


_BELOW = (
    _Below("pods", "exec", "get", body=False),
    _Below("pods", "attach", "get", body=False),
    _Below("pods", "portforward", "get", body=False),
    _Below("pods", "log", "get", body=False),
    _Below("pods", "proxy", "get", body=False),
    _Below("pods", "ephemeralcontainers", "patch", body=True),
    _Below("services", "proxy", "get", body=False),
    _Below("nodes", "proxy", "get", body=False),
    _Below("serviceaccounts", "token", "create", body=False),
    _Below("deployments", "scale", "patch", body=True),
    _Below("statefulsets", "scale", "patch", body=True),
    _Below("replicasets", "scale", "patch", body=True),
    _Below("certificatesigningrequests", "approval", "update", body=True),
)


@check("subresource-forgotten", "warning")
def subresource_forgotten(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A rule for `pods` does not take pods/exec, pods/log or pods/ephemeralcontainers; each is a resource of its own,
    as in RBAC. A warning where such a request is not logged at all, info where it loses the bodies that the rule keeps.
    """
    for number, rule in subject.rules():
        for entry in entries(rule) if rule.level > Level.NONE else ():
            if entry.key == "resources":
                yield from _of_entry(subject, report, number, rule, entry)


def _of_entry(subject: Subject, report: Report, number: int, rule: PolicyRule, entry: Entry) -> Iterator[PolicyFinding]:
    part = rule.resources[entry.item]
    if part.resource_names:
        return
    group = builtin_api.homes(entry.text)[0] if part.group == "*" and builtin_api.homes(entry.text) else part.group
    wanted = [
        below for below in _BELOW if (group, entry.text) in builtin_api.resources() and below.resource == entry.text
    ]
    levels = {below: _level(subject, rule, group, below) for below in wanted}
    blind = [below.name for below, level in levels.items() if level is Level.NONE]
    poor = [
        below.name
        for below, level in levels.items()
        if below.body and Level.NONE < level < min(rule.level, Level.REQUEST)
    ]
    for names, loss in ((blind, "not logged"), (poor, "logged without bodies")):
        if names:
            paths = ", ".join(f"{entry.text}/{name}" for name in names)
            yield report(
                f"'{entry.text}' does not cover its subresources: {paths} {'is' if len(names) == 1 else 'are'} {loss}",
                f"add {', '.join(f'{chr(34)}{entry.text}/{name}{chr(34)}' for name in names)} to a rule that logs",
                rule=number,
                place=subject.place_of(number, entry),
                severity=None if names is blind else "info",
            )


def _level(subject: Subject, rule: PolicyRule, group: str, below: _Below) -> Level:
    """Return the level of the request that the rule would take if its resource covered the subresource."""
    request = Attributes(
        user=rule.users[0] if rule.users else PERSON[0],
        groups=rule.user_groups[:1] or PERSON[1],
        verb=below.verb,
        namespace=rule.namespaces[0] if rule.namespaces else "default",
        api_group=group,
        resource=below.resource,
        subresource=below.name,
        name=FRESH,
    )
    return decide(subject.policy, request).level
