"""Which files of a partition to merge: files of like size, so that an event is rewritten a few times and no more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

FANOUT = 8
"""So many files of one size class become one of the next; a class spans as much."""
MOST_FILES = 64
"""Files of one merge at most."""
BASE_BYTES = 32 * 1024
"""Files up to this size are of one class."""


class Size(NamedTuple):
    """What planning looks at: a file's bytes, and whether it was made by a compaction."""

    bytes: int
    compacted: bool


T = TypeVar("T")


def open_merge(files: Sequence[tuple[T, Size]], most_bytes: int) -> list[T]:
    """Return files of a partition that still grows: FANOUT or more of one size class, the smallest class first."""
    classes: dict[int, list[tuple[T, Size]]] = {}
    for entry in files:
        if entry[1].bytes < most_bytes // 2:
            classes.setdefault(_class(entry[1].bytes), []).append(entry)
    for number in sorted(classes):
        if len(classes[number]) >= FANOUT:
            return _bounded(classes[number], most_bytes)
    return []


def closed_merge(files: Sequence[tuple[T, Size]], most_bytes: int) -> list[T]:
    """Return files of a partition that hardly grows any more: all but those FANOUT times larger than the rest.

    A file that no compaction made is taken alone, too; [] says that the partition is as it should be.
    """
    small = sorted((entry for entry in files if entry[1].bytes < most_bytes // 2), key=lambda entry: entry[1].bytes)
    taken: list[tuple[T, Size]] = []
    for entry in small:
        if taken and entry[1].bytes > FANOUT * sum(size.bytes for _, size in taken):
            if len(taken) > 1 or not taken[0][1].compacted:
                break
            taken = []
        taken.append(entry)
    if len(taken) == 1 and taken[0][1].compacted:
        taken = []
    return _bounded(taken, most_bytes) or [file for file, size in files if not size.compacted][:1]


def all_merges(files: Sequence[tuple[T, Size]], most_bytes: int) -> Iterator[list[T]]:
    """Yield all files of a partition in merges, the small ones together."""
    rest = sorted(files, key=lambda entry: entry[1].bytes)
    while rest:
        chosen = _bounded(rest, most_bytes)
        yield chosen
        rest = rest[len(chosen) :]


def _bounded(entries: Sequence[tuple[T, Size]], most_bytes: int) -> list[T]:
    """Take from the front so many that their bytes make one file, two at least."""
    taken: list[T] = []
    total = 0
    for file, size in entries[:MOST_FILES]:
        total += size.bytes
        if len(taken) >= 2 and total > most_bytes:
            break
        taken.append(file)
    return taken


def _class(size: int) -> int:
    return max(0, math.ceil(math.log(max(size, 1) / BASE_BYTES, FANOUT)))
