"""`lanner rules test`: run the rules' own tests, and say what they leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import typer

from lanner import content
from lanner.cli.console import Format, FormatOption, note
from lanner.cli.rules.correlating import Correlating
from lanner.cli.rules.coverage import coverage_summary, print_coverage, print_coverage_json, total
from lanner.cli.rules.outcomes import Printer, print_outcome_json, summary
from lanner.errors import LannerError, SourceError, UsageError
from lanner.rules.falco.hints import nearest
from lanner.rules.loading import load_files
from lanner.rules.testing.coverage import Coverage, RuleCoverage
from lanner.rules.testing.files import TestFile as RuleTestFile
from lanner.rules.testing.files import Written, find_tests, spoken_of
from lanner.rules.testing.junit import write_junit
from lanner.rules.testing.outcome import Outcome
from lanner.rules.testing.rulesets import RuleSets
from lanner.rules.testing.running import Runner, as_mistake
from lanner.sources.history import read_lines


def run_tests(  # noqa: PLR0917 - Typer reads options from parameters
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Files of tests, or folders with *.test.yaml; default: the built-in ones."),
    ] = None,
    rule_files: Annotated[
        list[Path] | None,
        typer.Option("--rules", metavar="FILE", help="Rules to test instead of those the tests name. Repeatable."),
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--name", metavar="TEXT", help="Only tests whose name has this text, or fits it where it has a *."
        ),
    ] = None,
    rule: Annotated[str, typer.Option("--rule", metavar="NAME", help="Only tests that speak of this rule.")] = "",
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first test that fails.")] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Show rules, and parts of their conditions, without a test.")
    ] = False,
    minimum: Annotated[
        float | None,
        typer.Option(min=0, max=100, metavar="PERCENT", help="With --coverage: exit code 1 where less is tested."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the outcomes to this file as JUnit XML.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show tests that passed, too.")] = False,
    format_: FormatOption = Format.text,
) -> None:
    """Run the tests of rules and print those that fail, with what was expected and what was got.

    Exit code 1 when a test fails or the coverage is below the minimum, 2 when a test cannot be run because of a mistake
    in it; the other tests run all the same.
    """
    if minimum is not None and not coverage:
        raise UsageError("--minimum is about the coverage: give --coverage as well")
    measured = Coverage() if coverage else None
    outcomes: list[Outcome] = []
    printer = Printer(verbose=verbose)
    for outcome in _run(files or [content.FOLDER], _Sets(rule_files or []), _wanted(names or [], rule), measured):
        outcomes.append(outcome)
        print_outcome_json(outcome) if format_ is Format.json else printer.print(outcome)
        if fail_fast and not outcome.passed:
            break
    if not outcomes:
        raise UsageError(_nothing(files or [content.FOLDER], names or [], rule))
    if junit is not None:
        write_junit(junit, outcomes)
    report = [row for row in measured.report() if rule in ("", row.rule)] if measured else []
    if measured:
        print_coverage_json(report) if format_ is Format.json else print_coverage(report, verbose=verbose)
    _end(outcomes, report, minimum)


def _end(outcomes: list[Outcome], report: Sequence[RuleCoverage], minimum: float | None) -> None:
    note(summary(outcomes))
    if report:
        note(coverage_summary(report))
    if any(outcome.status == "mistaken" for outcome in outcomes):
        raise typer.Exit(UsageError.exit_code)
    low = minimum is not None and total(report) < minimum
    if low:
        note(f"the coverage is below the minimum of {minimum:g} %")
    if low or not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(1)


class _Sets:
    """The sets of rules that files of tests ask for, each loaded once."""

    def __init__(self, given: list[Path]) -> None:
        self._given = given
        self._loaded: dict[tuple[Path, ...], RuleSets] = {}

    def of(self, file: RuleTestFile) -> RuleSets:
        """Return the rules that a file of tests is about; raises SourceError when those it names do not load."""
        if self._given or not file.content.rules:
            return self._load(self._given or [content.FOLDER])
        try:
            return self._load(file.rule_paths())
        except LannerError as error:
            raise file.mistake(str(error), file.root, "rules") from error

    def _load(self, paths: list[Path]) -> RuleSets:
        key = tuple(path.resolve() for path in paths)
        if key not in self._loaded:
            loaded = load_files(paths).require()
            self._loaded[key] = RuleSets(loaded.rules, loaded.linker, loaded.correlations)
        return self._loaded[key]


Wanted = Callable[[Written], bool]


def _run(paths: list[Path], sets: _Sets, wanted: Wanted, coverage: Coverage | None) -> Iterator[Outcome]:
    runner = Runner(read_events, coverage, Correlating)
    for path in find_tests(paths):
        try:
            file = RuleTestFile(path)
            rules = sets.of(file)
        except SourceError as error:
            yield Outcome(file=str(path), test="", line=error.line, problems=(as_mistake(error, path),))
            continue
        if coverage is not None:
            coverage.register(rules)
        yield from runner.run(file, rules, wanted)


def read_events(path: Path) -> Iterator[tuple[str, bytes]]:
    """Give the lines of a file of events, packed or not, with their places."""
    for line in read_lines(path):
        place = f"{Path(line.file or path).name}:{line.number}"
        if line.oversized:
            raise SourceError(f"{place}: the line is too long")
        yield place, line.data


def _wanted(names: list[str], rule: str) -> Wanted:
    def wanted(test: Written) -> bool:
        if rule and (test.case is None or all(name != rule for _path, name in spoken_of(test.case))):
            return False
        return not names or any(_fits(test.name, name) for name in names)

    return wanted


def _fits(name: str, wanted: str) -> bool:
    return fnmatchcase(name, wanted) if "*" in wanted else wanted in name


def _nothing(paths: list[Path], names: list[str], rule: str) -> str:
    """Say why there is no test to run."""
    files = find_tests(paths)
    if not files:
        return f"no tests in {', '.join(map(str, paths))}; a folder's tests lie in files named *.test.yaml"
    tests = [test for path in files for test in RuleTestFile(path).tests if test.case is not None]
    if rule:
        spoken = {name for test in tests if test.case is not None for _path, name in spoken_of(test.case)}
        if rule not in spoken:
            return f"no test speaks of a rule {rule!r}; {nearest(rule, spoken)}".removesuffix("; ")
    if names:
        return f"no test is named {' or '.join(map(repr, names))}; --verbose shows the names of all"
    return "the files hold no tests"
