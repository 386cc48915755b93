"""`lanner hunt`: SQL over the archive."""

from __future__ import annotations

import csv
import datetime as dt
import enum
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lanner.archive.settings import HUNT_MEMORY
from lanner.cli.archive.opening import Config, Data, find_archive
from lanner.cli.console import note, print_json

# See cli/archive/ls.py: DuckDB and pyiceberg are loaded by the verb, not by the command line.
if TYPE_CHECKING:
    from lanner.archive.query import Answer

TABLE_ROWS = 10_000


class HuntFormat(enum.StrEnum):
    """How rows are printed."""

    table = "table"
    json = "json"
    csv = "csv"


def hunt_command(
    sql: Annotated[
        str,
        typer.Option(
            "--sql", help="One SELECT in DuckDB's SQL over the view `events`; docs/archive.md lists its columns."
        ),
    ],
    data: Data = None,
    config: Config = None,
    format_: Annotated[HuntFormat, typer.Option("--format", help="json: one object a line.")] = HuntFormat.table,
    memory: Annotated[
        str, typer.Option("--memory", help="Memory limit, such as 512MB; more spills to disk.")
    ] = HUNT_MEMORY,
) -> None:
    """Ask the archive with SQL, for example: lanner hunt --sql "SELECT verb, count(*) FROM events GROUP BY verb"."""
    from lanner.archive.query import hunt  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    archive = Archive.open(settings, folder, create=False)
    with hunt(archive, sql, memory=memory) as answer:
        _PRINTERS[format_](answer)


def _print_json(answer: Answer) -> None:
    for row in answer.rows:
        print_json(dict(zip(answer.columns, map(_plain, row), strict=True)))


def _print_csv(answer: Answer) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    for row in answer.rows:
        writer.writerow(["" if value is None else _text(value) for value in row])


def _print_table(answer: Answer) -> None:
    table = Table(*map(escape, answer.columns), box=None, header_style="bold", pad_edge=False)
    for row in _first(answer.rows):
        table.add_row(*(escape(_text(value)) for value in row))
    console = Console(highlight=False)
    console.print(table, soft_wrap=not console.is_terminal)


def _first(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(rows):
        if number == TABLE_ROWS:
            note(f"only the first {TABLE_ROWS} rows are shown; --format json or csv gives all")
            return
        yield row


def _text(value: object) -> str:
    plain = _plain(value)
    return "" if plain is None else str(plain)


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat(timespec="microseconds") + ("Z" if value.tzinfo else "")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


_PRINTERS = {HuntFormat.table: _print_table, HuntFormat.json: _print_json, HuntFormat.csv: _print_csv}
