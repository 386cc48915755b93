"""`lanner archive export`: the events back, as lines, columns, or in the schemas of others."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import Annotated

import typer

from lanner.archive.settings import HUNT_MEMORY
from lanner.cli.archive.opening import Config, Data, find_archive
from lanner.cli.console import progress
from lanner.cli.moments import read_moment
from lanner.cli.streams import open_output
from lanner.errors import UsageError


class ExportFormat(enum.StrEnum):
    """What an export gives."""

    raw = "raw"
    json = "json"
    ocsf = "ocsf"
    ecs = "ecs"
    csv = "csv"
    parquet = "parquet"


def export_command(
    *,
    data: Data = None,
    config: Config = None,
    format_: Annotated[
        ExportFormat,
        typer.Option(
            "--format",
            help="raw: the lines as they came in; json, csv, parquet: columns; ocsf: API Activity; ecs: Elastic's.",
        ),
    ] = ExportFormat.raw,
    columns: Annotated[
        str, typer.Option(metavar="NAME,...", help="Only these columns, in this order; for json, csv and parquet.")
    ] = "",
    since: Annotated[str, typer.Option(help="From this time on, ISO 8601; UTC when no zone is given.")] = "",
    until: Annotated[str, typer.Option(help="Before this time.")] = "",
    cluster: Annotated[str, typer.Option(help="Only of this cluster.")] = "",
    source: Annotated[str, typer.Option(help="Only of this source.")] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A file, there once it is whole; else standard output."),
    ] = None,
    memory: Annotated[
        str, typer.Option("--memory", help="Memory limit, such as 512MB; more spills to disk.")
    ] = HUNT_MEMORY,
) -> None:
    """Give the events back, source by source in the order they came in."""
    from lanner.archive.export import count_events  # noqa: PLC0415 - heavy
    from lanner.archive.forms import COLUMNAR, FORMS, Export  # noqa: PLC0415 - heavy
    from lanner.archive.selection import Selection  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    if columns and format_ not in COLUMNAR:
        raise UsageError(f"--columns: --format {format_} has its own keys; write --format json, csv or parquet")
    if format_ is ExportFormat.parquet and output is None and sys.stdout.isatty():
        raise UsageError("--format parquet is no text; name a file with --output")
    selection = Selection(
        since=read_moment(since, "--since"),
        until=read_moment(until, "--until"),
        cluster=cluster or None,
        source=source or None,
    )
    names = tuple(name.strip() for name in columns.split(",")) if columns else ()
    _, folder, settings = find_archive(data, config)
    archive = Archive.open(settings, folder, create=False)
    total = count_events(archive, selection)
    with progress("export", total, printing=output is None, of="events") as advance, open_output(output) as stream:
        export = Export(selection=selection, columns=names, memory=memory, advance=advance)
        FORMS[format_.value](archive, export, stream)
