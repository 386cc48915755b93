"""`lanner archive`: what the archive holds, import of old logs, export."""

from __future__ import annotations

import datetime as dt
import enum
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import msgspec
import typer

from lanner.archive.settings import ArchiveSettings
from lanner.cli.console import Format, note, print_json, progress
from lanner.config.folders import DataFolder, default_data_folder
from lanner.errors import GroundError, UsageError
from lanner.settings.load import load
from lanner.sources.history import list_files, read_lines, stored_bytes

# What loads pyiceberg or DuckDB is imported by the verb that uses it: every other verb starts a second sooner.
if TYPE_CHECKING:
    from lanner.archive.importing import Importer, Outcome, Refused
    from lanner.archive.listing import Day

app = typer.Typer(help="The archive of all events: list, import, export.", no_args_is_help=True)

Data = Annotated[
    Path | None, typer.Option("--data", help="The data folder; else LANNER_DATA, else the user's data folder.")
]
Config = Annotated[Path | None, typer.Option("--config", "-c", help="lanner.yaml, for its `archive:` section.")]


class ExportFormat(enum.StrEnum):
    """What an export gives."""

    raw = "raw"
    json = "json"


def find_archive(data: Path | None, config: Path | None) -> tuple[DataFolder, Path, ArchiveSettings]:
    """Return the data folder, the archive's folder in it, and its settings."""
    settings = load(config).settings if config else None
    root = data or (settings.data_folder if settings else default_data_folder())
    folder = DataFolder(root)
    return folder, folder.archive, settings.archive if settings else ArchiveSettings()


@app.command("ls")
def list_command(
    data: Data = None,
    config: Config = None,
    format_: Annotated[Format, typer.Option("--format", help="json: one object a line.")] = Format.text,
) -> None:
    """List what the archive holds by day and cluster: events, files and their bytes."""
    from lanner.archive.listing import Day, list_days, list_dropped  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    archive = Archive.open(settings, folder, create=False)
    days = list_days(archive)
    if format_ is Format.json:
        for found in days:
            print_json(found)
        return
    total = Day(None, "", sum(d.events for d in days), sum(d.bytes for d in days), sum(d.files for d in days))
    print(f"{'day':<12}{'cluster':<20}{'events':>12}{'files':>8}{'bytes':>16}")
    for found in days:
        print(_row(str(found.day or "no time"), found))
    print(_row("all", total))
    for reason, count in sorted(list_dropped(archive).items()):
        print(f"{count:,} events dropped: {reason}")


def _row(name: str, day: Day) -> str:
    return f"{name:<12}{day.cluster:<20}{day.events:>12,}{day.files:>8,}{day.bytes:>16,}"


@app.command("import")
def import_command(
    *,
    events: Annotated[
        list[Path], typer.Argument(metavar="EVENTS", help="Logs: files (plain, .gz, .zst) and folders of them.")
    ],
    data: Data = None,
    config: Config = None,
    source: Annotated[str, typer.Option("--source-name", help="What the column `source` says.")] = "import",
    cluster: Annotated[str, typer.Option(help="What the column `cluster` says; else archive.cluster.")] = "",
    filtered: Annotated[
        bool, typer.Option("--filter", help="Apply keep_stages and drop of the settings; else every event is kept.")
    ] = False,
    format_: Annotated[Format, typer.Option("--format", help="json: one object a file.")] = Format.text,
) -> None:
    """Import old logs; what was imported before is left out, so it may be stopped and run again.

    Lines that are no events go to a file in the quarantine folder; the exit code is 1 when there were any.
    """
    from lanner.archive.importing import importer  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    if Path("-") in events:
        raise UsageError("an import reads its input twice, so it needs files; write the stream to a file first")
    files = [file for path in events for file in list_files(path)]
    home, folder, settings = find_archive(data, config)
    if cluster:
        settings = msgspec.structs.replace(settings, cluster=cluster)
    archive = Archive.open(settings, folder)
    with (
        _quarantine(home.quarantine) as keep,
        importer(archive, settings, source=source, filtered=filtered, refused=keep) as imports,
    ):
        outcomes = [_import(imports, file, format_) for file in files]
    if any(outcome.refused for outcome in outcomes):
        note(f"lines that are no events are in {home.quarantine}")
        raise typer.Exit(1)


def _import(imports: Importer, file: Path, format_: Format) -> Outcome:
    with progress(file.name, stored_bytes(file)) as advance:
        passes = iter((None, advance))
        # The first pass only looks for what was imported before.
        outcome = imports.run(str(file), lambda: read_lines(file, progress=next(passes)))
    if format_ is Format.json:
        print_json({"file": str(file), **msgspec.structs.asdict(outcome)})
    else:
        print(_told(file, outcome))
    return outcome


def _told(file: Path, outcome: Outcome) -> str:
    parts = [f"{outcome.events} events"]
    parts += [f"{outcome.known} lines known from before"] if outcome.known else []
    parts += [f"{count} dropped ({reason})" for reason, count in sorted(outcome.dropped.items())]
    parts += [f"{outcome.refused} refused"] if outcome.refused else []
    return f"{file}: {', '.join(parts)}"


@contextmanager
def _quarantine(folder: Path) -> Iterator[Callable[[Refused], None]]:
    """Give a function that shows the first refusals of each reason and writes all to a file made at need."""
    seen: Counter[str] = Counter()
    path = folder / f"import-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%fZ}.jsonl"
    opened: list[BinaryIO] = []

    def keep(refused: Refused) -> None:
        if not opened:
            folder.mkdir(parents=True, exist_ok=True)
            opened.append(path.open("wb"))
        opened[0].write(msgspec.json.encode(refused) + b"\n")
        seen[refused.reason] += 1
        if len(seen) <= 20 and seen[refused.reason] == 1:  # enough to see what is wrong
            note(f"{refused.file}:{refused.line}: {refused.reason}")

    try:
        yield keep
    finally:
        for file in opened:
            file.close()


@app.command("export")
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
