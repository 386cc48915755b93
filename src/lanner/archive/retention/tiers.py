"""Moves files between tiers: copied, read back and compared, exchanged in one commit, then deleted where they were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from lanner.archive.change import Change
from lanner.archive.errors import OvertakenError, grounded
from lanner.archive.retention.erase import Eraser
from lanner.archive.retention.policy import HOT
from lanner.archive.retention.rules import entries, wanted_tier
from lanner.archive.retention.settings import RetentionSettings
from lanner.archive.retention.survey import newest
from lanner.archive.seals.content import sha256_of
from lanner.archive.seals.link import TIER
from lanner.archive.store import Archive
from lanner.errors import GroundError

FILES_A_COMMIT = 16
_CHUNK_BYTES = 1 << 20


class Move(NamedTuple):
    """A file that belongs on another tier."""

    file: DataFile
    source: str
    target: str
    location: str


class Moved(msgspec.Struct, frozen=True):
    """What moved, or would move, from one tier to another."""

    source: str
    target: str
    files: int
    rows: int
    bytes: int


def places(settings: RetentionSettings, table: Table) -> dict[str, str]:
    """Return where each tier is, without a slash at the end."""
    named = {tier.name: tier.location.rstrip("/") for tier in settings.tiers}
    return {HOT: table.location().rstrip("/"), **named}


def tier_of(location: str, bases: dict[str, str]) -> str:
    """Return the tier on which a file lies: that of the longest base that it begins with."""
    found = [name for name, base in bases.items() if _path(location).startswith(f"{_path(base)}/")]
    return max(found, key=lambda name: len(bases[name]), default=HOT)


def plan(archive: Archive, settings: RetentionSettings, now: dt.datetime) -> list[Move]:
    """Return the files that belong elsewhere; raises GroundError."""
    found = entries(settings)
    table = archive.refresh()
    bases = places(settings, table)
    moves = []
    with grounded(archive.folder):
        for task in table.scan().plan_files():
            file = task.file
            source = tier_of(file.file_path, bases)
            target = wanted_tier(found, file.partition[1], newest(file, table), now)
            if source != target:
                name = _path(file.file_path).removeprefix(f"{_path(bases[source])}/")
                moves.append(Move(file, source, target, f"{bases[target]}/{name}"))
    return moves


def summed(moves: Sequence[Move]) -> tuple[Moved, ...]:
    """Sum up moves by where from and where to."""
    pairs = sorted({(move.source, move.target) for move in moves})
    return tuple(_sum([move for move in moves if (move.source, move.target) == pair]) for pair in pairs)


def _sum(moves: Sequence[Move]) -> Moved:
    files = [move.file for move in moves]
    rows, size = sum(file.record_count for file in files), sum(file.file_size_in_bytes for file in files)
    return Moved(moves[0].source, moves[0].target, len(moves), rows, size)


def move_tiers(
    archive: Archive,
    settings: RetentionSettings,
    now: dt.datetime,
    advance: Callable[[int], None] = lambda _bytes: None,
) -> tuple[Moved, ...]:
    """Bring each file to the tier where it belongs; `advance` hears of bytes that were copied.

    What was copied before an interruption is not copied again. Files that another commit replaces meanwhile wait for
    the next time. Raises GroundError.
    """
    done: list[Move] = []
    with Eraser(archive) as eraser:
        moves = plan(archive, settings, now)
        eraser.finish(keep={move.location for move in moves})
        for part in _parts(moves):
            eraser.plan([path for move in part for path in (move.file.file_path, move.location)])
            with grounded(archive.folder):
                for move in part:
                    _copy(archive.table, move, advance)
            try:
                added = [_at(move.file, move.location) for move in part]
                archive.exchange(Change(TIER, added=added, removed=[move.file for move in part]))
                done += part
            except OvertakenError:
                pass
            eraser.finish()
    return summed(done)


def _parts(moves: Sequence[Move]) -> Iterator[Sequence[Move]]:
    for start in range(0, len(moves), FILES_A_COMMIT):
        yield moves[start : start + FILES_A_COMMIT]


def _copy(table: Table, move: Move, advance: Callable[[int], None]) -> None:
    with table.io.new_input(move.file.file_path).open() as source:
        wanted = sha256_of(source)
    if _digest(table, move.location) != wanted:
        output = table.io.new_output(move.location)
        with (
            table.io.new_input(move.file.file_path).open() as source,
            output.create(overwrite=True) as target,
        ):
            while data := source.read(_CHUNK_BYTES):
                target.write(data)
        if _digest(table, move.location) != wanted:
            raise GroundError(f"{move.location}: the copy differs from {move.file.file_path}; check disk and network")
    advance(move.file.file_size_in_bytes)


def _digest(table: Table, location: str) -> str | None:
    try:
        with table.io.new_input(location).open() as file:
            return sha256_of(file)
    except FileNotFoundError:
        return None


def _at(file: DataFile, location: str) -> DataFile:
    """Return what the table says of a file, at another place."""
    fields = {name: getattr(file, name) for name in _FIELDS}
    return DataFile.from_args(**fields, file_path=location)


_FIELDS = (
    *("content", "file_format", "partition", "record_count", "file_size_in_bytes", "column_sizes", "value_counts"),
    *("null_value_counts", "nan_value_counts", "lower_bounds", "upper_bounds", "key_metadata", "split_offsets"),
    *("equality_ids", "sort_order_id", "spec_id"),
)


def _path(location: str) -> str:
    return location.removeprefix("file://")
