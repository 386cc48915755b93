"""Compaction beside the archiver, in a thread of low priority: it never holds up a commit, and ends when asked."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from lanner.archive.compaction.compactor import Compactor, Pace, StoppedError
from lanner.archive.compaction.sweep import sweep
from lanner.archive.errors import OvertakenError
from lanner.archive.store import Archive
from lanner.config.folders import DataFolder
from lanner.errors import GroundError
from lanner.settings.model import Settings

LOWEST_PRIORITY = 19
SWEEP_SECONDS = 600.0
PATIENCE = 10
"""After so many looks at a hurried archiver a merge is made all the same."""

PAGE_BYTES = 4 * 1024 * 1024
_LOG = structlog.get_logger("lanner.archive")


class Compaction:
    """Merges small files now and then; `hurried` says that the archiver has its hands full."""

    def __init__(self, settings: Settings, folder: DataFolder, hurried: Callable[[], bool]) -> None:
        self._settings, self._folder, self._hurried = settings.archive, folder, hurried
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="compaction")
        self._swept = float("-inf")
        self._status: dict[str, Any] = {"compactions": 0, "compacted_files": 0, "swept_files": 0}
        self._problem = ""

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """End; a merge at work is given up, and nothing of it stays."""
        self._stop.set()
        self._thread.join()

    def status(self) -> dict[str, Any]:
        """Return figures for the archiver's status."""
        return dict(self._status)

    def look(self, now: dt.datetime) -> None:
        """Merge what is due, and sweep when it is time; a failure is logged once."""
        try:
            archive = Archive.open(self._settings, self._folder.archive, create=False)
            try:
                self._merge(archive, now)
                self._sweep(archive)
            finally:
                archive.close()
        except OvertakenError:
            return
        except GroundError as error:
            self._complain(str(error))
        else:
            self._problem = ""

    def _run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
        patience = PATIENCE
        while not self._stop.wait(self._settings.compact.seconds):
            if self._hurried() and patience:
                patience -= 1
                continue
            patience = PATIENCE
            try:
                self.look(dt.datetime.now(dt.UTC))
            except StoppedError:
                return
            except Exception:  # noqa: BLE001  # the archiver goes on, whatever a library raises here
                _LOG.exception("compaction failed; it is tried again")

    def _merge(self, archive: Archive, now: dt.datetime) -> None:
        compact = self._settings.compact
        pace = Pace(level=compact.level, group_bytes=compact.memory_bytes, page_bytes=PAGE_BYTES)
        compactor = Compactor(archive, pace, self._check)
        while merge := compactor.step(now):
            self._status["compactions"] += 1
            self._status["compacted_files"] += merge.files_before
            self._check()

    def _sweep(self, archive: Archive) -> None:
        if time.monotonic() - self._swept < SWEEP_SECONDS:
            return
        self._status["swept_files"] += sweep(archive, self._settings.compact.keep_seconds).files
        self._swept = time.monotonic()

    def _check(self) -> None:
        if self._stop.is_set():
            raise StoppedError

    def _complain(self, problem: str) -> None:
        if problem != self._problem:
            _LOG.error(problem, hint="events are archived all the same; lanner keeps trying to compact them")
        self._problem = problem


@contextmanager
def compaction(settings: Settings, folder: DataFolder, hurried: Callable[[], bool]) -> Iterator[Compaction]:
    """Run compaction meanwhile, if the settings want it."""
    background = Compaction(settings, folder, hurried)
    if not settings.archive.compact.enabled:
        yield background
        return
    background.start()
    try:
        yield background
    finally:
        background.close()
