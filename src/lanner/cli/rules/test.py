"""`lanner rules test`: run the rules' own tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from lanner import content
from lanner.cli.console import Format, FormatOption, note, print_json
from lanner.cli.rules.loading import load
from lanner.errors import UsageError
from lanner.rules.ruletests import Outcome, find_tests
from lanner.rules.ruletests import TestFile as RuleTestFile


def run_tests(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Files of tests, or folders with *.test.yaml; default: the built-in ones."),
    ] = None,
    rule_files: Annotated[
        list[Path] | None,
        typer.Option("--rules", metavar="FILE", help="Rules to test instead of those the tests name. Repeatable."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Only tests whose name has this text.")] = "",
    format_: FormatOption = Format.text,
) -> None:
    """Run the tests of rules and print those that fail; exit code 1 when one does."""
    outcomes = list(_run(files or [content.FOLDER], rule_files or [], name))
    if not outcomes:
        raise UsageError("there are no such tests; a folder's tests lie in files named *.test.yaml")
    for outcome in outcomes:
        _print_outcome(outcome, format_)
    failed = sum(not outcome.passed for outcome in outcomes)
    note(f"{len(outcomes)} tests, {failed} failed")
    if failed:
        raise typer.Exit(1)


def _run(paths: list[Path], rule_files: list[Path], name: str) -> Iterator[Outcome]:
    for path in find_tests(paths):
        tests = RuleTestFile(path)
        loaded = load(rule_files or tests.rule_paths() or [content.FOLDER])
        yield from (outcome for outcome in tests.run(loaded.rules) if name in outcome.test)


def _print_outcome(outcome: Outcome, format_: Format) -> None:
    if format_ is Format.json:
        shown = {"file": outcome.file, "line": outcome.line, "test": outcome.test, "passed": outcome.passed}
        print_json(shown | {"problems": outcome.problems, "fired": outcome.fired})
    elif not outcome.passed:
        sys.stdout.write(f"FAILED {outcome.file}:{outcome.line}: {outcome.test}\n")
        sys.stdout.writelines(f"  {problem}\n" for problem in outcome.problems)
