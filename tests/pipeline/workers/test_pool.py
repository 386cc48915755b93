"""The pool: answers in order, whatever becomes of the workers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from lanner.audit.decode import decode
from lanner.detect.alert import encode_alert
from lanner.pipeline.ingest_process import build_engine
from lanner.pipeline.workers import pool as module
from lanner.pipeline.workers import process
from lanner.pipeline.workers.pool import IN_FLIGHT, Pool
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.settings.model import Settings
from lanner.sources.history import read_lines

LOG = Path(__file__).parents[3] / "examples" / "audit.jsonl.zst"


def pids(pool: Pool) -> list[int]:
    return [seat.process.pid for seat in pool._seats if seat.process]


def drained(pool: Pool) -> list:
    """Take all that is in flight."""
    tasks = []
    while pool.in_flight:
        task = pool.take(30)
        assert task is not None
        tasks.append(task)
    return tasks


def through(pool: Pool, batches, disturb=lambda: None) -> list[bytes]:
    """Return the alerts of batches that went through a pool, fed and emptied as replay does it."""
    alerts: list[bytes] = []
    for lines in batches:
        while pool.full:
            alerts += [alert for _, alert in pool.take(30).found.alerts]
        pool.submit(lines, None)
        disturb()
    return alerts + [alert for task in drained(pool) for _, alert in task.found.alerts]


@pytest.fixture(scope="module")
def real() -> tuple[list[bytes], RuleSet, list[bytes]]:
    """A slice of a real log, lanner's own rules, and the alerts that one process gives."""
    lines = [line.data for line in read_lines(LOG)][:4000]
    engine = build_engine(Settings(hostname="h"))
    found = [event for line in lines for event in decode(line).events]
    alerts = [encode_alert(alert) for event in found for alert in engine.process(event)]
    assert alerts
    return lines, RuleSet(tuple(engine.rules), hostname="h"), alerts


def cut(lines: list[bytes], seed: int) -> list[list[bytes]]:
    """Cut lines into batches of any size, empty ones among them."""
    chance, batches, at = random.Random(seed), [], 0
    while at < len(lines):
        size = chance.choice([0, 1, 2, chance.randrange(400)])
        batches.append(lines[at : at + size])
        at += size
    return batches


@pytest.mark.parametrize("seed", range(3))
def test_a_real_log_gives_the_alerts_of_one_process_in_its_order(pool, real, seed):
    lines, rules, alerts = real
    assert through(pool(rules, workers=1 + seed), cut(lines, seed)) == alerts


def test_workers_killed_again_and_again_lose_nothing_and_double_nothing(pool, real):
    lines, rules, alerts = real
    one, chance, kills = pool(rules), random.Random(5), []

    def disturb() -> None:
        if len(kills) < 6 and chance.random() < 0.1 and pids(one):
            kills.append(chance.choice(pids(one)))
            os.kill(kills[-1], signal.SIGKILL)

    assert through(one, cut(lines, 9) * 2, disturb) == alerts * 2
    assert len(kills) == 6
    assert 0 < one.restarts <= 6
    assert one.killers == []
    assert one.problem == ""


def test_a_line_that_kills_workers_is_refused_and_the_others_are_looked_at(pool, sabotaged, event):
    one = pool(sabotaged)
    one.submit([event("a", attack=True), b"deadly", event("b", attack=True), b"deadly"], "first")
    one.submit([event("c", attack=True)], "second")
    first, second = drained(one)
    assert (first.payload, second.payload) == ("first", "second")
    assert [index for index, _ in first.found.alerts] == [0, 1]
    assert first.events() == ([event("a", attack=True), event("b", attack=True)], [0, 2])
    assert [(line, text) for line, reason, text in first.refusals() if "kills detection" in reason] == [
        (1, b"deadly"),
        (3, b"deadly"),
    ]
    assert one.killers == [(1, 1), (1, 3)]
    assert one.restarts == 4
    assert len(second.found.alerts) == 1


