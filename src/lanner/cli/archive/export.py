"""`lanner archive export`: the events back, as lines or columns."""

from __future__ import annotations

import datetime as dt
import enum
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from lanner.cli.archive.opening import Config, Data, find_archive
from lanner.errors import GroundError, UsageError


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
        since=_moment(since, "--since"),
        until=_moment(until, "--until"),
        cluster=cluster or None,
        source=source or None,
    )
    archive = Archive.open(settings, folder, create=False)
    with _output(output) as stream:
        if format_ is ExportFormat.raw:
            for line in export_lines(archive, selection):
                stream.write(line + b"\n")
        else:
            for columns in export_columns(archive, selection):
                stream.write(msgspec.json.encode(columns) + b"\n")


def _moment(text: str, option: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no time; write 2026-11-24 or 2026-11-24T13:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


@contextmanager
def _output(path: Path | None) -> Iterator[BinaryIO]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with path.open("wb") as stream:
            yield stream
    except OSError as error:
        raise GroundError(f"{path}: cannot write: {error.strerror}; check the disk and the folder's mode") from error
