"""What the archiver's process does beside archiving: it notes the newest link at the anchors."""

from __future__ import annotations

import datetime as dt
import threading

import structlog

from lanner.archive.seals.anchoring import Anchoring
from lanner.config.folders import DataFolder
from lanner.errors import LannerError
from lanner.settings.model import Settings

ROUND_SECONDS = 60.0
_LOG = structlog.get_logger("lanner.archive")


class Upkeep(threading.Thread):
    """Goes its round once a minute until `stop` is set."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        super().__init__(name="upkeep", daemon=True)
        self._stopping = stop
        self._problems: dict[str, str] = {}
        self._anchoring = Anchoring(settings.archive.seals.anchors, DataFolder(settings.data_folder).archive)

    def run(self) -> None:
        """Go the rounds."""
        while not self._stopping.wait(ROUND_SECONDS):
            self.go_round(dt.datetime.now(dt.UTC))

    def go_round(self, now: dt.datetime) -> None:
        """Do what is due; what fails is logged once and tried again at the next round."""
        try:
            told = self._anchoring.note(now)
        except LannerError as error:
            told = [("anchors", str(error))]
        for name, problem in told:
            self._tell(name, problem)

    def _tell(self, name: str, problem: str) -> None:
        if problem != self._problems.get(name, ""):
            if problem:
                _LOG.error(problem, hint="it is tried again at the next round")
            else:
                _LOG.info(f"{name} works again")
        self._problems[name] = problem
