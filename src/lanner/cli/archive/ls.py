"""`lanner archive ls`: what the archive holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lanner.cli.archive.opening import Config, Data, find_archive
from lanner.cli.console import Format, print_json

# What loads pyiceberg or DuckDB is imported by the verb that uses it: every other verb starts a second sooner.
if TYPE_CHECKING:
    from lanner.archive.listing import Day


def list_command(
    data: Data = None,
    config: Config = None,
    format_: Annotated[Format, typer.Option("--format", help="json: one object a line.")] = Format.text,
) -> None:
    """List what the archive holds by day and cluster: events, files and their bytes."""
    from lanner.archive.listing import Day, list_days, list_dropped, list_redacted  # noqa: PLC0415 - heavy
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
    for reason, count in sorted(list_redacted(archive).items()):
        print(f"{count:,} values redacted: {reason}")


def _row(name: str, day: Day) -> str:
    return f"{name:<12}{day.cluster:<20}{day.events:>12,}{day.files:>8,}{day.bytes:>16,}"
