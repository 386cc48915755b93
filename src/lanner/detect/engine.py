"""The engine: one compiled rule set, tried on one event at a time, gives alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from lanner.audit.event import SOURCE, Event
from lanner.detect.alert import PRIORITIES, Alert, alert_time, origin_of
from lanner.detect.correlate.hits import Hit, readers
from lanner.errors import UsageError
from lanner.rules.compile import compile_conditions
from lanner.rules.correlation.chains import enabled_only
from lanner.rules.correlation.model import Correlation
from lanner.rules.falco.output import OutputFormat
from lanner.rules.ruleset import Rule

Matching = Literal["all", "first"]

_RANKS = {name.lower(): rank for rank, name in enumerate(PRIORITIES)} | {"info": 6}


def priority_rank(name: str) -> int:
    """Return 0 for the most severe priority; raise UsageError naming the known ones on any other word."""
    try:
        return _RANKS[name.lower()]
    except KeyError:
        known = ", ".join(PRIORITIES)
        raise UsageError(f"{name!r} is not a priority; known are {known}") from None


class Engine:
    """Rules of other sources, disabled rules and rules below the minimum priority are left out.

    So are correlations that no other one that stays looks at.
    `matching` is Falco's rule_matching: with "first" an event fires the first rule that matches, in load order.
    `correlations` have hits for their parts, whatever the matching. `shown` gives the event as alerts and hits may show
    it: rules see the event itself. `render_errors` counts outputs that could not be rendered; their alerts are given
    all the same.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        correlations: Sequence[Correlation] = (),
        matching: Matching = "all",
        minimum_priority: str = "debug",
        hostname: str = "",
        shown: Callable[[Event], Event] | None = None,
    ) -> None:
        lowest = priority_rank(minimum_priority)
        self.rules = [
            rule for rule in rules if rule.source == SOURCE and rule.enabled and priority_rank(rule.priority) <= lowest
        ]
        told = {each.name for each in correlations if each.enabled and priority_rank(each.priority) <= lowest}
        self.correlations = enabled_only(correlations, told)
        self.render_errors = 0
        self._matching = matching
        self.hostname = hostname
        self._show = shown
        self._last: tuple[Event | None, Event | None] = (None, None)
        self._formats = [OutputFormat(rule.output) for rule in self.rules]
        parts = readers(self.correlations)
        self._readers = [reader for _, reader in parts]
        conditions, sought = [rule.condition for rule in self.rules], [condition for condition, _ in parts]
        # With "all" one matcher serves both, so that what rules and parts have in common is evaluated once.
        self._matcher = compile_conditions(conditions if matching == "first" else conditions + sought)
        self._seeker = compile_conditions(sought) if matching == "first" and sought else None

    def process(self, event: Event, number: int = 0, hits: list[Hit] | None = None) -> list[Alert]:
        """Return the alerts of one event in load order; `number` is its 1-based place in a replayed file, else 0.

        What parts of correlations match is added to `hits`.
        """
        if self._matching == "all":
            found = self._matcher.match(event)
            if not found:
                return []
            shown = self.shown(event)
            if found[-1] < len(self.rules):
                return [self._alert(index, shown, number) for index in found]
            self._seek([index - len(self.rules) for index in found if index >= len(self.rules)], shown, number, hits)
            return [self._alert(index, shown, number) for index in found if index < len(self.rules)]
        sought = [] if self._seeker is None else self._seeker.match(event)
        index = self._matcher.first(event)
        if index is None and not sought:
            return []
        shown = self.shown(event)
        self._seek(sought, shown, number, hits)
        return [] if index is None else [self._alert(index, shown, number)]

    def shown(self, event: Event) -> Event:
        """Return the event as alerts may show it; the last one is remembered, for whoever keeps it with its alerts."""
        if self._show is None:
            return event
        last, shown = self._last
        if shown is None or last is not event:
            shown = self._show(event)
            self._last = (event, shown)
        return shown

    def _seek(self, parts: Sequence[int], event: Event, number: int, hits: list[Hit] | None) -> None:
        if hits is not None:
            hits.extend(filter(None, (self._readers[part].read(event, number) for part in parts)))

    def _alert(self, index: int, event: Event, number: int) -> Alert:
        rule = self.rules[index]
        output, fields = self._render(index, event)
        return Alert(
            time=alert_time(event),
            rule=rule.name,
            priority=rule.priority,
            source=SOURCE,
            tags=list(rule.tags),
            output=output,
            output_fields=fields,
            hostname=self.hostname,
            lanner=origin_of(event, number),
        )

    def _render(self, index: int, event: Event) -> tuple[str, dict[str, Any]]:
        form = self._formats[index]
        try:
            return form.resolve(event)
        except Exception as error:  # noqa: BLE001 - an alert without its text is better than none
            self.render_errors += 1
            return f"{self.rules[index].output} (lanner could not fill in the fields: {error!r})", {}
