"""Which logs a configured path names: one file, a folder's logs, or those that a glob matches."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import NamedTuple

from lanner.sources.rotation import parse_name

MAX_LOGS = 512


class LogName(NamedTuple):
    """A log by its live file; `history` says that its rotated files are to be read at the first start too."""

    live: str
    history: bool


def discover(path: str) -> list[LogName]:
    """Return the logs that a path names now, in order of name; raises OSError.

    A plain path is a log even while it is missing.
    """
    if is_folder(path):
        return _grouped([entry for entry in Path(path).iterdir() if not entry.name.startswith(".")])
    if glob.has_magic(path) and not Path(path).exists():
        return _grouped([Path(file) for file in glob.iglob(path, recursive=True)])  # noqa: PTH207 - the pattern may be absolute
    return [LogName(path, history=False)]


def is_folder(path: str) -> bool:
    """Say whether this is a folder as far as can be seen; what cannot be looked at is taken for a file."""
    try:
        return Path(path).is_dir()
    except OSError:
        return False


def _is_text(file: Path) -> bool:
    """Say whether the name is UTF-8; another one could stand in no checkpoint, and no API server writes such a log."""
    try:
        str(file).encode()
    except UnicodeEncodeError:
        return False
    return True


def _grouped(files: list[Path]) -> list[LogName]:
    history: dict[str, bool] = {}
    for file in files:
        if not (_is_text(file) and file.is_file()):
            continue
        parsed = parse_name(file.name)
        live = str(file.with_name(parsed.base))
        history[live] = history.get(live, False) or not parsed.live or parsed.packed
    return [LogName(live, history[live]) for live in sorted(history)]
