"""What the archive holds, by day and cluster, read from the table's metadata alone."""

from __future__ import annotations

import datetime as dt

import msgspec

from lanner.archive import summary
from lanner.archive.errors import grounded
from lanner.archive.store import Archive

_EPOCH = dt.date(1970, 1, 1)


class Day(msgspec.Struct):
    """One partition; `day` is None for events whose time could not be read, `bytes` are those of its Parquet files."""

    day: dt.date | None
    cluster: str
    events: int = 0
    bytes: int = 0
    files: int = 0


def list_days(archive: Archive) -> list[Day]:
    """Return the partitions in order of day and cluster; raises GroundError."""
    days: dict[tuple[int | None, str], Day] = {}
    table = archive.refresh()
    with grounded(archive.folder):
        for task in table.scan().plan_files():
            number, cluster = task.file.partition[0], task.file.partition[1]
            day = None if number is None else _EPOCH + dt.timedelta(days=number)
            found = days.setdefault((number, cluster), Day(day, cluster))
            found.events += task.file.record_count
            found.bytes += task.file.file_size_in_bytes
            found.files += 1
    return sorted(days.values(), key=lambda found: (found.day or dt.date.min, found.cluster))


def list_redacted(archive: Archive) -> dict[str, int]:
    """Return how many values were redacted since the archive was made, by reason; raises GroundError."""
    return summary.redacted_of(archive.carried())


def list_dropped(archive: Archive) -> dict[str, int]:
    """Return how many events filters and twins dropped since the archive was made, by reason; raises GroundError."""
    return summary.dropped_of(archive.carried())
