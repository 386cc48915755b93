"""Texts that look like patterns and are taken as they stand, and URLs that no request has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.subject import Entry, Subject, entries
from lanner.policy.model import PolicyRule

_PATTERN = re.compile(r"\*|^\^|\$$|\.\+|\[.*\]|\(.*\|.*\)")
_RESOURCE_PATH = re.compile(r"^/(api/[^/*]+|apis/[^/*]+/[^/*]+)/[^*]")
_GROUPS = "userGroups: system:serviceaccounts:NAMESPACE has the service accounts of a namespace, system:nodes the nodes"


@check("glob-taken-literally", "error")
def glob_taken_literally(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A star or a regular expression where a policy knows none: users, userGroups, namespaces and resourceNames are
    compared as they stand, and `*` in resources is only `*`, `*/status` or `pods/*`. The entry matches nothing.
    """
    for number, rule in subject.rules():
        for entry in entries(rule):
            fix = _literal(entry)
            if fix:
                yield report(
                    f"'{entry.text}' in {entry.key} is no pattern: it is compared as it stands and matches nothing",
                    fix,
                    rule=number,
                    place=subject.place_of(number, entry),
                )


def _literal(entry: Entry) -> str:
    """Return what to write instead, "" where the text is no pattern or may be one."""
    if entry.key in ("verbs", "group", "nonResourceURLs") or not _PATTERN.search(entry.text):
        return ""
    if entry.key == "resources":
        return _bad_star(entry.text)
    if entry.text == "*":
        return f"remove {entry.key}: a rule without it takes all"
    if entry.key == "users":
        return f"list the users, or use {_GROUPS}"
    return f"list each of the {entry.key}"


def _bad_star(pattern: str) -> str:
    resource, _, below = pattern.partition("/")
    if pattern == "*/*":
        return 'write "*": it takes all resources with their subresources'
    if "*" in (resource, below) and not ("*" in resource and "*" in below):
        return ""
    return 'list the resources; a star may stand for all ("*"), for a resource ("*/status") or a subresource ("pods/*")'


@check("url-never-matches", "error")
def url_never_matches(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A URL that no request has: with a query, which is not part of what is compared, or the path of a resource below
    /api or /apis, whose requests are matched by `resources` and never by nonResourceURLs.
    """
    for number, rule in subject.rules():
        for entry in entries(rule):
            problem = _url_problem(rule, entry)
            if problem:
                yield report(*problem, rule=number, place=subject.place_of(number, entry))


def _url_problem(rule: PolicyRule, entry: Entry) -> tuple[str, str] | None:
    if entry.key != "nonResourceURLs" or rule.resources:
        return None
    if "?" in entry.text:
        return f"'{entry.text}' matches nothing: paths are compared without their query", (
            f'write "{entry.text.partition("?")[0]}"'
        )
    if _RESOURCE_PATH.match(entry.text):
        return f"'{entry.text}' is the path of a resource, which nonResourceURLs never match", (
            "write a rule with resources instead"
        )
    return None
