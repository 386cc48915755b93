"""The last proof: rules give the same alerts on what a policy keeps of a log as on the full log."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.policy.attributes import of_event
from lanner.policy.compiled import CompiledPolicy
from lanner.policy.model import Policy
from lanner.policy.projection import line_of
from lanner.rules.compile import compile_conditions
from lanner.rules.ruleset import Rule

MOST_DIFFERENCES = 1000
"""Differences that are kept to be shown; all are counted."""


class Outcome(msgspec.Struct, kw_only=True):
    """What came of it: an alert is a rule and a request (auditID), however many stages of the request it fires on.

    `allowed` counts alerts that are missing of rules that may lose a part of their sight; `missing` is of the others.
    """

    events: int = 0
    alerts: int = 0
    allowed: int = 0
    fired: int = 0
    fired_kept: int = 0
    missing: list[tuple[str, str]] = msgspec.field(default_factory=list)
    added: list[tuple[str, str]] = msgspec.field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether the alerts are the same."""
        return not self.missing and not self.added


class Replaying:
    """Tries rules on each event as it is and as the policy would have it; those named in `partly` may miss some."""

    def __init__(self, policy: Policy, rules: Sequence[Rule], partly: Collection[str] = ()) -> None:
        self._partly = {number for number, rule in enumerate(rules) if rule.name in partly}
        self._policy = CompiledPolicy(policy)
        self._rules = rules
        self._matcher = compile_conditions([rule.condition for rule in rules])
        self._full: set[tuple[int, str]] = set()
        self._kept: set[tuple[int, str]] = set()
        self._outcome = Outcome()

    def add(self, event: Event) -> None:
        """Try the rules on one event of the full log."""
        self._outcome.events += 1
        matches = self._matcher.match(event)
        audit_id = event.head.audit_id or ""
        self._full.update((number, audit_id) for number in matches)
        self._outcome.fired += len(matches)
        line = line_of(event, self._policy.decide(of_event(event.head)))
        for kept in decode(line).events if line is not None else ():
            left = matches if line == event.raw else self._matcher.match(kept)
            self._kept.update((number, audit_id) for number in left)
            self._outcome.fired_kept += len(left)

    def finish(self) -> Outcome:
        """Return what came of it."""
        outcome = self._outcome
        outcome.alerts = len(self._full)
        missing = self._full - self._kept
        allowed = {pair for pair in missing if pair[0] in self._partly}
        outcome.allowed = len(allowed)
        outcome.missing = self._named(missing - allowed)
        outcome.added = self._named(self._kept - self._full)
        return outcome

    def _named(self, pairs: set[tuple[int, str]]) -> list[tuple[str, str]]:
        return [(self._rules[number].name, audit_id) for number, audit_id in sorted(pairs)[:MOST_DIFFERENCES]]
