"""The parent's side of one worker."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from lanner.pipeline.workers import process as module
from lanner.pipeline.workers.process import WorkerProcess
from lanner.pipeline.workers.protocol import SLOTS
from lanner.pipeline.workers.task import Task


@pytest.fixture
def start():
    """Start workers; those that a test has not closed are closed after it."""
    started = []

    def make(rules) -> WorkerProcess:
        started.append(WorkerProcess(rules))
        return started[-1]

    yield make
    for one in started:
        if one._process.returncode is None:
            one.kill()
            one.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def heard(worker: WorkerProcess) -> list:
    assert select.select([worker.answers], [], [], 30)[0]
    return worker.take()


def ready(worker: WorkerProcess) -> WorkerProcess:
    """Wait until its rules are compiled."""
    assert [task.serial for task, _ in heard(worker)] == [0]
    return worker


def test_batches_are_answered_in_order_and_rules_travel_once(start, rules, event):
    worker = ready(start(rules()))
    assert worker.room == SLOTS
    tasks = [Task(number, [event(str(number), attack=True)], worker._rules, None) for number in (1, 2)]
    for task in tasks:
        worker.give(task)
    assert worker.room == SLOTS - 2
    found = []
    while len(found) < 2:
        found += heard(worker)
    assert [task for task, _ in found] == tasks
    assert [len(answer.alerts) for _, answer in found] == [1, 1]
    assert worker.answered == 3


def test_its_end_is_heard_and_says_at_which_line(start, rules, sabotaged, event):
    worker = ready(start(rules()))
    task = Task(9, [event("a"), b"deadly"], sabotaged, None)
    worker.give(task)
    worker.give(Task(10, [event("b")], sabotaged, None))
    assert heard(worker) is None
    assert worker.died_at() == (task, 1)
    worker.give(Task(11, [event("c")], sabotaged, None))
    assert [one.serial for one in worker.given.values()] == [9, 10, 11]
    assert worker.close() == -signal.SIGKILL


def test_one_that_dies_with_nothing_to_do_died_at_no_line(start, rules):
    worker = ready(start(rules()))
    worker.kill()
    assert heard(worker) is None
    assert worker.died_at() is None


def test_it_hangs_when_it_has_work_and_stands_still_while_looked_at(start, sabotaged, event, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    worker = start(sabotaged)
    assert not worker.hangs(2)
    assert [worker._still, ready(worker).answered] == [0, 1]

    def passed(seconds: float) -> bool:
        now[0] += seconds
        return worker.hangs(2)

    assert not any(passed(5) for _ in range(5)), "it has nothing to do"
    worker.give(Task(1, [b"hanging"], sabotaged, None))
    while worker._progress.place().serial != 1:
        pass
    assert [passed(seconds) for seconds in (0.5, 1000, 0.5, 0.5)] == [False, False, False, True]


def test_signals_to_the_group_and_a_closed_parent_end_it_only_in_order(start, rules):
    worker = ready(start(rules()))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(worker.pid, number)
    worker.give(Task(1, [b"{}"], worker._rules, None))
    assert heard(worker)
    assert worker.close() == 0


def test_one_that_does_not_end_is_ended(start, rules, monkeypatch):
    monkeypatch.setattr(module, "END_SECONDS", 0.05)
    worker = ready(start(rules()))
    os.kill(worker.pid, signal.SIGSTOP)
    assert worker.close() == -signal.SIGKILL


def test_a_start_that_fails_leaves_nothing_open(rules, monkeypatch):
    before = open_files()
    monkeypatch.setattr(module, "sys", SimpleNamespace(executable="/nowhere/python"))
    with pytest.raises(FileNotFoundError):
        WorkerProcess(rules())
    assert open_files() == before
