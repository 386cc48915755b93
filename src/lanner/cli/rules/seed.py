"""`lanner rules seed`: correlations and habits learn from the archive what was before them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from lanner.cli.console import Format, FormatOption, note, portion, print_json
from lanner.cli.moments import read_moment
from lanner.cli.run import find_settings
from lanner.config.folders import DataFolder
from lanner.errors import UsageError
from lanner.settings.hunts import parse_span


def seed(
    since: Annotated[str, typer.Option(help="How far back: a span such as 14d or 12h, or a time such as 2026-11-01.")],
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="lanner.yaml or falco.yaml; else the first usual one.")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The data folder; overrides the file.")] = None,
    format_: FormatOption = Format.text,
) -> None:
    """Let correlations and habits know what the archive has, as if lanner had watched it: nothing is told.

    For a start with an archive that was imported, new correlations, a lost state database. Stop `lanner run` before;
    what was remembered is replaced. Ended before its end it changes nothing.
    """
    from lanner.pipeline.seeding import seed as learn  # noqa: PLC0415  # loads DuckDB and pyiceberg

    start = read_since(since, dt.datetime.now(dt.UTC))
    settings = find_settings(config).settings
    folder = DataFolder(data.absolute() if data else settings.data_folder)
    with portion("seed") as tell:
        seeded = learn(settings, folder, start, tell, note)
    if format_ is Format.json:
        print_json(seeded._asdict() | {"since": start.isoformat()})
    else:
        known = f"correlations know {seeded.remembered} keys, habits {seeded.habits}"
        typer.echo(f"{seeded.events} events since {start:%Y-%m-%dT%H:%M:%S}: {known}")


def read_since(text: str, now: dt.datetime) -> dt.datetime:
    """Read a span back from now, or a time; raises UsageError."""
    try:
        return now - parse_span(text)
    except ValueError:
        found = read_moment(text, "--since")
    if found is None:
        raise UsageError("--since: write 14d, 12h or a time")
    return found
