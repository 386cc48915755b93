"""The pool: gives batches to workers, gives the answers back in order, and gives a fallen worker's batches to others.

No thread is its own: `submit` hands on what there is room for, `take` listens to the workers. They may be called by
different threads, each of them by one at a time.
"""

from __future__ import annotations

import select
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from lanner.pipeline.workers.process import WorkerProcess
from lanner.pipeline.workers.protocol import SLOTS
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.pipeline.workers.seat import Seat, Tell
from lanner.pipeline.workers.task import Task
from lanner.sources.pieces import Piece

IN_FLIGHT = 2 * SLOTS
"""Batches for each worker that may be under way or wait for their turn; what is answered early is among them."""
IN_FLIGHT_BYTES = 32 * 1024 * 1024
HANG_SECONDS = 60.0
LOOK_SECONDS = 0.5

Deadly = Callable[[Task, int], None]


class Pool:
    """Workers and the batches in flight between them, oldest first. `deadly` hears of each line that kills workers,
    `tell` of each worker that falls.
    """

    def __init__(
        self,
        rules: RuleSet,
        workers: int,
        *,
        deadly: Deadly,
        tell: Tell,
        hang_seconds: float = HANG_SECONDS,
    ) -> None:
        self.rules = rules
        self._deadly, self._hang_seconds = deadly, hang_seconds
        self._seats = [Seat(tell) for _ in range(workers)]
        self._serial = 0
        self._order: deque[Task] = deque()
        self._bytes = 0
        self._pending: deque[Task] = deque()
        self._changed = threading.Condition()
        self._poll = select.poll()
        self._looked = 0.0
        self._closed = False
        self._fill_seats()

    @property
    def restarts(self) -> int:
        """How many workers have fallen."""
        return sum(seat.falls for seat in self._seats)

    @property
    def alive(self) -> int:
        """How many workers there are at the moment."""
        return sum(seat.process is not None for seat in self._seats)

    @property
    def problem(self) -> str:
        """Say in words what keeps all detection from going on, or nothing."""
        hopeless = all(seat.hopeless for seat in self._seats)
        return "detection workers end as soon as they start; the log says why" if hopeless else ""

    @property
    def full(self) -> bool:
        """Whether as many batches or bytes are in flight as may be; a single batch always may."""
        return len(self._order) >= IN_FLIGHT * len(self._seats) or self._bytes >= IN_FLIGHT_BYTES

    @property
    def in_flight(self) -> int:
        """How many batches have been submitted and not taken."""
        return len(self._order)

    def submit(
        self,
        lines: list[bytes],
        payload: Any,
        *,
        numbers: Sequence[int] = (),
        piece: Piece | None = None,
        refused: dict[int, str] | None = None,
        digests: bool = False,
    ) -> None:
        """Give a batch its place in the order and the rules in force; blocks while the pool is full.

        Once the pool is closed it is let go.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self.full)
            if self._closed:
                return
            self._serial += 1
            task = Task(
                self._serial,
                lines,
                self.rules,
                payload,
                numbers=numbers,
                piece=piece,
                refused=refused,
                digests=digests,
            )
            self._order.append(task)
            self._bytes += task.bytes
            self._pending.append(task)
            self._assign()

    def take(self, seconds: float) -> Task | None:
        """Return the oldest batch in flight when it is answered; None when it is not within these seconds."""
        deadline = time.monotonic() + seconds
        self._listen(0)
        while (task := self._finished()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._listen(min(left, LOOK_SECONDS))
        return task

    def _finished(self) -> Task | None:
        with self._changed:
            if not self._order or self._order[0].answer is None:
                return None
            task = self._order.popleft()
            self._bytes -= task.bytes
            self._changed.notify_all()
            return task

    def _listen(self, seconds: float) -> None:
        """Wait for something to happen to a worker and act on it."""
        ready = {descriptor for descriptor, _ in self._poll.poll(seconds * 1000)}
        with self._changed:
            for seat in self._seats:
                if seat.process is not None and seat.process.answers in ready:
                    self._hear(seat, seat.process)
            if time.monotonic() - self._looked >= LOOK_SECONDS or self.alive < len(self._seats):
                self._look_after()
            self._assign()

    def _hear(self, seat: Seat, process: WorkerProcess) -> None:
        answers = process.take()
        if answers is None:
            self._bury(seat, process)
            return
        for task, answer in answers:
            task.answer = answer

    def _bury(self, seat: Seat, process: WorkerProcess) -> None:
        self._poll.unregister(process.answers)
        died_at = process.died_at()
        if died_at is not None:
            task, line = died_at
            if task.blame(line) is not None:
                seat.encourage()
                self._deadly(task, line)
        left = seat.bury(process)
        self._pending = deque(sorted([*left, *self._pending], key=lambda task: task.serial))

    def _look_after(self) -> None:
        self._looked = time.monotonic()
        for seat in self._seats:
            if seat.process is not None and seat.process.hangs(self._hang_seconds):
                seat.process.kill()
        self._fill_seats()

    def _fill_seats(self) -> None:
        for seat in self._seats:
            if seat.fill(self.rules) and seat.process is not None:
                self._poll.register(seat.process.answers, select.POLLIN)

    def _assign(self) -> None:
        """Give what waits to those who have least to do."""
        while self._pending:
            process = max((seat.process for seat in self._seats if seat.process), key=_room, default=None)
            if process is None or not process.room:
                return
            process.give(self._pending.popleft())

    def close(self) -> None:
        """End the workers; batches in flight are let go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            for seat in self._seats:
                seat.close()


def _room(process: WorkerProcess) -> int:
    return process.room
