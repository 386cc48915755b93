"""Which rules, and which parts of their conditions, the tests that passed put to the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from lanner.audit.event import Event
from lanner.rules.outline import Outline
from lanner.rules.ruleset import Rule
from lanner.rules.testing.branches import Branches, Marks, shape_of
from lanner.rules.testing.files import rule_of
from lanner.rules.testing.form import Case
from lanner.rules.testing.rulesets import RuleSets, Subject


class Untested(msgspec.Struct, kw_only=True, frozen=True):
    """A part of a condition, or a macro with all its parts, that never decided on an event of the kind `missing`."""

    missing: Literal["fires", "silent"]
    text: str
    file: str = ""
    line: int = 0
    column: int = 0


class RuleCoverage(msgspec.Struct, kw_only=True, frozen=True):
    """One rule: the tests that fire it or hold it silent, its parts, and the branches (two a part) decided."""

    rule: str
    file: str
    line: int
    enabled: bool
    fires: int
    silent: int
    parts: int
    branches: int
    untested: tuple[Untested, ...]

    @property
    def percent(self) -> float:
        return percent(self.branches, 2 * self.parts)

    @property
    def tested(self) -> bool:
        """True where a test fires it and another holds it silent."""
        return bool(self.fires and self.silent)


def percent(part: int, whole: int) -> float:
    """Return a share in percent, cut (not rounded) to one digit, so that 100 means all."""
    return int(1000 * part / whole) / 10 if whole else 100.0


class Recording:
    """What one test's events put to the test, kept until it has passed."""

    def __init__(self, branches: dict[str, Branches]) -> None:
        self._branches = branches
        self.marks = dict.fromkeys(branches, Marks())

    def observe(self, event: Event) -> None:
        """Take note of an event."""
        for name, branches in self._branches.items():
            self.marks[name] |= branches.observe(event)


class _Entry:
    """One rule's tally."""

    def __init__(self, rule: Rule, outline: Outline) -> None:
        self.rule, self.outline = rule, outline
        self.marks = Marks()
        self.fires = self.silent = 0


class Coverage:
    """Collects over all files of tests; a rule is known by its file and name, however many sets it is loaded in."""

    def __init__(self) -> None:
        self._entries: dict[tuple[Path, str], _Entry] = {}

    def register(self, rules: RuleSets) -> None:
        """Take note of all rules of a set, so that those without a test are told."""
        for rule in rules.plain.rules:
            key = _key(rule)
            if key not in self._entries:
                self._entries[key] = _Entry(rule, rules.plain.outline(rule.name))

    def recording(self, subject: Subject, named: set[str]) -> Recording:
        """Begin to record a test that speaks of some rules."""
        return Recording({name: subject.branches(name) for name in named})

    def add(self, rules: RuleSets, subject: Subject, case: Case, recording: Recording) -> None:
        """Count a test that passed; what a test made of another condition (by its `with`) counts for none."""
        for name, marks in recording.marks.items():
            if name not in rules.plain.numbers:
                continue
            known = rules.plain.rule(name)
            if shape_of(known.condition) == shape_of(subject.rule(name).condition):
                entry = self._entries[_key(known)]
                entry.marks |= marks
                entry.fires += any(rule_of(part) == name for part in case.fires)
                entry.silent += any(rule_of(part) == name for part in case.silent)

    def report(self) -> list[RuleCoverage]:
        """Return what was found, rules in the order in which they were loaded."""
        return [_report(entry) for entry in self._entries.values()]


def _key(rule: Rule) -> tuple[Path, str]:
    return Path(rule.file).resolve(), rule.name


def _report(entry: _Entry) -> RuleCoverage:
    rule, marks = entry.rule, entry.marks
    parts = _count(entry.outline)
    return RuleCoverage(
        rule=rule.name,
        file=rule.file,
        line=rule.line,
        enabled=rule.enabled,
        fires=entry.fires,
        silent=entry.silent,
        parts=parts,
        branches=marks.fires.bit_count() + marks.silent.bit_count(),
        untested=(
            *_untested(entry.outline, 0, marks.fires, "fires"),
            *_untested(entry.outline, 0, marks.silent, "silent"),
        ),
    )


def _count(outline: Outline) -> int:
    return 1 if outline.kind == "check" else sum(map(_count, outline.parts))


def _untested(outline: Outline, first: int, decided: int, missing: Literal["fires", "silent"]) -> Iterator[Untested]:
    """Yield what never decided, checks numbered from `first`; a macro stands for its parts where none of them did."""
    count = _count(outline)
    mask = ((1 << count) - 1) << first
    if decided & mask == mask:
        return
    whole = outline.kind in ("macro", "exception") and count > 1 and not decided & mask
    if whole or outline.kind == "check":
        spot = outline.spot
        text = outline.text or f"{outline.kind} {outline.name} ({count} parts)"
        yield Untested(missing=missing, text=text, file=spot.file, line=spot.line, column=spot.column)
        return
    for part in outline.parts:
        yield from _untested(part, first, decided, missing)
        first += _count(part)