def test_a_worker_that_hangs_counts_as_dead(pool, sabotaged, event, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    one = pool(sabotaged, hang_seconds=0.4)
    one.submit([event("a"), b"hanging"], None)
    one.submit([event("b", attack=True)], None)
    first, second = drained(one)
    assert [line for line, _, _ in first.refusals()] == [1]
    assert len(second.found.alerts) == 1
    assert one.killers == [(1, 1)]


def test_rules_hold_from_the_next_batch_on_also_for_batches_that_are_done_again(pool, rules, event):
    one, expected = pool(rules("Rule 0")), []
    chance = random.Random(2)
    for number in range(60):
        if number % 5 == 0:
            one.rules = rules(f"Rule {number}")
        if number % 15 == 7 and pids(one):
            os.kill(chance.choice(pids(one)), signal.SIGKILL)
        while one.full:
            expected.append(one.take(30))
        one.submit([event(str(number), attack=True)] * 3, number)
    tasks = expected + drained(one)
    assert [task.payload for task in tasks] == list(range(60))
    for task in tasks:
        found = [alert.split(b'"rule":"')[1].split(b'"')[0].decode() for _, alert in task.found.alerts]
        assert found == [f"Rule {task.payload // 5 * 5}"] * 3


def test_submitting_waits_while_as_many_batches_or_bytes_are_in_flight_as_may_be(pool, sabotaged, monkeypatch):
    one = pool(sabotaged)
    one.submit([b"slow"] * 10, None)
    entered, passed = 1, []

    def feed() -> None:
        for _ in range(100):
            one.submit([b"{}"], None)
            passed.append(one.in_flight)

    thread = threading.Thread(target=feed)
    thread.start()
    time.sleep(0.3)
    assert len(passed) == 2 * IN_FLIGHT - entered
    tasks = []
    while len(tasks) < 101:
        tasks.append(one.take(30))
    thread.join(10)
    assert max(passed) <= 2 * IN_FLIGHT
    assert [task.serial for task in tasks] == list(range(1, 102))
    monkeypatch.setattr(module, "IN_FLIGHT_BYTES", 10)
    one.submit([b"slow" * 10], None)
    assert one.full
    assert len(drained(one)) == 1


def test_a_closed_pool_lets_go_of_who_waits_for_it(pool, sabotaged):
    one = pool(sabotaged, workers=1)
    for _ in range(IN_FLIGHT):
        one.submit([b"hanging"], None)
    thread = threading.Thread(target=one.submit, args=([b"{}"], None))
    thread.start()
    family = pids(one)
    one.close()
    thread.join(10)
    assert not thread.is_alive()
    assert not any(Path(f"/proc/{pid}").exists() for pid in family)


def test_that_no_worker_can_be_started_is_a_problem_that_passes(pool, rules, event, monkeypatch):
    monkeypatch.setattr(process, "sys", SimpleNamespace(executable="/nowhere/python"))
    one = pool(rules(), workers=1)
    one.submit([event("a", attack=True)], None)
    while not one.problem:
        assert one.take(0.2) is None
    assert one.alive == 0
    monkeypatch.setattr(process, "sys", sys)
    (task,) = drained(one)
    assert len(task.found.alerts) == 1
    assert one.alive == 1
    assert one.problem == ""


def test_a_batch_bigger_than_the_memory_kept_for_one_passes(pool, rules, event):
    one = pool(rules())
    big = event("big", attack=True)[:-1] + b',"x":"' + b"y" * 9_000_000 + b'"}'
    for _ in range(3):
        one.submit([big, event("a", attack=True)], None)
    assert [len(task.found.alerts) for task in drained(one)] == [2] * 3


PARENT = """
import sys, time
from lanner.pipeline.workers.pool import Pool
from lanner.pipeline.workers.ruleset import RuleSet
pool = Pool(RuleSet(()), 2, deadly=print, tell=print)
while not all(seat.process and seat.process.answered for seat in pool._seats):
    pool.take(0.05)
print(*[seat.process.pid for seat in pool._seats], flush=True)
while True:
    pool.submit([b"{}"], None)
    pool.take(1)
"""


@pytest.mark.parametrize("stopped", [False, True], ids=["at work", "stopped"])
def test_workers_of_a_killed_parent_end(stopped):
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    family = [int(pid) for pid in parent.stdout.readline().split()]
    if stopped:
        os.kill(family[0], signal.SIGSTOP)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in family):
        assert time.monotonic() < deadline, "a worker is left"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Say whether a process runs; one that nobody has waited for yet does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
