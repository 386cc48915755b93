"""`lanner rules check`: does a set of rule files load, and if not, why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lanner.cli.console import Format, FormatOption, print_json
from lanner.cli.rules.loading import as_text
from lanner.errors import UsageError
from lanner.rules.falco.findings import FileResult, Finding
from lanner.rules.loading import load_files


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
            sys.stdout.writelines(f"{line}\n" for line in as_text(result))
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
