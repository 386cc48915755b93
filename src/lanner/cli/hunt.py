"""`lanner hunt`: rules, or SQL, over the archive."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from lanner.archive.settings import HUNT_MEMORY
from lanner.cli.archive.opening import Config, Data
from lanner.cli.console import PipelineOption
from lanner.errors import UsageError


class HuntFormat(enum.StrEnum):
    """How alerts or rows are printed."""

    table = "table"
    json = "json"
    csv = "csv"
    parquet = "parquet"


def hunt_command(  # noqa: PLR0917 - Typer reads options from parameters
    sql: Annotated[
        str,
        typer.Option(
            "--sql", help="One SELECT in DuckDB's SQL over the view `events`; docs/archive.md lists its columns."
        ),
    ] = "",
    saved: Annotated[str, typer.Option("--saved", help="The hunt of this name in lanner.yaml, under `hunts`.")] = "",
    list_: Annotated[bool, typer.Option("--list", help="List the hunts of lanner.yaml.")] = False,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", help="Only the rule of this name, or of this part of a name. Repeatable."),
    ] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="A rules file or a folder of them, loaded in order. Default: lanner's own."),
    ] = None,
    matching: Annotated[
        str, typer.Option(help="all: every rule that matches fires; first: only the first in load order, as Falco.")
    ] = "all",
    since: Annotated[str, typer.Option(help="From this time on, ISO 8601; UTC when no zone is given.")] = "",
    until: Annotated[str, typer.Option(help="Before this time.")] = "",
    cluster: Annotated[str, typer.Option(help="Only events of this cluster.")] = "",
    correlations: Annotated[
        bool,
        typer.Option(
            "--correlations/--no-correlations",
            help="Correlations, too: they may have to look at most events there are.",
        ),
    ] = True,
    pipeline: PipelineOption = None,
    hostname: Annotated[str, typer.Option(help="The hostname that alerts carry.")] = "",
    data: Data = None,
    config: Config = None,
    format_: Annotated[
        HuntFormat, typer.Option("--format", help="json: one object a line; parquet: a file, with --output.")
    ] = HuntFormat.table,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
    memory: Annotated[
        str, typer.Option("--memory", help="Memory limit, such as 512MB; more spills to disk.")
    ] = HUNT_MEMORY,
) -> None:
    """Ask the archive: which alerts rules have in it, or any question in SQL.

    Without --sql the alerts are those that `lanner replay` gives on the same events, in the order of their arrival.
    For example: lanner hunt --rule "Secrets listed" --since 2026-11-01, or
    lanner hunt --sql "SELECT verb, count(*) FROM events GROUP BY verb". --saved asks what lanner.yaml has
    under `hunts`.
    """
    if format_ is HuntFormat.parquet and output is None:
        raise UsageError("--format parquet: name a file with --output")
    # What loads DuckDB and pyiceberg is imported here: every other verb starts a second sooner.
    from lanner.cli.hunt_alerts import Asked, hunt_alerts  # noqa: PLC0415
    from lanner.cli.hunt_rows import Way, hunt_rows  # noqa: PLC0415
    from lanner.cli.hunt_saved import find_saved, list_saved  # noqa: PLC0415
    from lanner.pipeline.rulebook import rule_paths  # noqa: PLC0415

    way = Way(format_.value, output, memory)
    if (saved or list_) and (sql or rule or rules or (saved and list_)):
        raise UsageError("--saved and --list stand alone: the hunt says itself what it asks")
    if list_:
        list_saved(config, way)
        return
    if saved:
        found, settings = find_saved(saved, config)
        pipeline = list(map(Path, settings.rules.pipelines))
        sql, rule, rules = found.sql, list(found.rules), rule_paths(settings.rules) if found.rules else None
    if not sql:
        names, files = tuple(rule or ()), tuple(rules or ())
        pipelines = tuple(pipeline or ())
        asked = Asked(names, files, matching, since, until, cluster, hostname, correlations, pipelines)
        hunt_alerts(asked, data, config, way)
        return
    if rule or rules or since or until or cluster:
        raise UsageError("--sql stands alone: say in it what --rule, --rules, --since, --until and --cluster would say")
    hunt_rows(sql, data, config, way)
