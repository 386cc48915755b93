"""Bytes by tier, and what they cost a month."""

from __future__ import annotations

from collections.abc import Mapping

from lanner.archive.errors import grounded
from lanner.archive.retention.settings import RetentionSettings
from lanner.archive.retention.tiers import places, tier_of
from lanner.archive.store import Archive

GIGABYTE = 1e9


def stored(archive: Archive, settings: RetentionSettings) -> dict[str, int]:
    """Return the bytes of data files on each tier; raises GroundError."""
    table = archive.refresh()
    bases = places(settings, table)
    found = dict.fromkeys(bases, 0)
    with grounded(archive.folder):
        for task in table.scan().plan_files():
            found[tier_of(task.file.file_path, bases)] += task.file.file_size_in_bytes
    return found


def monthly(sizes: Mapping[str, int], prices: Mapping[str, float]) -> float:
    """Return dollars a month for bytes by tier, at dollars for a gigabyte (10^9 bytes) a month."""
    return sum(size * prices[tier] / GIGABYTE for tier, size in sizes.items())
