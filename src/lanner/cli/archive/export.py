"""`lanner archive export`: the events back, as lines or columns."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from lanner.cli.archive.opening import Config, Data, find_archive
from lanner.cli.moments import read_moment
from lanner.cli.streams import open_output


class ExportFormat(enum.StrEnum):
    """What an export gives."""

    raw = "raw"
    json = "json"


def export_command(
    *,
    data: Data = None,
    config: Config = None,
    format_: Annotated[
        ExportFormat, typer.Option("--format", help="raw: the lines as they came in; json: their columns.")
    ] = ExportFormat.raw,
    since: Annotated[str, typer.Option(help="From this time on, ISO 8601; UTC when no zone is given.")] = "",
    until: Annotated[str, typer.Option(help="Before this time.")] = "",
    cluster: Annotated[str, typer.Option(help="Only of this cluster.")] = "",
    source: Annotated[str, typer.Option(help="Only of this source.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
) -> None:
    """Give the events back, source by source in the order they came in."""
    from lanner.archive.export import export_columns, export_lines  # noqa: PLC0415 - heavy
    from lanner.archive.selection import Selection  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    selection = Selection(
        since=read_moment(since, "--since"),
        until=read_moment(until, "--until"),
        cluster=cluster or None,
        source=source or None,
    )
    archive = Archive.open(settings, folder, create=False)
    with open_output(output) as stream:
        if format_ is ExportFormat.raw:
            for line in export_lines(archive, selection):
                stream.write(line + b"\n")
        else:
            for columns in export_columns(archive, selection):
                stream.write(msgspec.json.encode(columns) + b"\n")
