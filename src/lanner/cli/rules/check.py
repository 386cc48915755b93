"""`lanner rules check`: does a set of rule files load, and if not, why."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from lanner.audit.redaction.settings import RedactionSettings
from lanner.cli.console import Format, FormatOption, PipelineOption, print_json
from lanner.cli.rules.loading import as_text
from lanner.errors import UsageError
from lanner.rules.falco.findings import FileResult, Finding
from lanner.rules.loading import load_files
from lanner.rules.redaction import CODE, conflicts
from lanner.rules.ruleset import Rule
from lanner.settings.load import load
from lanner.settings.model import Settings


def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Rule files or folders of them, in the order to load.")
    ],
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="lanner.yaml: its pipelines, and what its `redaction:` hides from hunts."),
    ] = None,
    pipeline: PipelineOption = None,
    format_: FormatOption = Format.text,
) -> None:
    """Say for each file whether it loads, with Falco's errors and warnings and the place of each.

    The files load in order as one set, as Falco loads them; a bad file does not hide the results of the others. Rules
    that a redacted archive cannot answer as the stream does are named, by the settings of redaction in -c, else the
    default ones.
    Exit code 1 when a file has an error.
    """
    settings = load(config).settings if config else Settings()
    loaded = load_files(files, pipeline or [Path(name) for name in settings.rules.pipelines])
    if not loaded.results:
        raise UsageError(f"no rule files in {', '.join(map(str, files))}; their names end in .yaml or .yml")
    for result in loaded.results:
        blinded = list(_blinded([rule for rule in loaded.rules if rule.file == result.file], settings.redaction))
        if format_ is Format.json:
            print_json(_as_json(result) | ({"redaction": blinded} if blinded else {}))
        else:
            sys.stdout.writelines(f"{line}\n" for line in as_text(result))
            sys.stdout.writelines(
                f"  {result.file}:{each['line']}: note: {each['rule']}: {each['message']} [{CODE}]\n"
                for each in blinded
            )
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


def _blinded(rules: Iterable[Rule], redaction: RedactionSettings) -> Iterator[dict[str, Any]]:
    """Give what redaction takes from hunts, apart from Falco's findings, which stay as Falco has them."""
    for rule in rules:
        for found in conflicts(rule.condition, redaction):
            place = {"code": CODE, "rule": rule.name, "line": rule.line}
            yield place | {"field": found.field, "parts": found.parts, "message": found.message}


def _finding(found: Finding) -> dict[str, Any]:
    shown: dict[str, Any] = {"code": found.code, "message": found.message, "line": found.line, "column": found.column}
    more = {"item": found.item, "hint": found.hint, "file": found.file}
    return shown | {key: value for key, value in more.items() if value}
