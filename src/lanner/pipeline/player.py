"""The demo's player: appends a recorded log to a file at a steady pace, as kube-apiserver would write it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from lanner.config.folders import DataFolder
from lanner.errors import GroundError
from lanner.settings.model import Settings
from lanner.sources.history import read_lines
from lanner.state.store import Store

STATUS_SECONDS = 0.5
TICK_SECONDS = 0.02
_STAMP = re.compile(rb'"(stageTimestamp|requestReceivedTimestamp)":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})Z"')


class Play(msgspec.Struct, kw_only=True, frozen=True):
    """What to play and where to; `rate` is events a second, `shift` moves each event's own times to now."""

    log: str
    target: str
    rate: float
    shift: bool = True


def run(settings: Settings, play: Play, stop: threading.Event) -> None:
    """Append the log to the target until its end or until `stop`; raises GroundError when that is impossible."""
    store = _store(settings, stop)
    if store is not None:
        Player(play, store).run(stop)
        store.close()


class Player:
    """Writes what is due and says how far it is."""

    def __init__(self, play: Play, store: Store) -> None:
        self._play, self._store = play, store
        self._lines = [line.data for line in read_lines(Path(play.log))]
        self._published = 0.0

    def run(self, stop: threading.Event) -> None:
        """Play to the end, then keep saying so until `stop`."""
        target = Path(self._play.target)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("ab", buffering=0) as file:
                for first, last in _paced(len(self._lines), self._play.rate, stop):
                    file.write(b"".join(_dated(line, self._play) + b"\n" for line in self._lines[first:last]))
                    self._publish(last)
        except OSError as error:
            raise GroundError(f"the player cannot write {target}: {error.strerror}") from error
        while not stop.wait(STATUS_SECONDS):
            self._publish(len(self._lines))

    def _publish(self, written: int) -> None:
        now = time.monotonic()
        if now - self._published >= STATUS_SECONDS:
            self._published = now
            total = len(self._lines)
            body = {"written": written, "total": total, "speed": self._play.rate, "done": written >= total}
            self._store.set_status("player", body)


def _store(settings: Settings, stop: threading.Event) -> Store | None:
    """Wait for ingest to make the state database."""
    path = DataFolder(settings.data_folder).state
    while not path.exists():
        if stop.wait(0.1):
            return None
    return Store(path)


def _paced(total: int, rate: float, stop: threading.Event) -> Iterator[tuple[int, int]]:
    """Yield ranges of lines that are due, so that `rate` lines a second go out."""
    began, written = time.monotonic(), 0
    while written < total and not stop.wait(TICK_SECONDS):
        due = min(total, int((time.monotonic() - began) * rate))
        if due > written:
            yield written, due
            written = due


def _dated(line: bytes, play: Play) -> bytes:
    """Move the event's own timestamps so that its stage ends now; the distance between them stays."""
    stamps = dict(_STAMP.findall(line))
    if not play.shift or b"stageTimestamp" not in stamps:
        return line
    by = datetime.now(UTC) - _read(stamps[b"stageTimestamp"])
    return _STAMP.sub(lambda found: b'"%s":"%s"' % (found[1], _write(_read(found[2]) + by)), line)


def _read(stamp: bytes) -> datetime:
    return datetime.fromisoformat(stamp.decode()).replace(tzinfo=UTC)


def _write(moment: datetime) -> bytes:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
