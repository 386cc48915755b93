"""`lanner archive expire`, `tier`: what retention deletes and moves, with a dry run that says what it saves."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from lanner.cli.archive.opening import Config, Data, find_archive, find_prices
from lanner.cli.console import Format, FormatOption, print_json, progress

# What loads pyiceberg or DuckDB is imported by the verb that uses it: every other verb starts a second sooner.
if TYPE_CHECKING:
    from lanner.archive.retention.expire import Expiry
    from lanner.archive.retention.tiers import Moved

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]


def expire_command(
    *, data: Data = None, config: Config = None, dry_run: DryRun = False, format_: FormatOption = Format.text
) -> None:
    """Delete events whose time is over by archive.retention and that no hold keeps; files and snapshots go at once.

    `lanner run` does it by itself, at most once an hour. The chain of seals keeps a signed tombstone.
    """
    from lanner.archive.retention.costs import monthly, stored  # noqa: PLC0415 - heavy
    from lanner.archive.retention.expire import expire, freed, plan, summed  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    now = dt.datetime.now(dt.UTC)
    with closing(Archive.open(settings, folder, create=False)) as archive:
        prices = find_prices(settings, config, archive.table.location())
        fates = plan(archive, settings.retention, now).fates
        before = stored(archive, settings.retention)
        saved = freed(fates, settings.retention, archive)
        after = {tier: size - saved[tier] for tier, size in before.items()}
        if dry_run:
            told = summed(fates, settings.retention)
        else:
            with progress("expire", sum(fate.file.file_size_in_bytes for fate in fates if fate.rows)) as advance:
                told = expire(archive, settings.retention, now, advance)
    if format_ is Format.text:
        _print_expiry(told, dry_run=dry_run)
    _print_cost(told, monthly(before, prices), monthly(after, prices), format_, dry_run=dry_run)


def tier_command(
    *, data: Data = None, config: Config = None, dry_run: DryRun = False, format_: FormatOption = Format.text
) -> None:
    """Move files to the tier where archive.retention wants them, each copy compared before the old file goes.

    `lanner run` does it by itself, at most once an hour. An interrupted move goes on where it was.
    """
    from lanner.archive.retention.costs import monthly, stored  # noqa: PLC0415 - heavy
    from lanner.archive.retention.tiers import move_tiers, plan, summed  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    now = dt.datetime.now(dt.UTC)
    with closing(Archive.open(settings, folder, create=False)) as archive:
        prices = find_prices(settings, config, archive.table.location())
        moves = plan(archive, settings.retention, now)
        before = stored(archive, settings.retention)
        after = dict(before)
        for move in moves:
            after[move.source] -= move.file.file_size_in_bytes
            after[move.target] += move.file.file_size_in_bytes
        if dry_run:
            told = summed(moves)
        else:
            with progress("tier", sum(move.file.file_size_in_bytes for move in moves)) as advance:
                told = move_tiers(archive, settings.retention, now, advance)
    if format_ is Format.text:
        _print_moves(told, dry_run=dry_run)
    _print_cost(told, monthly(before, prices), monthly(after, prices), format_, dry_run=dry_run)


def _print_expiry(told: Expiry, *, dry_run: bool) -> None:
    verb = "would go" if dry_run else "gone"
    for one in told.expired:
        days = f"after {one.days} days" if one.days is not None else ""
        print(f"{one.policy:<24}{days:<18}{one.rows:>12,} events{one.files:>8,} files{one.bytes:>16,} bytes")
    print(
        f"{verb}: {told.rows:,} events, {told.bytes:,} bytes; {told.files_removed:,} files removed, "
        f"{told.files_rewritten:,} written anew"
    )
    if told.held:
        print(f"{told.held:,} events are over their time but held")


def _print_moves(told: tuple[Moved, ...], *, dry_run: bool) -> None:
    verb = "would move" if dry_run else "moved"
    for one in told:
        way = f"{one.source} -> {one.target}"
        print(f"{way:<24}{one.rows:>12,} events{one.files:>8,} files{one.bytes:>16,} bytes")
    print(f"{verb}: {sum(one.files for one in told):,} files, {sum(one.bytes for one in told):,} bytes")


def _print_cost(
    told: Expiry | tuple[Moved, ...], before: float, after: float, format_: Format, *, dry_run: bool
) -> None:
    """Print what is stored costs a month; as JSON with all that was told."""
    if format_ is Format.json:
        print_json({"dry_run": dry_run, "dollars_month_before": before, "dollars_month_after": after, "told": told})
    else:
        print(f"storage: ${before:,.4f} a month before, ${after:,.4f} after")
