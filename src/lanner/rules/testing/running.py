"""Runs tests: each one's events through the rules, and what they did against what was expected."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from shlex import quote

from lanner.config import yamltext
from lanner.errors import LannerError, SourceError
from lanner.rules.correlation.chains import enabled_only
from lanner.rules.falco.hints import nearest
from lanner.rules.testing.correlating import Correlate, Correlated, Correlating, met_parts
from lanner.rules.testing.coverage import Coverage, Recording
from lanner.rules.testing.differences import Line, plain
from lanner.rules.testing.events import Given, Reader, make_events, read_events
from lanner.rules.testing.files import TestFile, Written, descend, rule_of, spoken_of
from lanner.rules.testing.form import Case, Expected
from lanner.rules.testing.judging import Alerted, Ban, Watch, fired_wrongly
from lanner.rules.testing.objects import object_of
from lanner.rules.testing.outcome import Outcome, Problem
from lanner.rules.testing.reasons import closest
from lanner.rules.testing.rulesets import RuleSets, Subject

Wanted = Callable[[Written], bool]


class Runner:
    """Runs files of tests; `coverage`, where given, is told what tests that pass put to the test."""

    def __init__(self, read: Reader, coverage: Coverage | None = None, correlate: Correlate | None = None) -> None:
        """Without `correlate` tests that name a correlation are mistaken."""
        self._read, self._coverage, self._correlate = read, coverage, correlate

    def run(self, file: TestFile, rules: RuleSets, wanted: Wanted = lambda _test: True) -> Iterator[Outcome]:
        """Yield the outcome of each wanted test of a file; never raises for what is wrong with one."""
        for test in file.tests:
            if wanted(test):
                yield self._outcome(file, rules, test)

    def _outcome(self, file: TestFile, rules: RuleSets, test: Written) -> Outcome:
        started = time.perf_counter()
        trial: _Trial | None = None
        try:
            if test.mistake is not None:
                raise test.mistake
            assert test.case is not None
            trial = _Trial(file, _subject(file, rules, test), test, test.case, self._read, self._correlate)
            problems = self._tried(trial, rules)
        except LannerError as error:
            problems = [as_mistake(error, file.path, test.node)]
        return Outcome(
            file=str(file.path),
            test=test.name,
            line=test.node.line,
            problems=tuple(problems),
            fired=dict(trial.fired) if trial else {},
            events=trial.events if trial else 0,
            seconds=time.perf_counter() - started,
        )

    def _tried(self, trial: _Trial, rules: RuleSets) -> list[Problem]:
        if self._coverage is None:
            return trial.run(None)
        recording = self._coverage.recording(trial.subject, trial.named & trial.subject.numbers.keys())
        problems = trial.run(recording)
        if not problems:
            self._coverage.add(rules, trial.subject, trial.case, recording)
        return problems


def as_mistake(error: LannerError, path: Path, node: yamltext.Node | None = None) -> Problem:
    """Return what keeps a test, or a file of them, from being run, as a problem of it."""
    line, column = (node.line, node.column) if node else (0, 0)
    if isinstance(error, SourceError):
        place = (error.file or str(path), error.line or line, error.column or column)
        return Problem(kind="mistake", message=error.message, file=place[0], line=place[1], column=place[2])
    return Problem(kind="mistake", message=str(error), file=str(path), line=line, column=column)


def _subject(file: TestFile, rules: RuleSets, test: Written) -> Subject:
    snippets = [descend(node, ("with",)) for node in (file.root, test.node)]
    given = [node for node in snippets if isinstance(node, yamltext.Sequence) and node.items]
    return rules.with_snippets(file, given)


class _Trial:
    """One test on its way."""

    def __init__(  # noqa: PLR0917 - what a test is about, and what it runs with
        self, file: TestFile, subject: Subject, test: Written, case: Case, read: Reader, correlate: Correlate | None
    ) -> None:
        self.subject, self.case = subject, case
        self.fired: Counter[str] = Counter()
        self.events = 0
        self._file, self._node, self._read, self._correlate = file, test.node, read, correlate
        self.named = self._known_names()
        self._matching = case.matching or file.content.matching
        self._watches = [Watch(_expected(entry), subject.named(rule_of(entry))) for entry in case.fires]
        self._bans = [Ban(entry) for entry in case.silent]
        self._strangers: dict[str, list[Alerted]] = {}
        self._memory = self._new_memory()

    def run(self, recording: Recording | None) -> list[Problem]:
        """Try all events and return what is wrong."""
        for given in self._given():
            self.events += 1
            self._try(given)
            if recording is not None:
                recording.observe(given.event)
        if self._memory is not None:
            self._correlated(self._memory.finish())
        return list(self._problems())

    def _known_names(self) -> set[str]:
        named: set[str] = set()
        for path, name in spoken_of(self.case):
            if not self._knows(name):
                hint = nearest(name, [*self.subject.numbers, *self.subject.correlations])
                message = f"no rule {name!r}; {hint or 'lanner rules list shows those there are'}"
                raise self._file.mistake(message, self._node, *path)
            named.add(name)
        return named

    def _knows(self, name: str) -> bool:
        return name in self.subject.numbers or (self._correlate is not None and name in self.subject.correlations)

    def _new_memory(self) -> Correlating | None:
        """Return the memory of the correlations that the test names."""
        named = enabled_only(self.subject.correlations.values(), self.named)
        return self._correlate(named) if named and self._correlate is not None else None

    def _given(self) -> Iterator[Given]:
        case = self.case
        if case.file is not None:
            try:
                yield from read_events(self._file.path.parent / case.file, self._read)
            except (SourceError, OSError) as error:
                raise self._file.mistake(str(error), self._node, "file") from None
            return
        changes = case.events if case.events is not None else [case.event or {}]
        try:
            yield from make_events(self._file.base(case), changes)
        except SourceError as error:
            key = "events" if case.events is not None else "event"
            raise self._file.mistake(error.message, self._node, key) from None

    def _try(self, given: Given) -> None:
        for number in self.subject.fire(given.event, self.named, self._matching):
            name = self.subject.rules[number].name
            self.fired[name] += 1
            if name in self.named or self.case.only:
                output, fields = self.subject.formats[number].resolve(given.event)
                self._tell(name, Alerted(given.label, object_of(given.event), output, fields))
        if self._memory is not None:
            self._correlated(self._memory.take(given.event))

    def _correlated(self, found: Iterable[Correlated]) -> None:
        for each in found:
            self.fired[each.name] += 1
            label = f"event {each.event.number}"
            self._tell(each.name, Alerted(label, object_of(each.event), each.output, each.fields, each.related))

    def _tell(self, name: str, alerted: Alerted) -> None:
        observers: list[Watch | Ban] = [*self._watches, *self._bans]
        for observer in observers:
            if observer.name == name:
                observer.see(alerted)
        if name not in self.named:
            kept = self._strangers.setdefault(name, [])
            if len(kept) < 10:
                kept.append(alerted)

    def _problems(self) -> Iterator[Problem]:
        for number, watch in enumerate(self._watches):
            found = watch.problems() if watch.count else iter((self._missing(watch.name),))
            yield from self._placed(found, "fires", number)
        for number, ban in enumerate(self._bans):
            yield from self._placed(ban.problems(), "silent", number)
        if self.case.only:
            wrong = (fired_wrongly(name, kept, self.fired[name]) for name, kept in self._strangers.items())
            yield from self._placed(wrong, "only")
        total = self.fired.total()
        if self.case.alerts not in (None, total):
            yield from self._placed(iter((self._miscounted(total),)), "alerts")

    def _miscounted(self, total: int) -> Problem:
        counts = tuple(plain(f"{count} {name}") for name, count in self.fired.most_common(10))
        message = f"{total} alerts, not {self.case.alerts}"
        return Problem(kind="alerts", message=message, expected=self.case.alerts, got=total, details=counts)

    def _placed(self, problems: Iterator[Problem], *path: str | int) -> Iterator[Problem]:
        node = descend(self._node, path)
        for problem in problems:
            yield _at(problem, str(self._file.path), node)

    def _missing(self, name: str) -> Problem:
        others = ", ".join(self.fired) or "nothing"
        message = f"{name!r} did not fire; fired: {others}"
        return Problem(kind="missing", rule=name, message=message, expected=1, got=0, details=self._reason(name))

    def _reason(self, name: str) -> tuple[Line, ...]:
        if name not in self.subject.numbers:
            return tuple(map(plain, met_parts(self.subject.correlations[name], self._given())))
        reason = closest(self.subject.outline(name), self._given())
        if reason is None:
            return (plain("the test has no events"),)
        label = reason.given.label
        if not reason.parts:
            return (plain(f"{label} meets it, but a rule before it fired, and matching is first"),)
        shown = [f"closest: {label}, where", *(f"  {part}" for part in reason.parts[:10])]
        if self.case.file is not None:
            path = self._file.path.parent / self.case.file
            shown.append(
                f"more: lanner rules explain {quote(name)} --event {quote(f'{path}:{reason.given.event.number}')}"
            )
        return tuple(map(plain, shown))


def _at(problem: Problem, file: str, node: yamltext.Node) -> Problem:
    values = {key: getattr(problem, key) for key in problem.__struct_fields__}
    return Problem(**values | {"file": file, "line": node.line, "column": node.column})


def _expected(entry: str | Expected) -> Expected:
    return Expected(rule=entry) if isinstance(entry, str) else entry
