"""`lanner archive compact`: many files become few, sorted and packed as small as they get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from lanner.cli.archive.opening import Config, Data, find_archive
from lanner.cli.console import Format, FormatOption, print_json, progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lanner.archive.compaction.compactor import Compactor, Merge

_MEGABYTE = 1024 * 1024
EVERYTHING = typer.Option("--all", help="Pack again what was compacted before, too.")
LEVEL = typer.Option("--level", min=1, max=22, help="zstd's level; 19 packs small, 12 takes a tenth of the time.")
MEMORY = typer.Option("--memory", min=1, help="Megabytes of rows held at once, about; more pack better.")
KEEP = typer.Option(
    "--keep", min=0, help="Seconds that replaced files stay for other programs; those that lanner reads stay anyway."
)


def compact_command(
    *,
    data: Data = None,
    config: Config = None,
    everything: Annotated[bool, EVERYTHING] = False,
    level: Annotated[int, LEVEL] = 19,
    memory: Annotated[int, MEMORY] = 256,
    keep: Annotated[float, KEEP] = 0,
    format_: FormatOption = Format.text,
) -> None:
    """Merge files into few sorted ones, and delete what no snapshot needs any more.

    It may be stopped, even killed, at any time and beside `lanner run`: readers see the old files or the new ones.
    """
    from lanner.archive.compaction.compactor import Compactor, Pace  # noqa: PLC0415 - heavy
    from lanner.archive.compaction.sweep import sweep  # noqa: PLC0415 - heavy
    from lanner.archive.listing import list_days  # noqa: PLC0415 - heavy
    from lanner.archive.store import Archive  # noqa: PLC0415 - heavy

    _, folder, settings = find_archive(data, config)
    archive = Archive.open(settings, folder, create=False)
    before = list_days(archive)
    compactor = Compactor(archive, Pace(level=level, group_bytes=memory * _MEGABYTE))
    with progress("compacting", sum(day.bytes for day in before), printing=True) as advance:
        for merge in compactor.rewrite() if everything else _steps(compactor):
            advance(merge.bytes_before)
            _tell(merge, format_)
    swept = sweep(archive, keep)
    after = list_days(archive)
    told = {
        "events": sum(day.events for day in after),
        "files_before": sum(day.files for day in before),
        "files_after": sum(day.files for day in after),
        "bytes_before": sum(day.bytes for day in before),
        "bytes_after": sum(day.bytes for day in after),
        "snapshots_expired": swept.snapshots,
        "files_deleted": swept.files,
        "bytes_deleted": swept.bytes,
        "files_waiting": swept.waiting,
    }
    if format_ is Format.json:
        print_json(told)
        return
    print(f"all: {told['events']:,} events, {_change(told)}")
    print(f"{swept.files} files of {swept.bytes:,} bytes deleted, {swept.waiting} wait until no reader needs them")


def _change(told: Mapping[str, int]) -> str:
    files = f"{told['files_before']} -> {told['files_after']} files"
    return f"{files}, {told['bytes_before']:,} -> {told['bytes_after']:,} bytes"


def _steps(compactor: Compactor) -> Iterator[Merge]:
    while merge := compactor.step():
        yield merge


def _tell(merge: Merge, format_: Format) -> None:
    if format_ is Format.json:
        print_json(merge)
        return
    told = msgspec.structs.asdict(merge)
    print(f"{merge.day or 'no time'} {merge.cluster}: {merge.events:,} events, {_change(told)}")
