"""The engine: one compiled rule set, tried on one event at a time, gives alerts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from lanner.audit.event import Event
from lanner.detect.alert import PRIORITIES, Alert, Origin
from lanner.errors import UsageError
from lanner.rules.compile import compile_conditions
from lanner.rules.falco.output import OutputFormat
from lanner.rules.ruleset import Rule

SOURCE = "k8s_audit"
Matching = Literal["all", "first"]

_RANKS = {name.lower(): rank for rank, name in enumerate(PRIORITIES)} | {"info": 6}


def priority_rank(name: str) -> int:
    """Return 0 for the most severe priority; raise UsageError naming the known ones on any other word."""
    try:
        return _RANKS[name.lower()]
    except KeyError:
        known = ", ".join(PRIORITIES)
        raise UsageError(f"{name!r} is not a priority; known are {known}") from None


_UTC_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)


_USUAL = "2026-11-23T10:00:01.000037Z"
"""kube-apiserver's form; no other timestamp that decoding lets pass has this length, this point and this Z."""


def alert_time(event: Event) -> str:
    """Return the event's time as Falco's JSON form writes it: UTC with nine digits of fraction."""
    text = event.head.stage_timestamp or ""
    if len(text) == len(_USUAL) and text[19] == "." and text[26] == "Z":
        return f"{text[:26]}000Z"
    found = _UTC_TIME.fullmatch(text)
    if found is not None:
        return f"{found[1]}.{(found[2] or '').ljust(9, '0')}Z"
    seconds, nanoseconds = divmod(event.time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"


class Engine:
    """Rules of other sources, disabled rules and rules below the minimum priority are left out.

    `matching` is Falco's rule_matching: with "first" an event fires the first rule that matches, in load order.
    `render_errors` counts outputs that could not be rendered; their alerts are given all the same.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        matching: Matching = "all",
        minimum_priority: str = "debug",
        hostname: str = "",
    ) -> None:
        lowest = priority_rank(minimum_priority)
        self.rules = [
            rule for rule in rules if rule.source == SOURCE and rule.enabled and priority_rank(rule.priority) <= lowest
        ]
        self.render_errors = 0
        self._matching = matching
        self._hostname = hostname
        self._matcher = compile_conditions([rule.condition for rule in self.rules])
        self._formats = [OutputFormat(rule.output) for rule in self.rules]

    def process(self, event: Event, number: int = 0) -> list[Alert]:
        """Return the alerts of one event in load order; `number` is its 1-based place in a replayed file, else 0."""
        if self._matching == "all":
            return [self._alert(index, event, number) for index in self._matcher.match(event)]
        index = self._matcher.first(event)
        return [] if index is None else [self._alert(index, event, number)]

    def _alert(self, index: int, event: Event, number: int) -> Alert:
        rule, head = self.rules[index], event.head
        output, fields = self._render(index, event)
        audit_id = head.audit_id or ""
        return Alert(
            time=alert_time(event),
            rule=rule.name,
            priority=rule.priority,
            source=SOURCE,
            tags=list(rule.tags),
            output=output,
            output_fields=fields,
            hostname=self._hostname,
            lanner=Origin(
                audit_id=audit_id, stage=head.stage or "", event=number, related=[audit_id] if audit_id else []
            ),
        )

    def _render(self, index: int, event: Event) -> tuple[str, dict[str, Any]]:
        form = self._formats[index]
        try:
            return form.resolve(event)
        except Exception as error:  # noqa: BLE001 - an alert without its text is better than none
            self.render_errors += 1
            return f"{self.rules[index].output} (lanner could not fill in the fields: {error!r})", {}
