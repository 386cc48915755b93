"""resourceNames: what a request's name is, and is not."""

from __future__ import annotations

from collections.abc import Iterator

from lanner.policy import builtin_api
from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.subject import Subject
from lanner.policy.model import GroupResources, Level, PolicyRule

_NAMED_BY_FIELD = {"list", "watch", "deletecollection"}


@check("name-never-there", "error")
def name_never_there(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Names (resourceNames) with verbs whose requests have no name: create sends it in the body only, which a policy
    does not see; list, watch and deletecollection have one only with the field selector metadata.name.
    """
    for number, item, rule, part in _named(subject):
        verbs = set(rule.verbs)
        plain = any("/" not in pattern for pattern in part.resources)
        if not verbs or not plain or "" in part.resource_names or not verbs <= {"create", *_NAMED_BY_FIELD}:
            continue
        always = verbs == {"create"}
        yield report(
            f"requests with the verb {', '.join(rule.verbs)} have no name"
            + (": the item matches nothing" if always else " unless a field selector gives one"),
            'remove resourceNames, or write verbs: ["get", "update", "patch", "delete"]',
            rule=number,
            place=subject.place(number, "resources", item, "resourceNames"),
            severity=None if always else "warning",
        )


@check("name-without-namespace", "info")
def name_without_namespace(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Names of objects that live in namespaces, in a rule without namespaces: an object of that name in any namespace
    is meant. Where the rule drops requests it is a warning, because whoever names his object so is not logged.
    """
    for number, item, rule, part in _named(subject):
        found = [name for name in part.resources if _is_namespaced(part.group, name)]
        if found and not rule.namespaces:
            drops = rule.level is Level.NONE
            yield report(
                f"{', '.join(found)} named {', '.join(part.resource_names)} are taken in every namespace"
                + (": anybody can give his own object that name and is not logged" if drops else ""),
                'add namespaces: those that the objects are in, as ["kube-system"]',
                rule=number,
                place=subject.place(number, "resources", item, "resourceNames"),
                severity="warning" if drops else None,
            )


def _named(subject: Subject) -> Iterator[tuple[int, int, PolicyRule, GroupResources]]:
    for number, rule in subject.rules():
        for item, part in enumerate(rule.resources):
            if part.resource_names:
                yield number, item, rule, part


def _is_namespaced(group: str, pattern: str) -> bool:
    row = builtin_api.resources().get((group, pattern.partition("/")[0]))
    return row is not None and row.namespaced
