"""One worker's seat in the pool: who sits in it, and when a fallen one may be replaced."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from lanner.pipeline.workers.process import WorkerProcess
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.pipeline.workers.task import Task

FIRST_WAIT = 0.1
LONGEST_WAIT = 5.0

Tell = Callable[[str], None]


class Seat:
    """`process` is None while nobody sits here; `falls` counts those that fell, `tell` hears of each."""

    def __init__(self, tell: Tell) -> None:
        self.process: WorkerProcess | None = None
        self.falls = 0
        self._tell = tell
        self._again = 0.0
        self._wait = FIRST_WAIT

    def fill(self, rules: RuleSet) -> bool:
        """Start a process when nobody sits here and the wait is over; returns whether it did."""
        if self.process is not None or time.monotonic() < self._again:
            return False
        try:
            self.process = WorkerProcess(rules)
        except OSError as error:
            self._put_off()
            self._tell(f"a detection worker cannot be started ({error}); it is tried again")
            return False
        return True

    def bury(self, process: WorkerProcess) -> list[Task]:
        """Take away a process that has ended; returns the batches that it has not answered."""
        left = [task for task in process.given.values() if task.serial]
        pid, code = process.pid, process.close()
        self.process = None
        self.falls += 1
        if process.answered:
            self.encourage()
        reason = f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
        self._tell(f"detection worker {pid} ended ({reason}); another takes over its {len(left)} batches")
        self._put_off()
        return left

    def encourage(self) -> None:
        """Hear that things go on: the next wait is a short one again."""
        self._wait = FIRST_WAIT

    def _put_off(self) -> None:
        self._again = time.monotonic() + self._wait
        self._wait = min(self._wait * 2, LONGEST_WAIT)

    @property
    def hopeless(self) -> bool:
        """Whether processes fell here again and again without doing anything."""
        return self.process is None and self._wait > 10 * FIRST_WAIT

    def close(self) -> None:
        """End the process that sits here."""
        if self.process is not None:
            self.process.close()
            self.process = None
