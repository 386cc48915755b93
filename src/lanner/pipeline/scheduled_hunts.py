"""Hunts that run by themselves, in a thread of low priority beside the archiver: new matches are left for ingest.

Ingest makes the alerts of them: it alone numbers alerts, since an output's place says "all up to here".
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import msgspec
import structlog

from lanner.archive.store import Archive
from lanner.config.folders import DataFolder
from lanner.errors import LannerError, UsageError
from lanner.settings.hunts import SavedHunt
from lanner.settings.model import Settings
from lanner.state.store import Store

LOWEST_PRIORITY = 19
ROUND_SECONDS = 15.0
MOST_MATCHES = 10_000
AT_ONCE = 500
REMEMBERED_WINDOWS = 2
_LOG = structlog.get_logger("lanner.archive")


class HuntStatus(msgspec.Struct, kw_only=True):
    """What one hunt did since the start, and how its last run went; times are ISO 8601, UTC, empty where there is none.

    `running` is when the run began that is at work, `next` when the hunt is due again.
    """

    asked: str = ""
    next: str = ""
    running: str = ""
    seconds: float = 0.0
    matches: int = 0
    new: int = 0
    problem: str = ""
    failing: bool = False
    runs: int = 0
    failures: int = 0
    new_total: int = 0
    seconds_total: float = 0.0

    def ran(
        self, now: dt.datetime, interval: dt.timedelta, *, seconds: float, found: int, new: int, problem: str
    ) -> None:
        """Take in how a run went that was due at `now`."""
        self.asked, self.next = (at.isoformat(timespec="seconds") for at in (now, now + interval))
        self.running = ""
        self.seconds, self.matches, self.new = round(seconds, 3), found, new
        self.problem, self.failing = problem, bool(problem)
        self.runs += 1
        self.failures += self.failing
        self.new_total += new
        self.seconds_total = round(self.seconds_total + seconds, 3)


class ScheduledHunts:
    """Asks each hunt when it is due: at the start, then after each `every`."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        self._settings, self._folder = settings, folder
        self._hunts = [hunt for hunt in settings.hunts if hunt.scheduled]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hunts", daemon=True)
        self._asked: dict[str, dt.datetime] = {}
        self._status: dict[str, HuntStatus] = {hunt.name: HuntStatus() for hunt in self._hunts}

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """End; a hunt at work is interrupted, and what it has not left for ingest is found again."""
        self._stop.set()
        self._thread.join()

    def status(self) -> dict[str, Any]:
        """Return for each hunt what it did since the start, for the archiver's status."""
        return {"hunts": msgspec.to_builtins(self._status)} if self._hunts else {}

    def _run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
        while not self._stop.wait(ROUND_SECONDS):
            self.go_round(dt.datetime.now(dt.UTC))

    def go_round(self, now: dt.datetime) -> None:
        """Ask what is due; what fails is logged once and asked again when it is due again."""
        for saved in self._hunts:
            last = self._asked.get(saved.name)
            if self._stop.is_set():
                return
            if last is None or now - last >= saved.interval:
                self._asked[saved.name] = now
                self._ask(saved, now)

    def _ask(self, saved: SavedHunt, now: dt.datetime) -> None:
        status = self._status[saved.name]
        status.running = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        begun, found, new, problem = time.monotonic(), 0, 0, ""
        try:
            for count, added in self._store(saved, now):
                found, new = found + count, new + added
        except KeyboardInterrupt:  # not a key: DuckDB was interrupted because this ends
            status.running = ""
            return
        except LannerError as error:
            problem = " ".join(str(error).split())
        except Exception as error:  # noqa: BLE001 - the archiver and other hunts go on, whatever a library raises here
            problem = f"it broke, please report this: {error!r}"
        self._tell(saved.name, problem)
        seconds = time.monotonic() - begun
        status.ran(now, saved.interval, seconds=seconds, found=found, new=new, problem=problem)

    def _store(self, saved: SavedHunt, now: dt.datetime) -> Iterator[tuple[int, int]]:
        """Leave matches for ingest, some at a time; give how many there were and how many were new."""
        from lanner.pipeline.hunt_matches import find_matches  # noqa: PLC0415  # DuckDB and rules take memory

        with (
            closing(Store(self._folder.state)) as store,
            closing(Archive.open(self._settings.archive, self._folder.archive, create=False)) as archive,
            closing(find_matches(self._settings, saved, archive, now, self._stop)) as matches,
        ):
            store.keep_hunts([hunt.name for hunt in self._settings.hunts])
            # Events that were seen so long ago are out of the window.
            store.forget_hunted(saved.name, before=(now - REMEMBERED_WINDOWS * saved.window).timestamp())
            bounded = itertools.islice(matches, MOST_MATCHES)
            while (some := list(itertools.islice(bounded, AT_ONCE))) and not self._stop.is_set():
                yield len(some), store.add_hunted(saved.name, some, now=now.timestamp())
            if next(matches, None) is not None and not self._stop.is_set():
                raise UsageError(f"there are more than {MOST_MATCHES} matches; the rest is left out: ask for less")

    def _tell(self, name: str, problem: str) -> None:
        if problem != self._status[name].problem:
            if problem:
                _LOG.error(f"the hunt '{name}' failed: {problem}", hint="it is tried again when it is due again")
            else:
                _LOG.info(f"the hunt '{name}' works again")


@contextmanager
def scheduled_hunts(settings: Settings, folder: DataFolder) -> Iterator[ScheduledHunts]:
    """Run the scheduled hunts meanwhile, if there are any."""
    hunts = ScheduledHunts(settings, folder)
    if not hunts.status():
        yield hunts
        return
    hunts.start()
    try:
        yield hunts
    finally:
        hunts.close()
