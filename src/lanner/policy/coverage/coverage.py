"""Coverage of rules by policies: asked once or, as suggestions do, again and again for the same rules."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lanner.policy.coverage.lines import Line, lines_of
from lanner.policy.coverage.model import Blinding, Counterexample, Need, Sight, Verdict
from lanner.policy.coverage.names import Names, names_of_policy, names_of_rules
from lanner.policy.coverage.needs import needs_of
from lanner.policy.coverage.reading import Reading
from lanner.policy.coverage.sight import Judged, judge
from lanner.policy.coverage.space import Space
from lanner.policy.coverage.subjects import Subject, subjects
from lanner.policy.coverage.trial import NONE_FOUND, counterexample
from lanner.policy.model import Policy
from lanner.rules.correlation.model import Correlation
from lanner.rules.ruleset import Rule


def coverage(policy: Policy, rules: Sequence[Rule]) -> list[Sight]:
    """Return what a policy lets each enabled rule of audit events see, in the order of the rules."""
    return Coverage(rules).of(policy)


class Coverage:
    """Rules and correlations, read once, to be held against policies."""

    def __init__(self, rules: Sequence[Rule], correlations: Sequence[Correlation] = ()) -> None:
        self._subjects = list(subjects(rules, correlations))
        self._names = names_of_rules(condition for subject in self._subjects for _, condition in subject.conditions)
        self._needs = self._read_needs()
        self._spaces: dict[Names, tuple[Space, list[list[Reading]]]] = {}

    def of(self, policy: Policy, *, examples: bool = False) -> list[Sight]:
        """Return what a policy lets each of them see, with counterexamples if they are asked for."""
        space, readings = self._space_of(policy)
        asked = _Asked(policy, space, lines_of(policy, space), examples=examples)
        return [
            asked.sight(subject, needs, found)
            for subject, needs, found in zip(self._subjects, self._needs, readings, strict=True)
        ]

    def _read_needs(self) -> list[list[Need]]:
        space = Space(self._names)
        return [
            [need for reading in found for need in needs_of(subject.name, reading, space)]
            for subject, found in zip(self._subjects, self._read(space), strict=True)
        ]

    def _read(self, space: Space) -> list[list[Reading]]:
        return [[Reading(condition, space) for _, condition in subject.conditions] for subject in self._subjects]

    def _space_of(self, policy: Policy) -> tuple[Space, list[list[Reading]]]:
        """Return the classes of requests, the same as long as policies name nothing new."""
        names = self._names | names_of_policy(policy)
        if names not in self._spaces:
            if len(self._spaces) >= _MOST_SPACES:
                self._spaces.clear()
            space = Space(names)
            self._spaces[names] = space, self._read(space)
        return self._spaces[names]


_MOST_SPACES = 32
"""Spaces that are kept for further policies; a full store begins anew."""


class _Asked:
    """One policy, asked about one subject after the other."""

    def __init__(self, policy: Policy, space: Space, lines: Sequence[Line], *, examples: bool) -> None:
        self._policy = policy
        self._space = space
        self._lines = lines
        self._examples = examples

    def sight(self, subject: Subject, needs: list[Need], readings: Sequence[Reading]) -> Sight:
        judged = [judge(reading, self._lines, self._space) for reading in readings]
        sight = Sight(rule=subject.name, verdict=_verdict(subject, [one.verdict for one in judged]), needs=needs)
        for (alias, _), one in zip(subject.conditions, judged, strict=True):
            sight.blinded_by += _blindings(one, alias)
        sight.note = "; ".join(dict.fromkeys(one.note for one in judged if one.note))
        if self._examples and sight.blinded_by:
            sight.counterexample = self._example(subject, judged, readings)
            if sight.counterexample is None:
                sight.note = "; ".join(filter(None, (sight.note, NONE_FOUND)))
        return sight

    def _example(
        self, subject: Subject, judged: Sequence[Judged], readings: Sequence[Reading]
    ) -> Counterexample | None:
        for (alias, _), one, reading in zip(subject.conditions, judged, readings, strict=True):
            found = counterexample(one.found, reading, self._space, self._policy)
            if found is not None:
                return msgspec.structs.replace(found, words=f"{alias}: {found.words}") if alias else found
        return None


def _blindings(judged: Judged, alias: str) -> list[Blinding]:
    start = f"{alias}: " if alias else ""
    return [
        Blinding(number=one.line.number, line=one.line.place, reason=f"{start}{one.reason}") for one in judged.found
    ]


def _verdict(subject: Subject, verdicts: list[Verdict]) -> Verdict:
    """A correlation that takes several kinds of events is blind when it never sees one of them."""
    found = set(verdicts)
    if found == {"blind"} or (subject.together and "blind" in found):
        return "blind"
    if found & {"blind", "partly"}:
        return "partly"
    return "undecided" if "undecided" in found else "sighted"
