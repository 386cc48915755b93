"""What the archiver's process does beside archiving: heads are noted at anchors, retention and tiers are applied."""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import closing

import structlog

from lanner.archive.seals.anchoring import Anchoring
from lanner.archive.store import Archive
from lanner.config.folders import DataFolder
from lanner.errors import LannerError
from lanner.settings.model import Settings

ROUND_SECONDS = 60.0
RETENTION_EVERY = dt.timedelta(hours=1)
_LOG = structlog.get_logger("lanner.archive")


class Upkeep(threading.Thread):
    """Goes its round once a minute until `stop` is set."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        super().__init__(name="upkeep", daemon=True)
        self._stopping = stop
        self._settings = settings.archive
        self._folder = DataFolder(settings.data_folder).archive
        self._anchoring = Anchoring(self._settings.seals.anchors, self._folder)
        self._problems: dict[str, str] = {}
        self._applied: dt.datetime | None = None

    def run(self) -> None:
        """Go the rounds."""
        while not self._stopping.wait(ROUND_SECONDS):
            self.go_round(dt.datetime.now(dt.UTC))

    def go_round(self, now: dt.datetime) -> None:
        """Do what is due; what fails is logged once and tried again when it is due again."""
        self._note(now)
        if self._settings.retention.enabled and (self._applied is None or now - self._applied >= RETENTION_EVERY):
            self._applied = now
            self._apply(now)

    def _note(self, now: dt.datetime) -> None:
        try:
            told = self._anchoring.note(now)
        except LannerError as error:
            told = [("anchors", str(error))]
        for name, problem in told:
            self._tell(name, problem)

    def _apply(self, now: dt.datetime) -> None:
        """Delete first: what a deletion writes anew then moves to its tier at once."""
        for name, task in (("expiry", self._expire), ("tiers", self._move)):
            problem = ""
            try:
                with closing(Archive.open(self._settings, self._folder)) as archive:
                    task(archive, now)
            except LannerError as error:
                problem = f"{name} of the archive: {error}"
            self._tell(name, problem)

    def _expire(self, archive: Archive, now: dt.datetime) -> None:
        from lanner.archive.retention.expire import expire  # noqa: PLC0415  # DuckDB takes memory: only where it is asked

        gone = expire(archive, self._settings.retention, now)
        if gone.rows:
            _LOG.info("events whose time was over are deleted", events=gone.rows, bytes=gone.bytes, held=gone.held)

    def _move(self, archive: Archive, now: dt.datetime) -> None:
        from lanner.archive.retention.tiers import move_tiers  # noqa: PLC0415  # see above

        for moved in move_tiers(archive, self._settings.retention, now):
            _LOG.info("files moved to their tier", source=moved.source, target=moved.target, files=moved.files)

    def _tell(self, name: str, problem: str) -> None:
        if problem != self._problems.get(name, ""):
            if problem:
                _LOG.error(problem, hint="it is tried again")
            else:
                _LOG.info(f"{name} works again")
        self._problems[name] = problem
