"""Where lanner keeps its data: one folder that holds state, spool and archive."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs


def default_data_folder() -> Path:
    """Return LANNER_DATA, else /var/lib/lanner for root, else the user's data folder."""
    named = os.environ.get("LANNER_DATA")
    if named:
        return Path(named)
    return Path("/var/lib/lanner") if os.geteuid() == 0 else platformdirs.user_data_path("lanner")


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's own list of names, so that a new file in it survives a loss of power.

    Raises OSError.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The layout below the data folder; making it is the business of who writes there."""

    root: Path

    @property
    def state(self) -> Path:
        return self.root / "state.db"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def salt(self) -> Path:
        """What makes the marks of redacted values: whoever has it can try guesses against them."""
        return self.root / "redaction.salt"

    @property
    def held(self) -> Path:
        """Events that wait for the end of their request, one file per archive commit."""
        return self.root / "held"

    def lock(self, part: str) -> Path:
        """The file whose lock says that a part (supervisor, ingest, archiver) is running on this folder."""
        return self.root / f"{part}.lock"
