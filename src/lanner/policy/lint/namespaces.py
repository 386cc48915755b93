"""Namespaces: which requests have one."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.policy import builtin_api
from lanner.policy.evaluate import decide
from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.samples import PERSON
from lanner.policy.lint.subject import Subject
from lanner.policy.model import Attributes, Level, PolicyRule

_READS = ("list", "watch", "get")


@check("namespace-of-cluster-resource", "error")
def namespace_of_cluster_resource(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A rule with namespaces for resources that live in none, as clusterroles or nodes: their requests have the
    namespace "", and the entry never matches. The resource `namespaces` is the exception: a request for one is in it.
    """
    for number, rule in subject.rules():
        if not rule.namespaces or "" in rule.namespaces:
            continue
        for item, part in enumerate(rule.resources):
            for place, pattern in enumerate(part.resources):
                row = builtin_api.resources().get((part.group, pattern.partition("/")[0]))
                if row is not None and not row.namespaced and row.name != "namespaces":
                    yield report(
                        f'{pattern} are in no namespace: requests for them have the namespace "" and do not match here',
                        'move them to a rule without namespaces, or add ""',
                        rule=number,
                        place=subject.place(number, "resources", item, "resources", place),
                    )


@check("no-namespace-only", "info")
def no_namespace_only(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """The list [""] for namespaces takes requests without a namespace: cluster-scoped objects, and lists over all
    namespaces. For resources that live in namespaces nothing but such lists is left.
    """
    for number, rule in subject.rules():
        rows = _rows(rule)
        if set(rule.namespaces) == {""} and rows and all(row.namespaced for row in rows):
            yield report(
                f'namespaces: [""] takes only lists and watches over all namespaces of {_list(rows)}',
                "remove namespaces to take them in every namespace",
                rule=number,
                place=subject.place(number, "namespaces"),
            )


@check("list-across-namespaces", "warning")
def list_across_namespaces(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A rule that logs reads in some namespaces does not see a list over all namespaces (`kubectl get -A`), whose
    namespace is "". Reported where that list is not logged at all.
    """
    for number, rule in subject.rules():
        verbs = [verb for verb in _READS[:2] if not rule.verbs or verb in rule.verbs]
        if rule.level is Level.NONE or not rule.namespaces or "" in rule.namespaces or not verbs:
            continue
        rows = [row for row in _rows(rule) if row.namespaced and _is_blind(subject, rule, verbs[0], row)]
        if rows:
            yield report(
                f'{verbs[0]} over all namespaces of {_list(rows)} has the namespace "" and is not logged',
                'add "" to namespaces',
                rule=number,
                place=subject.place(number, "namespaces"),
            )


def _rows(rule: PolicyRule) -> list[builtin_api.Resource]:
    """Return the built-in resources that a rule names."""
    keys = [(part.group, pattern) for part in rule.resources for pattern in part.resources]
    return [builtin_api.resources()[key] for key in keys if key in builtin_api.resources()]


def _is_blind(subject: Subject, rule: PolicyRule, verb: str, row: builtin_api.Resource) -> bool:
    request = Attributes(
        user=rule.users[0] if rule.users else PERSON[0],
        groups=rule.user_groups[:1] or PERSON[1],
        verb=verb,
        api_group=row.group,
        resource=row.name,
    )
    return decide(subject.policy, request).level is Level.NONE


def _list(rows: list[builtin_api.Resource]) -> str:
    return ", ".join(row.name for row in rows)
