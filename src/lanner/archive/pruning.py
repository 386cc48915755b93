"""Leaves out whole data files by what their metadata says of time, cluster and the least and greatest texts in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyiceberg.manifest import DataFile

from lanner.archive.errors import grounded
from lanner.archive.schema import COLUMNS
from lanner.archive.selection import Selection
from lanner.archive.store import Archive

_NUMBERS = {column.name: column.number for column in COLUMNS if column.bounds}


class Files:
    """The data files that may hold events of a selection, planned once for many questions."""

    def __init__(self, archive: Archive, selection: Selection) -> None:
        """Plan with the table as of its last refresh; raises GroundError."""
        with grounded(archive.folder):
            self._files = [task.file for task in archive.table.scan(row_filter=selection.of_files()).plan_files()]

    def holding(self, wanted: Mapping[str, Collection[str]], present: Collection[str] = ()) -> list[str]:
        """Name the files that may hold in each column one of its texts, and values in those that must be present."""
        numbers = [_NUMBERS[name] for name in present if name in _NUMBERS]
        return [
            file.file_path
            for file in self._files
            if all(_may_hold(file, name, wanted[name]) for name in wanted)
            and all(_values(file, number) != 0 for number in numbers)
        ]

    def odd(self) -> list[str]:
        """Name the files that may hold odd events."""
        number = _NUMBERS["odd"]
        return [file.file_path for file in self._files if _values(file, number) != 0]


def _values(file: DataFile, number: int) -> int | None:
    """Count the values of a column that are not null; None where the metadata does not say."""
    nulls = (file.null_value_counts or {}).get(number)
    return None if nulls is None else file.record_count - nulls


def _may_hold(file: DataFile, column: str, texts: Collection[str]) -> bool:
    number = _NUMBERS.get(column)
    if number is None:
        return True
    if _values(file, number) == 0:
        return False
    least, greatest = (file.lower_bounds or {}).get(number), (file.upper_bounds or {}).get(number)
    # Bounds are cut at some length, the greatest upwards; UTF-8 sorts as its characters do.
    return any(
        (least is None or least <= text.encode()) and (greatest is None or text.encode() <= greatest) for text in texts
    )
