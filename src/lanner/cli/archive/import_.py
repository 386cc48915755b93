"""`lanner archive import`: old logs into the archive."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import msgspec
import typer

from lanner.cli.archive.opening import Data, find_archive, find_redactor
from lanner.cli.console import Format, note, print_json, progress
from lanner.errors import SourceError, UsageError
from lanner.sources.history import list_files, read_lines, stored_bytes

# What loads pyiceberg or DuckDB is imported by the verb that uses it: every other verb starts a second sooner.
if TYPE_CHECKING:
    from lanner.archive.importing import Importer, Outcome, Refused


def import_command(
    *,
    events: Annotated[
        list[Path],
        typer.Argument(metavar="EVENTS", help="Logs: files (plain, .gz, .zst, .xz, .bz2) and folders of them."),
    ],
    data: Data = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="lanner.yaml, for its `archive:` and `redaction:` sections."),
    ] = None,
    source: Annotated[str, typer.Option("--source-name", help="What the column `source` says.")] = "import",
    cluster: Annotated[
        str, typer.Option(help="What the column `cluster` says; else the provider's, else archive.cluster.")
    ] = "",
    redact: Annotated[
        bool,
        typer.Option("--redact/--no-redact", help="Replace secret values by marks; else as redaction.enabled says."),
    ] = True,
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
    archive = Archive.open(settings, folder)
    redactor = find_redactor(home, config) if redact else None
    with (
        _quarantine(home.quarantine) as keep,
        importer(
            archive, settings, source=source, cluster=cluster, filtered=filtered, redactor=redactor, refused=keep
        ) as imports,
    ):
        outcomes = [_import(imports, file, format_, alone=len(files) == 1) for file in files]
    if any(outcome is not None and outcome.refused for outcome in outcomes):
        note(f"lines that are no events are in {home.quarantine}")
        raise typer.Exit(1)
    if None in outcomes:
        raise typer.Exit(SourceError.exit_code)


def _import(imports: Importer, file: Path, format_: Format, *, alone: bool) -> Outcome | None:
    """Import one file; None says that it is damaged, and that the others are to be imported all the same."""
    try:
        with progress(file.name, stored_bytes(file)) as advance:
            passes = iter((None, advance))
            # The first pass only looks for what was imported before.
            outcome = imports.run(str(file), lambda: read_lines(file, progress=next(passes)))
    except SourceError as error:
        if alone:
            raise
        note(f"error: {error}")
        return None
    if format_ is Format.json:
        print_json({"file": str(file), **msgspec.structs.asdict(outcome)})
    else:
        print(_told(file, outcome))
    return outcome


def _told(file: Path, outcome: Outcome) -> str:
    parts = [f"{outcome.events} events"]
    parts += [f"{outcome.known} lines known from before"] if outcome.known else []
    parts += [f"{count} dropped ({reason})" for reason, count in sorted(outcome.dropped.items())]
    parts += [f"{count} values redacted ({reason})" for reason, count in sorted(outcome.redacted.items())]
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
