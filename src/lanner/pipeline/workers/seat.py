"""One worker's seat in the pool: who sits in it, and when a fallen one may be replaced."""

from __future__ import annotations

import signal
import time

import structlog

from lanner.pipeline.workers.process import WorkerProcess
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.pipeline.workers.task import Task

FIRST_WAIT = 0.1
LONGEST_WAIT = 5.0
_LOG = structlog.get_logger("lanner.workers")


class Seat:
    """`process` is None while nobody sits here; `falls` counts those that fell."""

    def __init__(self, log_level: str) -> None:
        self.process: WorkerProcess | None = None
        self.falls = 0
        self._log_level = log_level
        self._again = 0.0
        self._wait = FIRST_WAIT

    def fill(self, rules: RuleSet) -> bool:
        """Start a process when nobody sits here and the wait is over; returns whether it did."""
        if self.process is not None or time.monotonic() < self._again:
            return False
        try:
            self.process = WorkerProcess(rules, self._log_level)
        except OSError as error:
            self._put_off()
            _LOG.error("a detection worker cannot be started; it is tried again", reason=str(error))
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
        _LOG.warning(
            "a detection worker ended; another takes over", pid=pid, reason=reason, batches=len(left), wait=self._wait
        )
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
