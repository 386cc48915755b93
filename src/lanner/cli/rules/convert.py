"""`lanner rules convert`: rules as SQL over the archive, for the engine that is to run it."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lanner import content
from lanner.cli.console import Format, FormatOption, PipelineOption, print_json
from lanner.cli.rules.choosing import choose
from lanner.cli.rules.loading import load
from lanner.rules.ruleset import Rule


class Engine(enum.StrEnum):
    """The engine whose SQL is wanted."""

    duckdb = "duckdb"
    spark = "spark"
    trino = "trino"


def convert(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="RULE", help="Rules by name or a part of it; default: all.")
    ] = None,
    to: Annotated[Engine, typer.Option("--to", help="Whose SQL: DuckDB's, Spark's or Trino's.")] = Engine.duckdb,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="A rules file or a folder of them, loaded in order. Default: lanner's own."),
    ] = None,
    pipeline: PipelineOption = None,
    format_: FormatOption = Format.text,
) -> None:
    """Print the SQL that finds a rule's events in the archive, one statement a rule.

    What SQL cannot say exactly is named; the statement then finds all of the rule's events and may find others.
    `lanner hunt` decides on those and gives the rule's alerts.
    """
    from lanner.archive.statement import write_statement  # noqa: PLC0415 - loads sqlglot

    loaded = load(rules or [content.FOLDER], pipeline)
    chosen = [choose(name, loaded.rules, loaded.linker.collector.rules) for name in names] if names else loaded.rules
    for rule in chosen:
        sql, refused = write_statement(rule.condition, to.value)
        if format_ is Format.json:
            print_json(_row(rule, sql, refused))
        else:
            remarks = "".join(f"-- not said here: {part}\n" for part in refused)
            sys.stdout.write(f"-- {rule.name}\n{remarks}{sql};\n\n")


def _row(rule: Rule, sql: str, refused: tuple[str, ...]) -> dict[str, Any]:
    return {"rule": rule.name, "sql": sql, "exact": not refused, "refused": list(refused)}
