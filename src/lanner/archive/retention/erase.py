"""Deletes files for good after a commit: old snapshots go, readers get a moment, and a kill between is made up for."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from lanner.archive.catalog import file_lock
from lanner.archive.errors import grounded
from lanner.archive.reading import unread
from lanner.archive.store import Archive
from lanner.config.folders import sync_folder
from lanner.errors import GroundError

READER_SECONDS = 30.0
"""So long a deletion waits for hunts that are under way; then they find their files gone."""

_POLL_SECONDS = 0.05


class Eraser:
    """One at a time in an archive; what is to be deleted is written down first, so that a kill leaves nothing."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._note = archive.folder / "erase.json"
        self._lock = ExitStack()

    def __enter__(self) -> Self:
        """Take the lock; raises GroundError when another process deletes or moves files."""
        with grounded(self._archive.folder):
            try:
                self._lock.enter_context(file_lock(self._note.with_suffix(".lock"), wait=False))
            except BlockingIOError:
                where = self._archive.folder
                raise GroundError(f"{where}: another expiry or tier move is running; try again later") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lock back."""
        self._lock.close()

    def plan(self, locations: Iterable[str]) -> None:
        """Note files that come or go with the next commit: what the table does not name afterwards is deleted."""
        with grounded(self._archive.folder):
            _write(self._note, sorted({*self._noted(), *locations}))

    def finish(self, keep: Collection[str] = ()) -> None:
        """Delete the noted files that the table does not name, and the snapshots that could; raises GroundError.

        Copies to `keep` are wanted for a move that was interrupted.
        """
        noted = self._noted()
        if not noted:
            return
        self._archive.expire(math.inf)
        table = self._archive.refresh()
        with grounded(self._archive.folder):
            named = {task.file.file_path for task in table.scan().plan_files()}
            doomed = [location for location in noted if location not in named and location not in keep]
            if doomed:
                self._wait_for_readers()
            for location in doomed:
                try:
                    table.io.delete(location)
                except FileNotFoundError:
                    continue
            self._note.unlink()

    def _wait_for_readers(self) -> None:
        deadline = time.monotonic() + READER_SECONDS
        while time.monotonic() < deadline:
            with unread(self._archive.folder) as nobody:
                if nobody:
                    return
            time.sleep(_POLL_SECONDS)

    def _noted(self) -> list[str]:
        try:
            return msgspec.json.decode(self._note.read_bytes(), type=list[str])
        except FileNotFoundError:
            return []
        except msgspec.DecodeError:  # written whole or not at all; another program's
            return []


def _write(path: Path, value: object) -> None:
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(value))
        file.flush()
        os.fsync(descriptor)
    part.replace(path)
    sync_folder(path.parent)
