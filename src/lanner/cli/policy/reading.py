"""Gives the lines of a log to a verb; a log that ends in damage counts as far as it goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lanner.cli.console import note
from lanner.errors import GroundError, LannerError
from lanner.sources.history import read_lines, stored_bytes


def read_log(path: Path, take: Callable[[bytes], None], advance: Any) -> int:
    """Hand on each line; returns an exit code: 0, or that of a damaged log. Raises where not one line can be read."""
    count = 0
    try:
        for line in read_lines(path, progress=advance):
            take(line.data)
            count += 1
    except LannerError as error:
        if not count:
            raise
        note(f"error: {error}; what was read before counts")
        return GroundError.exit_code
    return 0


def total_bytes(paths: list[Path]) -> int | None:
    """Return what there is to read in all, None where it cannot be known."""
    totals = [stored_bytes(path) for path in paths]
    return None if None in totals else sum(size for size in totals if size is not None)
