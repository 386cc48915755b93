"""Groups, resources and subresources that kube-apiserver does not have, or has elsewhere."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from types import MappingProxyType
from typing import NamedTuple

from lanner.policy import builtin_api
from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.subject import Entry, Subject, entries
from lanner.policy.model import GroupResources

_CORE = ("core", "v1", "api", "legacy")
_GONE = MappingProxyType({"extensions": "1.22", "settings.k8s.io": "1.20", "auditregistration.k8s.io": "1.19"})
_ADDONS = ("metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io", "snapshot.storage.k8s.io")
_PLAIN_PLURALS = MappingProxyType({"logs": "log", "execs": "exec", "tokens": "token", "evictions": "eviction"})


@check("unknown-group", "error")
def unknown_group(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """An API group that cannot be: `core` for the core group, which is written "", a group without a dot that is not
    built in (custom resources have one), or one that is nearly a built-in group.
    """
    for number, rule in subject.rules():
        for entry in entries(rule):
            right = _right_group(entry.text) if entry.key == "group" else None
            if right is not None:
                yield report(
                    f"there is no API group '{entry.text}': the item matches nothing",
                    f'write group: "{right}"' if right or entry.text in _CORE else "write a group that the cluster has",
                    rule=number,
                    place=subject.place_of(number, entry),
                )


@check("group-gone", "info")
def group_gone(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """An API group that Kubernetes had once: since a version, long past support, an item for it matches nothing."""
    for number, rule in subject.rules():
        for entry in entries(rule):
            if entry.key == "group" and entry.text in _GONE and not rule.resources[entry.item].resources:
                yield report(
                    f"the API group '{entry.text}' is not served since Kubernetes {_GONE[entry.text]}",
                    "remove the item; deployments are in apps, ingresses in networking.k8s.io",
                    rule=number,
                    place=subject.place_of(number, entry),
                )


def _right_group(group: str) -> str | None:
    """Return the group that is meant by one that is wrong, "" where unknown or core; None where it may be right."""
    if group in builtin_api.groups() or group in ("*", *_GONE, *_ADDONS):
        return None
    if group in _CORE:
        return ""
    known = sorted(builtin_api.groups() - {""})
    label = [name for name in known if name.split(".", 1)[0] == group.split(".", 1)[0]]
    if "." not in group or (label and group.endswith(".k8s.io")):
        close = difflib.get_close_matches(group, known, n=1, cutoff=0.6)
        return (label or close or [""])[0]
    close = difflib.get_close_matches(group, known, n=1, cutoff=0.92)
    return close[0] if close else None


@check("wrong-group", "error")
def wrong_group(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A built-in resource under a group that does not have it, as deployments in the core group: the entry matches no
    request, silently, and a later rule decides. The right group is named.
    """
    for number, entry, problem in _problems(subject):
        if problem.homes:
            yield report(problem.message, problem.fix, rule=number, place=subject.place_of(number, entry))


@check("unknown-resource", "error")
def unknown_resource(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A name that is no resource of a built-in group: a kind, a singular, a short name, the wrong case, a misspelling,
    or a subresource that the resource does not have. Groups that are not built in are not judged. Known are the
    resources of Kubernetes 1.36 with every feature turned on.
    """
    for number, entry, problem in _problems(subject):
        if not problem.homes:
            yield report(
                problem.message,
                problem.fix,
                rule=number,
                place=subject.place_of(number, entry),
                severity="info" if problem.gone else None,
            )


class _Problem(NamedTuple):
    """What is wrong with a resource; `homes` are the groups that have it, `gone` says that it was once there."""

    message: str
    fix: str
    homes: tuple[str, ...] = ()
    gone: bool = False


def _problems(subject: Subject) -> Iterator[tuple[int, Entry, _Problem]]:
    for number, rule in subject.rules():
        for entry in entries(rule):
            if entry.key == "resources":
                problem = _problem(rule.resources[entry.item], entry.text)
                if problem:
                    yield number, entry, problem


def _problem(part: GroupResources, pattern: str) -> _Problem | None:
    resource, slash, below = pattern.partition("/")
    known = part.group in builtin_api.groups() or part.group == "extensions"
    if pattern == "*" or "*" in resource or not (known or part.group == "*"):
        return None
    found = builtin_api.resources().get((part.group, resource))
    if part.group == "*":
        spelt = builtin_api.spelt(resource)
        return _misspelt(pattern, spelt, slash + below) if spelt not in ("", resource) else None
    if found is None:
        return _unknown(part.group, resource, slash + below)
    if slash and below != "*" and below not in found.subresources:
        return _no_subresource(found, below)
    return None


def _unknown(group: str, resource: str, below: str) -> _Problem:
    moved = builtin_api.MOVED.get((group, resource))
    where = f"group '{group}'" if group else "the core group"
    if moved:
        fix = f'write {{group: "{moved[0]}", resources: ["{resource}{below}"]}}' if moved[0] else "remove it"
        return _Problem(f"{resource} are not served by {where} since Kubernetes {moved[1]}", fix, gone=True)
    spelt = builtin_api.spelt(resource)
    homes = builtin_api.homes(spelt) if spelt else ()
    if homes and group not in homes:
        fix = f'write {{group: "{homes[0]}", resources: ["{spelt}{below}"]}}'
        return _Problem(f"{where} has no {resource}: the entry matches nothing", fix, homes)
    if spelt:
        return _misspelt(resource + below, spelt, below)
    close = difflib.get_close_matches(resource.lower(), [row.name for row in builtin_api.of_group(group)], n=1)
    fix = f'write "{close[0]}{below}"' if close else "write a resource of the group (kubectl api-resources)"
    return _Problem(f"{where} has no resource '{resource}': the entry matches nothing", fix)


def _misspelt(pattern: str, spelt: str, below: str) -> _Problem:
    return _Problem(
        f"'{pattern}' matches nothing: resources are written in the plural and in small letters",
        f'write "{spelt}{below}"',
    )


def _no_subresource(row: builtin_api.Resource, below: str) -> _Problem:
    known = list(row.subresources)
    plural = _PLAIN_PLURALS.get(below)
    close = [plural] if plural in known else difflib.get_close_matches(below.lower(), known, n=1)
    listed = f"it has {', '.join(known)}" if known else "it has none"
    fix = f'write "{row.name}/{close[0]}"' if close else f"remove it: {listed}"
    return _Problem(f"{row.name} has no subresource '{below}': the entry matches nothing", fix)


@check("twin-group", "info")
def twin_group(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Events are served by two groups, "" and events.k8s.io, and today's components write to either: a rule for one of
    them leaves the other to the rules below.
    """
    twins = {"": "events.k8s.io", "events.k8s.io": ""}
    for number, rule in subject.rules():
        have = {part.group for part in rule.resources if "events" in part.resources}
        for entry in entries(rule):
            group = rule.resources[entry.item].group if entry.key == "resources" and entry.text == "events" else None
            if group in twins and not have & {twins[group], "*"}:
                yield report(
                    f"events are also served by the {f'group {twins[group]}' if twins[group] else 'core group'}, "
                    "which this rule does not have",
                    f'add {{group: "{twins[group]}", resources: ["events"]}}',
                    rule=number,
                    place=subject.place_of(number, entry),
                )
