"""Verbs that requests never have, or not those a rule is about."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from lanner.policy import builtin_api
from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.possible import possible_verbs
from lanner.policy.lint.subject import Entry, Subject, entries
from lanner.policy.model import PolicyRule

_ALL = "remove the key verbs: a rule without it takes every verb"
_MEANT = MappingProxyType(
    {
        "post": 'write "create"',
        "put": 'write "update"',
        "head": 'write "get": HEAD of a resource is a get',
        "read": 'write "get", "list", "watch"',
        "view": 'write "get", "list", "watch"',
        "write": 'write "create", "update", "patch", "delete", "deletecollection"',
        "edit": 'write "update", "patch"',
        "modify": 'write "update", "patch"',
        "remove": 'write "delete", "deletecollection"',
        "deletecollections": 'write "deletecollection"',
        "apply": 'write "patch": apply is a patch',
        "exec": 'write resources: ["pods/exec"] and verbs: ["get", "create"]',
        "impersonate": "match the user who impersonates: the request has the verb of what he does",
        "bind": 'write verbs: ["create", "update", "patch"] on rolebindings and clusterrolebindings',
        "escalate": 'write verbs: ["create", "update", "patch"] on roles and clusterroles',
        "approve": 'write resources: ["certificatesigningrequests/approval"] and verbs: ["update", "patch"]',
        "use": "remove it: it is a right that is asked for, no request has it",
    }
)
_CONNECTS = ("pods/exec", "pods/attach", "pods/portforward")


@check("unknown-verb", "error")
def unknown_verb(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A verb that no request has: HTTP methods on resources, capitals, `*` (which is not a wildcard here), words for
    groups of verbs, rights that RBAC knows (impersonate, bind). Requests for resources have get, list, watch, create,
    update, patch, delete, deletecollection, and proxy on old paths; others the HTTP method in small letters.
    """
    for number, rule in subject.rules():
        known = possible_verbs(rule)
        wrong = [entry for entry in entries(rule) if entry.key == "verbs" and entry.text not in known]
        end = ", and with it the rule" if len(wrong) == len(rule.verbs) else ""
        for entry in wrong:
            yield report(
                f"no request {_of(rule)}has the verb '{entry.text}': it matches nothing{end}",
                _fix(entry, known),
                rule=number,
                place=subject.place_of(number, entry),
            )


def _of(rule: PolicyRule) -> str:
    if rule.resources or rule.namespaces:
        return "for a resource "
    return "for a URL that is no resource " if rule.non_resource_urls else ""


def _fix(entry: Entry, known: set[str]) -> str:
    if entry.text == "*":
        return _ALL
    if entry.text.lower() in known:
        return f'write "{entry.text.lower()}"'
    if "put" in known and "create" not in known:
        return f"write HTTP methods: {', '.join(builtin_api.URL_VERBS)}"
    return _MEANT.get(entry.text.lower(), f"write one of {', '.join(builtin_api.RESOURCE_VERBS)}")


@check("verb-not-served", "warning")
def verb_not_served(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A resource with none of the verbs that the rule lists, as watch on pods/exec or list on tokenreviews: the entry
    matches only requests that kube-apiserver refuses.
    """
    for number, rule in subject.rules():
        for entry in entries(rule) if rule.verbs else ():
            if entry.key != "resources":
                continue
            served = _served(rule.resources[entry.item].group, entry.text)
            if served and not set(served).intersection(rule.verbs):
                yield report(
                    f"{entry.text} has none of the verbs {', '.join(rule.verbs)}; it has {', '.join(served)}",
                    f"write verbs: [{', '.join(served)}] in a rule of its own, or remove the entry",
                    rule=number,
                    place=subject.place_of(number, entry),
                )


def _served(group: str, pattern: str) -> tuple[str, ...]:
    resource, slash, below = pattern.partition("/")
    row = builtin_api.resources().get((group, resource))
    if row is None:
        return ()
    return row.subresources.get(below, ()) if slash else row.verbs


@check("exec-by-get", "warning")
def exec_by_get(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """exec, attach and port-forward with the verb create only: kubectl opens them by WebSocket since 1.31, which is an
    HTTP GET, and the audit verb is get. Such a rule sees old clients only.
    """
    for number, rule in subject.rules():
        for entry in entries(rule):
            if (
                entry.key == "resources"
                and entry.text in _CONNECTS
                and "create" in rule.verbs
                and "get" not in rule.verbs
            ):
                yield report(
                    f"{entry.text} by WebSocket, as kubectl does it today, has the verb get: the rule does not see it",
                    'write verbs: ["get", "create"]',
                    rule=number,
                    place=subject.place_of(number, entry),
                )
