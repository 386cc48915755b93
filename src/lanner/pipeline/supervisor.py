"""The supervisor of `lanner run`: starts the parts as processes, restarts one that falls, ends all in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import structlog

from lanner.config.folders import DataFolder
from lanner.pipeline.child import Order, write_order
from lanner.pipeline.player import Play
from lanner.settings.model import Settings
from lanner.state.lock import held

POLL_SECONDS = 0.1
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
HEALTHY_SECONDS = 10.0
STOP_SECONDS = {"player": 3.0, "ingest": 30.0, "archiver": 60.0, "web": 5.0}
FATAL = (2, 3)
# glibc gives every thread a heap of its own and lets its limits grow; batches of megabytes would stay resident.
MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "4194304"}
_LOG = structlog.get_logger("lanner")


class Part:
    """One child process and when to start it again after a fall."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.name = order.part
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe = -1
        self._started = self._again = 0.0
        self._wait = FIRST_WAIT

    def start(self) -> None:
        """Start the process and give it its order through a pipe that stays open as long as this process lives.

        It gets a process group of its own: Ctrl-C reaches the supervisor alone, which ends all in order.
        """
        reading, self._pipe = os.pipe()
        try:
            command = [sys.executable, "-m", "lanner.pipeline.child", str(reading)]
            environment = MEMORY | os.environ
            self._process = subprocess.Popen(command, pass_fds=[reading], process_group=0, env=environment)
            write_order(self._pipe, self.order)
        except OSError:
            if self._process is None:
                os.close(self._pipe)
            raise
        finally:
            os.close(reading)
        self._started = time.monotonic()

    def check(self) -> int | None:
        """Start a fallen process again when its time has come; returns the code of one that ended right away."""
        if self._process is None:
            if time.monotonic() >= self._again:
                self._start_again()
            return None
        code = self._process.poll()
        if code is None:
            return None
        lived = time.monotonic() - self._started
        self._forget()
        if code in FATAL and lived < HEALTHY_SECONDS and self._wait == FIRST_WAIT and self.name == "ingest":
            return code
        if lived > HEALTHY_SECONDS:
            self._wait = FIRST_WAIT
        _LOG.error(f"{self.name} ended unexpectedly; it starts again", code=code, seconds=self._wait)
        self._again = time.monotonic() + self._wait
        self._wait = min(self._wait * 2, LONGEST_WAIT)
        return None

    def _start_again(self) -> None:
        try:
            self.start()
        except OSError as error:
            self._again = time.monotonic() + LONGEST_WAIT
            _LOG.error(f"{self.name} cannot be started; it is tried again", reason=str(error), seconds=LONGEST_WAIT)

    def signal(self, number: int) -> None:
        """Send a signal to the process if it runs."""
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self) -> None:
        """Ask the process to end in order, and end it after its time."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS[self.name])
        except subprocess.TimeoutExpired:
            _LOG.error(f"{self.name} did not end in {STOP_SECONDS[self.name]:.0f} s and is killed")
            self._process.kill()
            self._process.wait()
        self._forget()

    def _forget(self) -> None:
        self._process = None
        os.close(self._pipe)


def run(settings: Settings, *, play: Play | None = None, stop: threading.Event | None = None) -> int:
    """Run all parts until SIGINT or SIGTERM (or `stop`); returns the exit code.

    Raises GroundError when another lanner runs on the data folder.
    """
    stop = stop or threading.Event()
    reload = threading.Event()
    with held(DataFolder(settings.data_folder).lock("supervisor")):
        _listen(stop, reload)
        parts = _parts(settings, play)
        try:
            for part in parts:
                part.start()
            return _watch(parts, stop, reload)
        finally:
            for part in parts:
                part.stop()


def _parts(settings: Settings, play: Play | None) -> list[Part]:
    """List the parts in the order of their end: who gives before who takes."""
    wanted = {"player": play is not None, "ingest": True}
    wanted |= {"archiver": settings.archive.enabled, "web": settings.web.enabled}
    return [Part(Order(part=name, settings=settings, play=play)) for name, on in wanted.items() if on]


def _listen(stop: threading.Event, reload: threading.Event) -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, lambda *_: reload.set())


def _watch(parts: Sequence[Part], stop: threading.Event, reload: threading.Event) -> int:
    while not stop.wait(POLL_SECONDS):
        if reload.is_set():
            reload.clear()
            for part in parts:
                if part.name == "ingest":
                    part.signal(signal.SIGHUP)
        for part in parts:
            code = part.check()
            if code is not None:
                return code
    return 0
