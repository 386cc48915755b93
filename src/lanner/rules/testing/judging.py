"""Holds what rules did against what a test expects, alert by alert, and keeps only what it needs to tell about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lanner.rules.correlation.model import Correlation
from lanner.rules.ruleset import Rule
from lanner.rules.testing.differences import Line, Segment, differences, nearest_text, plain, shorten
from lanner.rules.testing.files import priority_name
from lanner.rules.testing.form import Denied, Expected
from lanner.rules.testing.objects import ObjectName, parse_object
from lanner.rules.testing.outcome import Problem

MAX_OBJECTS = 10_000
"""The most different objects that are kept for one expectation; what comes after is told as unexpected."""

ALERTS_KEPT = 20
"""Alerts that are kept to show which one came closest to what was expected."""

SHOWN = 10


class Alerted(NamedTuple):
    """One alert: the event's label and object, what the rule said, and how many events stand behind it."""

    label: str
    object: ObjectName
    output: str
    fields: dict[str, Any]
    related: int = 1


class Watch:
    """An expectation of one rule that must fire; sees its alerts as they come."""

    def __init__(self, expected: Expected, rule: Rule | Correlation) -> None:
        self.name = rule.name
        self._expected, self._rule = expected, rule
        contained = expected.output_contains
        self._parts = (contained,) if isinstance(contained, str) else contained
        self._wanted = _objects(expected.objects)
        self._seen: dict[ObjectName, str] = {}
        self._kept: list[Alerted] = []
        self._met = False
        self.count = 0

    def see(self, alerted: Alerted) -> None:
        """Take note of an alert."""
        self.count += 1
        if len(self._seen) < MAX_OBJECTS:
            self._seen.setdefault(alerted.object, alerted.label)
        if not self._met:
            self._met = self._says(alerted)
            if len(self._kept) < ALERTS_KEPT:
                self._kept.append(alerted)

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with a rule that fired at least once."""
        expected, name = self._expected, self._rule.name
        if expected.times not in (None, self.count):
            message = f"{name!r} fired {_times(self.count)}, not {expected.times}"
            yield Problem(kind="times", rule=name, message=message, expected=expected.times, got=self.count)
        if self._wanted is not None:
            yield from _compare_objects(name, self._wanted, self._seen)
        yield from self._about_rule()
        if not self._met:
            yield from self._about_output()

    def _says(self, alerted: Alerted) -> bool:
        expected = self._expected
        return (
            expected.output in (None, alerted.output)
            and expected.related in (None, alerted.related)
            and all(part in alerted.output for part in self._parts)
            and all(alerted.fields.get(key, _NONE) == value for key, value in expected.output_fields.items())
        )

    def _about_rule(self) -> Iterator[Problem]:
        expected, rule = self._expected, self._rule
        if expected.priority is not None and priority_name(expected.priority) != rule.priority:
            message = f"{rule.name!r} has priority {rule.priority}, not {expected.priority}"
            yield Problem(
                kind="priority", rule=rule.name, message=message, expected=expected.priority, got=rule.priority
            )
        if expected.tags is not None and set(expected.tags) != set(rule.tags):
            message = f"{rule.name!r} has other tags"
            details = _difference_of_sets(set(expected.tags), dict.fromkeys(rule.tags, ""))
            yield Problem(
                kind="tags", rule=rule.name, message=message, expected=expected.tags, got=[*rule.tags], details=details
            )

    def _about_output(self) -> Iterator[Problem]:
        name, kept = self._rule.name, self._kept
        wanted = self._expected.output
        if wanted is not None and all(alerted.output != wanted for alerted in kept):
            got = nearest_text(wanted, [alerted.output for alerted in kept])
            label = next(alerted.label for alerted in kept if alerted.output == got)
            details = (differences(wanted, got), plain("got: " + shorten(got)))
            message = f"{name!r} said something else ({label}), [-expected-] {{+got+}}:"
            yield Problem(kind="output", rule=name, message=message, expected=wanted, got=got, details=details)
            return
        related = self._expected.related
        if related is not None and all(alerted.related != related for alerted in kept):
            counts = sorted({alerted.related for alerted in kept})
            message = f"{name!r} has {' or '.join(map(str, counts))} events behind it, not {related}"
            yield Problem(kind="related", rule=name, message=message, expected=related, got=counts[0])
        yield from self._about_parts()

    def _about_parts(self) -> Iterator[Problem]:
        """Tell about the alert that lacks least of the expected texts and fields."""
        name = self._rule.name
        best = min(self._kept, key=lambda alerted: len(self._lacking(alerted)) + len(self._odd_fields(alerted)))
        for part in self._lacking(best):
            details = (plain("got: " + shorten(best.output)),)
            message = f"{name!r} did not say {part!r} ({best.label})"
            yield Problem(kind="output", rule=name, message=message, expected=part, got=best.output, details=details)
        for key in self._odd_fields(best):
            yield _odd_field(name, key, self._expected.output_fields[key], best)

    def _lacking(self, alerted: Alerted) -> list[str]:
        return [part for part in self._parts if part not in alerted.output]

    def _odd_fields(self, alerted: Alerted) -> list[str]:
        wanted = self._expected.output_fields
        return [key for key, value in wanted.items() if alerted.fields.get(key, _NONE) != value]


class Ban:
    """A rule that must not fire at all, or not on some objects."""

    def __init__(self, denied: str | Denied) -> None:
        self.name = denied if isinstance(denied, str) else denied.rule
        self._objects = None if isinstance(denied, str) else _objects(denied.objects)
        self._broken: list[Alerted] = []
        self.count = 0

    def see(self, alerted: Alerted) -> None:
        """Take note of an alert."""
        if self._objects is None or alerted.object in self._objects:
            self.count += 1
            if len(self._broken) < SHOWN:
                self._broken.append(alerted)

    def problems(self) -> Iterator[Problem]:
        """Yield the alerts that should not have been, as one problem."""
        if self.count:
            yield fired_wrongly(self.name, self._broken, self.count)


def fired_wrongly(rule: str, alerts: Sequence[Alerted], count: int) -> Problem:
    """Make the problem of a rule that fired and should not, with the first alerts."""
    shown = [plain(f"{alerted.label}, {alerted.object}: {shorten(alerted.output)}") for alerted in alerts[:SHOWN]]
    if count > len(shown):
        shown.append(plain(f"and {count - len(shown)} more"))
    message = f"{rule!r} fired {_times(count)} and should not"
    return Problem(kind="unexpected", rule=rule, message=message, expected=0, got=count, details=tuple(shown))


_NONE = object()


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _objects(written: Sequence[Any] | None) -> set[ObjectName] | None:
    return None if written is None else {parse_object(item) for item in written}


def _compare_objects(name: str, wanted: set[ObjectName], seen: dict[ObjectName, str]) -> Iterator[Problem]:
    details = _difference_of_sets({str(item) for item in wanted}, {str(item): label for item, label in seen.items()})
    if details:
        yield Problem(
            kind="objects",
            rule=name,
            message=f"{name!r} fired on other objects, [-expected-] {{+got+}}:",
            expected=sorted(map(str, wanted)),
            got=sorted(map(str, seen)),
            details=details,
        )


def _difference_of_sets(wanted: set[str], got: dict[str, str]) -> tuple[Line, ...]:
    """Return a line for each that is missing and for each that is too many, with where it came from."""
    lines: list[Line] = [(Segment("expected", text),) for text in sorted(wanted - got.keys())]
    for text in sorted(got.keys() - wanted):
        origin = f" ({got[text]})" if got[text] else ""
        lines.append((Segment("got", text), Segment("same", origin)))
    if len(lines) > SHOWN:
        lines[SHOWN:] = [plain(f"and {len(lines) - SHOWN} more")]
    return tuple(lines)


def _odd_field(name: str, key: str, wanted: Any, alerted: Alerted) -> Problem:
    if key not in alerted.fields:
        message = f"{name!r} gives no field {key!r} in its output; it gives {', '.join(alerted.fields)}"
        return Problem(kind="output_fields", rule=name, message=message, expected=wanted)
    got = alerted.fields[key]
    message = f"{name!r} gives another {key} ({alerted.label}), [-expected-] {{+got+}}:"
    details = (differences(_json(wanted), _json(got)),)
    return Problem(kind="output_fields", rule=name, message=message, expected=wanted, got=got, details=details)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
