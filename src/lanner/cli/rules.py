"""`lanner rules`: check rule files, list rules, run the rules' own tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from lanner import content
from lanner.cli.console import Format, note, print_json
from lanner.errors import UsageError
from lanner.rules.falco.documents import FileResult, Finding, Loaded, load_files
from lanner.rules.ruleset import Rule
from lanner.rules.ruletests import Outcome, TestFile, find_tests

rules = typer.Typer(help="Check, list and test detection rules in Falco's language.", no_args_is_help=True)

FormatOption = Annotated[Format, typer.Option("--format", help="json: one JSON object a line.")]


@rules.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Rule files or folders of them, in the order to load.")
    ],
    format_: FormatOption = Format.text,
) -> None:
    """Say for each file whether it loads, with Falco's errors and warnings and the place of each.

    The files load in order as one set, as Falco loads them; a bad file does not hide the results of the others.
    Exit code 1 when a file has an error.
    """
    loaded = load_files(files)
    if not loaded.results:
        raise UsageError(f"no rule files in {', '.join(map(str, files))}; their names end in .yaml or .yml")
    for result in loaded.results:
        if format_ is Format.json:
            print_json(_as_json(result))
        else:
            sys.stdout.writelines(f"{line}\n" for line in _as_text(result))
    if not loaded.successful:
        raise typer.Exit(1)


def _as_json(result: FileResult) -> dict[str, Any]:
    shown: dict[str, Any] = {"file": result.file, "successful": result.successful}
    shown["errors"] = [_finding(found) for found in result.errors]
    shown["warnings"] = [_finding(found) for found in result.warnings]
    if result.further:
        shown["further"] = [_finding(found) for found in result.further]
    if result.notes:
        shown["notes"] = result.notes
    return shown


def _finding(found: Finding) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": found.code, "message": found.message, "line": found.line, "column": found.column}
    more = {"item": found.item, "hint": found.hint, "file": found.file}
    return shown | {key: value for key, value in more.items() if value}


def _as_text(result: FileResult) -> Iterator[str]:
    yield f"{result.file}: {'ok' if result.successful else 'FAILED'}"
    for kind, findings in (("error", result.errors + result.further), ("warning", result.warnings)):
        for found in findings:
            place = f"{found.file or result.file}:{found.line}:{found.column}"
            about = f" ({found.item})" if found.item else ""
            yield f"  {place}: {kind}: {found.message or found.code}{about} [{found.code}]"
            if found.hint:
                yield f"      {found.hint}"
    for text in result.notes:
        yield f"  note: {text}"


@rules.command("list")
def list_(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Rule files or folders; default: the built-in rules."),
    ] = None,
    format_: FormatOption = Format.text,
) -> None:
    """List the rules that load, with priority, tags and where each is defined."""
    loaded = _load(files or [content.FOLDER])
    for rule in loaded.rules:
        if format_ is Format.json:
            print_json(_row(rule))
        else:
            off = "" if rule.enabled else "  (disabled)"
            sys.stdout.write(f"{rule.priority:<13}  {rule.name}  [{', '.join(rule.tags)}]{off}\n")
            sys.stdout.write(f"{'':<13}  {rule.source}  {rule.file}:{rule.line}\n")


def _row(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "priority": rule.priority,
        "tags": list(rule.tags),
        "enabled": rule.enabled,
        "source": rule.source,
        "file": rule.file,
        "line": rule.line,
        "description": rule.description.strip(),
    }


def _load(paths: list[Path]) -> Loaded:
    """Load rules; raises UsageError with the first errors when a file does not load."""
    loaded = load_files(paths)
    errors = [line.strip() for result in loaded.results if not result.successful for line in _as_text(result)]
    if errors:
        raise UsageError("the rules do not load:\n  " + "\n  ".join(errors))
    return loaded


@rules.command("test")
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
        tests = TestFile(path)
        loaded = _load(rule_files or tests.rule_paths() or [content.FOLDER])
        yield from (outcome for outcome in tests.run(loaded.rules) if name in outcome.test)


def _print_outcome(outcome: Outcome, format_: Format) -> None:
    if format_ is Format.json:
        shown = {"file": outcome.file, "line": outcome.line, "test": outcome.test, "passed": outcome.passed}
        print_json(shown | {"problems": outcome.problems, "fired": outcome.fired})
    elif not outcome.passed:
        sys.stdout.write(f"FAILED {outcome.file}:{outcome.line}: {outcome.test}\n")
        sys.stdout.writelines(f"  {problem}\n" for problem in outcome.problems)
