"""The parent's side of one worker process: start it, give it batches, hear its answers, see that it lives."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import OrderedDict

import msgspec

from lanner.pipeline.workers.loop import Order
from lanner.pipeline.workers.progress import Place, Progress
from lanner.pipeline.workers.protocol import MESSAGE_BYTES, SLOTS, Answer, Message, decode_answer, encode
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.pipeline.workers.slot import Slot
from lanner.pipeline.workers.task import Task

END_SECONDS = 1.0
LONGEST_LOOK = 1.0
START_SECONDS = 60.0
MEMORY = {"MALLOC_MMAP_THRESHOLD_": "16777216", "MALLOC_TRIM_THRESHOLD_": "33554432", "MALLOC_ARENA_MAX": "1"}
"""The C library keeps what a batch took for the next one: from the system it would come anew, page by page."""


class WorkerProcess:
    """One living worker. `answers` is the descriptor to wait on; `given` are its unanswered batches by slot, in order.

    Raises OSError when the process cannot be started.
    """

    def __init__(self, rules: RuleSet) -> None:
        self.given: OrderedDict[int, Task] = OrderedDict()
        self.answered = 0
        self._rules: RuleSet | None = None
        self._slots: list[Slot] = []
        self._descriptors: list[int] = []
        self._progress = Progress.create()
        try:
            self._slots += [Slot.create() for _ in range(SLOTS)]
            self._start()
            # Rules are compiled before the first batch is there: a task of no lines, whose answer nobody waits for.
            self.give(Task(0, [], rules, None))
        except OSError:
            self._release()
            raise
        self._seen: tuple[Place, int] | None = None
        self._looked = time.monotonic()
        self._still = 0.0

    def _start(self) -> None:
        theirs = []
        for _ in range(2):
            reading, writing = os.pipe()
            self._descriptors += [reading, writing]
        lifeline, self._lifeline = os.pipe()
        requests, self._requests, self.answers, answers = self._descriptors
        self._descriptors += [lifeline, self._lifeline]
        theirs = [requests, answers, lifeline]
        order = Order(
            requests=requests,
            answers=answers,
            lifeline=lifeline,
            progress=self._progress.descriptor,
            slots=[slot.descriptor for slot in self._slots],
        )
        command = [sys.executable, "-m", "lanner.pipeline.workers.loop", msgspec.json.encode(order).decode()]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[*theirs, order.progress, *order.slots],
            env=os.environ | MEMORY,
        )
        for descriptor in theirs:
            os.close(descriptor)
            self._descriptors.remove(descriptor)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def room(self) -> int:
        """How many more batches it can be given."""
        return SLOTS - len(self.given)

    def give(self, task: Task) -> None:
        """Put a batch into a free slot and say so; a worker that is gone shows it by the end of its answers."""
        number = next(number for number in range(SLOTS) if number not in self.given)
        head = encode(task.request(b"" if self._rules is task.rules else task.rules.packed))
        size = len(head) + task.bytes
        self._slots[number].write(head, task.content, size)
        self.given[number] = task
        self._rules = task.rules
        try:
            os.write(self._requests, Message(number, task.serial, size, len(head)).pack())
        except BrokenPipeError:
            pass

    def take(self) -> list[tuple[Task, Answer]] | None:
        """Return the answers that are there, called when there is something to read; None when the worker is gone."""
        data = os.read(self.answers, MESSAGE_BYTES * SLOTS)
        if not data:
            return None
        messages = [Message.unpack(data[at : at + MESSAGE_BYTES]) for at in range(0, len(data), MESSAGE_BYTES)]
        return [self._answer(message) for message in messages]

    def _answer(self, message: Message) -> tuple[Task, Answer]:
        slot = self._slots[message.slot]
        answer = decode_answer(slot.read(message.size))
        slot.shrink()
        self.answered += 1
        return self.given.pop(message.slot), answer

    def died_at(self) -> tuple[Task, int] | None:
        """Return the batch and line that a worker, now gone, was looking at; None when it was at none."""
        place = self._progress.place()
        task = next(iter(self.given.values()), None)
        return (task, place.line) if task is not None and task.serial == place.serial else None

    def hangs(self, seconds: float) -> bool:
        """Say whether it has work and has not moved for so long, a start aside; to be asked again and again.

        Time in which nobody asked hardly counts: this process may have been stopped together with the worker.
        """
        now = time.monotonic()
        seen = (self._progress.place(), self.answered)
        if not self.given or seen != self._seen:
            self._still = 0.0
        else:
            self._still += min(now - self._looked, LONGEST_LOOK)
        self._seen, self._looked = seen, now
        return self._still >= (seconds if self.answered else max(seconds, START_SECONDS))

    def kill(self) -> None:
        """End it at once; it holds nothing."""
        self._process.kill()

    def close(self) -> int:
        """See it end, let go of all that is shared with it, and return its exit code."""
        os.close(self._requests)
        self._descriptors.remove(self._requests)
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._release()
        return code

    def _release(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        self._progress.close()
        for slot in self._slots:
            slot.close()
