"""Tries proposed exceptions: the whole log again with all correlations, and the rules' own tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from lanner.cli.console import note, progress
from lanner.cli.rules.baseline import Labels, Log
from lanner.cli.rules.correlating import Correlating
from lanner.cli.rules.test import read_events
from lanner.detect.alert import Alert, decode_alert, time_text
from lanner.detect.engine import Engine
from lanner.errors import GroundError
from lanner.pipeline.replay import Replay
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.rules.falco.documents import read_text, rule_files
from lanner.rules.loading import LoadedRules, load_texts
from lanner.rules.suggest.proposals import Proposal
from lanner.rules.suggest.writing import write_exceptions
from lanner.rules.testing.files import TestFile as RuleTestFile
from lanner.rules.testing.files import find_tests
from lanner.rules.testing.rulesets import RuleSets
from lanner.rules.testing.running import Runner
from lanner.sources.history import stored_bytes

SUGGESTED = "the suggested exceptions"


class Fired(msgspec.Struct):
    """Alerts that are told, in the baseline and in the rest, those without a label apart; attacks that are seen."""

    baseline: int = 0
    rest: int = 0
    unlabelled: int = 0
    unlabelled_rest: int = 0
    attacks: dict[str, set[str]] = {}
    steps: set[str] = set()

    def add(self, alert: Alert, labels: Labels, *, learning: bool) -> None:
        """Count one alert; it shows all events that it is about."""
        about = {alert.lanner.audit_id, *alert.lanner.related}
        plain = not about & labels.labelled
        if learning:
            self.baseline += 1
            self.unlabelled += plain
        else:
            self.rest += 1
            self.unlabelled_rest += plain
        for audit_id in about & labels.attacks.keys():
            self.attacks.setdefault(audit_id, set()).add(alert.rule)
            self.steps.add(labels.attacks[audit_id])


class Trial:
    """The rules with and without exceptions; what is tried twice is loaded twice."""

    def __init__(self, paths: Sequence[Path], tests: Sequence[Path]) -> None:
        """`tests` are files of tests or folders that hold some; raises LannerError where the rules do not load."""
        self._texts = [(str(path), read_text(path)) for path in rule_files(paths)]
        self._tests = [RuleTestFile(path) for path in find_tests(tests)]
        self.plain = self.loaded([])
        self.failing, self.tests = self.failures(self.plain)

    def loaded(self, proposals: Sequence[Proposal]) -> LoadedRules:
        """Load the rules with exceptions behind them."""
        texts = [*self._texts, (SUGGESTED, write_exceptions(proposals))] if proposals else self._texts
        return load_texts(texts).require()

    def failures(self, loaded: LoadedRules) -> tuple[dict[tuple[str, int, str], set[str]], int]:
        """Return the tests that fail, each with the rules that its problems name, and how many tests there are."""
        runner = Runner(read_events, None, Correlating)
        sets = RuleSets(loaded.rules, loaded.linker, loaded.correlations)
        failing: dict[tuple[str, int, str], set[str]] = {}
        count = 0
        for file in self._tests:
            for outcome in runner.run(file, sets):
                count += 1
                if not outcome.passed:
                    key = (outcome.file, outcome.line, outcome.test)
                    failing[key] = {problem.rule for problem in outcome.problems}
        return failing, count

    def harmless(self, proposals: Sequence[Proposal]) -> tuple[list[Proposal], list[Proposal]]:
        """Divide proposals into those with which each test goes as before and those that break one."""
        kept, broken = list(proposals), []
        while kept and (lost := self.lost(kept)):
            named = set().union(*lost.values())
            guilty = (
                [each for each in kept if each.rule in named] or [each for each in kept if self.lost([each])] or kept
            )
            broken += guilty
            kept = [each for each in kept if each not in guilty]
        return kept, broken

    def lost(self, proposals: Sequence[Proposal]) -> dict[tuple[str, int, str], set[str]]:
        """Return the tests that fail with these exceptions and did not without, with the rules that they name."""
        failing, _ = self.failures(self.loaded(proposals))
        return {test: rules for test, rules in failing.items() if test not in self.failing}


def replay(log: Log, loaded: LoadedRules, until: int | None, labels: Labels) -> Fired:
    """Replay the log as `lanner replay` does: with correlations, and repetitions held back."""
    engine = Engine(loaded.rules, correlations=loaded.correlations)
    rules = RuleSet(tuple(engine.rules), "all", "", "json", tuple(engine.correlations))
    fired = Fired()
    end = None if until is None else time_text(until)
    for alert in _alerts(log, engine, rules):
        fired.add(alert, labels, learning=end is None or alert.time < end)
    return fired


def _alerts(log: Log, engine: Engine, rules: RuleSet) -> Iterator[Alert]:
    run = Replay(log.paths, note)
    try:
        with progress("replaying", sum(stored_bytes(path) or 0 for path in log.paths)) as advance:
            for alerts in run.run(engine, rules, advance):
                yield from map(decode_alert, alerts)
    finally:
        run.close()
    if run.counts.broken:
        raise GroundError("the log could not be read to its end, so nothing is proposed")


def without_losses(
    trial: Trial, proposals: list[Proposal], log: Log, until: int | None, labels: Labels
) -> tuple[list[Proposal], list[Proposal], Fired, Fired]:
    """Return proposals with which no labelled attack is lost, those that lose one, and what fires before and after."""
    before = replay(log, trial.plain, until, labels)
    kept, losing = proposals, list[Proposal]()
    while True:
        after = replay(log, trial.loaded(kept), until, labels) if kept else before
        lost = before.attacks.keys() - after.attacks.keys()
        if not lost:
            return kept, losing, before, after
        named = set().union(*(before.attacks[audit_id] for audit_id in lost))
        guilty = [each for each in kept if each.rule in named] or kept
        losing += guilty
        kept = [each for each in kept if each not in guilty]
