"""The archive as its writers and readers see it: open, position, append, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.audit.batch import Checkpoint


class ArchivePosition(msgspec.Struct, frozen=True):
    """How far the spool is archived: its last record's number and where each source goes on."""

    sequence: int
    checkpoints: dict[str, Checkpoint]


class Archive:
    """The events table. One thread uses one Archive; several processes may append to the same table."""

    @classmethod
    def open(cls, settings: ArchiveSettings, folder: Path) -> Archive:
        """Open the archive below `folder`, making it when missing; raises GroundError when that is impossible."""
        raise NotImplementedError

    def position(self) -> ArchivePosition | None:
        """Return how far the spool is archived, None when nothing of it is; read anew at each call."""
        raise NotImplementedError

    def append(
        self,
        rows: Sequence[Row],
        *,
        sequence: int | None = None,
        checkpoints: Mapping[str, Checkpoint] | None = None,
        dropped: Mapping[str, int] | None = None,
    ) -> None:
        """Write the rows in one commit, with the position and the counts of what was dropped, by reason.

        All or nothing: when it raises GroundError, nothing was archived and the same call may be made again.
        """
        raise NotImplementedError
