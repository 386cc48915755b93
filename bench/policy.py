"""Decisions a second of one core: `python bench/policy.py EVENTS [--policy P]`; alone, and from events' heads."""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lanner.audit.decode import decode
from lanner.audit.event import Head
from lanner.policy.attributes import of_event
from lanner.policy.compiled import CompiledPolicy
from lanner.policy.evaluate import decide
from lanner.policy.loading import load_policy
from lanner.policy.model import GroupResources, Level, Policy, PolicyRule
from lanner.sources.history import read_lines

_KINDS = ("secrets", "configmaps", "pods", "pods/exec", "deployments", "leases", "events", "serviceaccounts/token")


def thirty_rules() -> Policy:
    """Return a policy of 30 rules of which most requests pass nearly all."""
    rules = [
        PolicyRule(
            level=Level.METADATA,
            users=(f"system:serviceaccount:team-{number}:robot",) if number % 3 == 0 else (),
            verbs=("create", "update") if number % 2 else ("delete", "patch"),
            namespaces=(f"team-{number}",) if number % 3 else (),
            resources=(GroupResources("", (_KINDS[number % len(_KINDS)],)),),
        )
        for number in range(27)
    ]
    last = [
        PolicyRule(level=Level.NONE, non_resource_urls=("/healthz*", "/readyz*", "/livez*")),
        PolicyRule(level=Level.REQUEST, verbs=("create",), resources=(GroupResources("", ("pods/exec",)),)),
        PolicyRule(level=Level.METADATA),
    ]
    return Policy(rules=(*rules, *last))


def heads(path: Path, most: int) -> list[Head]:
    """Return the heads of a log's first events."""
    found = (event.head for line in read_lines(path) for event in decode(line.data).events)
    return list(itertools.islice(found, most))


def rate(name: str, work: Callable[[Any], object], items: Iterable[Any], rounds: int) -> None:
    """Print how many items a second are worked on, the best of the rounds."""
    items = list(items)
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        for item in items:
            work(item)
        best = min(best, time.perf_counter() - started)
    print(f"{name}: {len(items) / best:,.0f}/s over {len(items)}")


def main() -> None:
    """Measure the plain scan, the index, and the index from heads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", type=Path)
    parser.add_argument("--policy", type=Path)
    parser.add_argument("--most", type=int, default=50_000)
    arguments = parser.parse_args()
    policy = load_policy(arguments.policy).policy if arguments.policy else thirty_rules()
    if policy is None:
        parser.error("kube-apiserver would refuse this policy")
    found = heads(arguments.events, arguments.most)
    attributes = [of_event(head) for head in found]
    compiled = CompiledPolicy(policy)
    print(f"{len(policy.rules)} rules")
    rate("scan", lambda item: decide(policy, item), attributes, 1)
    rate("index, first time", CompiledPolicy(policy).decide, attributes, 1)
    rate("index", compiled.decide, attributes, 5)
    rate("attributes from heads", of_event, found, 5)
    rate("index from heads", lambda head: compiled.decide(of_event(head)), found, 5)


if __name__ == "__main__":
    main()
