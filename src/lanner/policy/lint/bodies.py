"""Bodies that cost and tell little, and levels that bring no body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType

import msgspec

from lanner.policy.findings import PolicyFinding
from lanner.policy.lint.check import Report, check
from lanner.policy.lint.narrow import narrow
from lanner.policy.lint.possible import is_bare
from lanner.policy.lint.reach import reach
from lanner.policy.lint.subject import Subject
from lanner.policy.model import GroupResources, Level, PolicyRule

_BIG = MappingProxyType(
    {
        ("", "nodes/status"): ("patch", "update"),
        ("", "pods/status"): ("patch", "update"),
        ("", "events"): ("create", "patch"),
        ("events.k8s.io", "events"): ("create", "patch"),
        ("", "endpoints"): ("update",),
        ("discovery.k8s.io", "endpointslices"): ("create", "update"),
        ("coordination.k8s.io", "leases"): ("update",),
        ("apps", "replicasets/status"): ("update",),
        ("apps", "deployments/status"): ("update",),
    }
)


@check("reads-with-bodies", "warning")
def reads_with_bodies(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """RequestResponse on get and list: the answer to a list holds every object, each time it is asked for, and repeats
    what the writes already told. This is what makes logs several times larger than they need to be.
    """
    for number, rule in subject.with_bodies():
        if rule.level is Level.REQUEST_RESPONSE:
            verbs = [verb for verb in ("get", "list") if _decides(subject, number, rule, verb)]
            if verbs:
                yield report(
                    f"the rule writes whole answers to {' and '.join(verbs)}"
                    + (": each list puts every object into the log" if "list" in verbs else ""),
                    'add verbs: ["create", "update", "patch", "delete", "deletecollection"], and let a rule below take '
                    "reads at Metadata",
                    rule=number,
                )


@check("level-without-body", "info")
def level_without_body(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """A rule for watch alone at RequestResponse, or for reads alone at Request: a watch's objects are never logged, and
    reads have no request body, so the level brings nothing over Metadata.
    """
    for number, rule in subject.rules():
        if is_bare(rule):
            yield report(
                f"{rule.level.text} logs no more than Metadata for {', '.join(rule.verbs)}: there is no such body",
                "write level: Metadata",
                rule=number,
                place=subject.place(number, "level"),
            )


@check("bulky-bodies", "warning")
def bulky_bodies(subject: Subject, report: Report) -> Iterator[PolicyFinding]:
    """Bodies of what the cluster writes by itself every few seconds: status of nodes and pods, events, leases and
    endpoints. They are most of a log's bytes and no detection needs them.
    """
    for number, rule in subject.with_bodies():
        kinds = [key for key, verbs in _BIG.items() if _writes(subject, number, rule, key, verbs)]
        if kinds:
            names = ", ".join(f"{path} ({group})" if group else path for group, path in kinds)
            yield report(
                f"at level {rule.level.text} the rule logs bodies of {names}, written by the cluster all the time",
                f"above this rule, at None or Metadata: {_item(kinds)}",
                rule=number,
            )


def _decides(subject: Subject, number: int, rule: PolicyRule, verb: str) -> bool:
    if (rule.verbs and verb not in rule.verbs) or (rule.non_resource_urls and not rule.resources):
        return False
    parts = tuple(_objects(rule.resources or (GroupResources("*"),)))
    only = msgspec.structs.replace(rule, verbs=(verb,), resources=parts)
    return bool(parts) and reach(subject.policy, only, number).reachable


def _objects(parts: Iterable[GroupResources]) -> Iterator[GroupResources]:
    """Yield what is about whole collections: no names, no subresources, which have small answers or none."""
    for part in parts:
        patterns = tuple(pattern for pattern in part.resources if "/" not in pattern or pattern.endswith("/*"))
        if (patterns or not part.resources) and not part.resource_names:
            yield msgspec.structs.replace(part, resources=patterns)


def _writes(subject: Subject, number: int, rule: PolicyRule, key: tuple[str, str], verbs: tuple[str, ...]) -> bool:
    resource, _, below = key[1].partition("/")
    cut = narrow(rule, key[0], resource, below, verbs)
    return cut is not None and reach(subject.policy, cut, number).reachable


def _item(kinds: list[tuple[str, str]]) -> str:
    groups = dict.fromkeys(group for group, _ in kinds)
    paths = {group: ", ".join(f'"{path}"' for own, path in kinds if own == group) for group in groups}
    items = (f'{{group: "{group}", resources: [{paths[group]}]}}' for group in groups)
    return f"resources: [{', '.join(items)}]"
