"""`lanner archive hold`, `release`: events that are kept whatever retention says."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from lanner.cli.archive.opening import Config, Data, find_archive
from lanner.cli.console import Format, FormatOption, print_json
from lanner.errors import UsageError

# What loads pyiceberg or DuckDB is imported by the verb that uses it: every other verb starts a second sooner.
if TYPE_CHECKING:
    from lanner.archive.retention.holds import Hold


def hold_command(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the hold is called: a case, a matter.")] = "",
    where: Annotated[
        str, typer.Option(help="Which events: an SQL condition, \"namespace = 'payments' AND time >= '2026-01-01'\".")
    ] = "",
    list_: Annotated[bool, typer.Option("--list", help="List the holds.")] = False,
    data: Data = None,
    config: Config = None,
    format_: FormatOption = Format.text,
) -> None:
    """Keep events that match a condition until the hold is released, also those that come later.

    A hold rides in the table's summary and is sealed like any commit.
    """
    from lanner.archive.retention.holds import place, read_holds  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    if list_ == bool(name) or (name and not where):
        raise UsageError("write `hold NAME --where CONDITION`, or `hold --list`")
    _, folder, settings = find_archive(data, config)
    with closing(Archive.open(settings, folder, create=False)) as archive:
        holds = read_holds(archive.carried()) if list_ else {name: place(archive, name, where)}
    for key, hold in sorted(holds.items()):
        _print(key, hold, format_)


def release_command(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The hold to end.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """End a hold: events whose time is over go with the next expiry."""
    from lanner.archive.retention.holds import release  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    with closing(Archive.open(settings, folder, create=False)) as archive:
        hold = release(archive, name)
    print(f"released {name}: {hold.where}")


def _print(name: str, hold: Hold, format_: Format) -> None:
    if format_ is Format.json:
        print_json({"name": name, "where": hold.where, "placed": hold.placed})
    else:
        print(f"{name:<24}{hold.placed:%Y-%m-%d %H:%M:%S}  {hold.where}")
