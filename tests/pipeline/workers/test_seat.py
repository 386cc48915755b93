"""A seat in the pool: filled again after a fall, later each time that nothing was done."""

from __future__ import annotations

import select
from types import SimpleNamespace

import pytest

from lanner.pipeline.workers import process, seat
from lanner.pipeline.workers.seat import FIRST_WAIT, LONGEST_WAIT, Seat


@pytest.fixture
def clock(monkeypatch):
    """The seat's own clock: the real one is that of the page's event loop as well, which runs beside these tests."""
    now = [100.0]
    monkeypatch.setattr(seat, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_one_that_falls_at_once_is_waited_for_longer_each_time(clock, rules, monkeypatch):
    told: list[str] = []
    one = Seat(told.append)
    monkeypatch.setattr(process, "sys", SimpleNamespace(executable="/nowhere/python"))
    waits = []
    for _ in range(8):
        assert not one.fill(rules())
        waits.append(one._again - clock[0])
        clock[0] = one._again
    assert waits[:3] == pytest.approx([FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT])
    assert waits[-1] == pytest.approx(LONGEST_WAIT)
    assert one.hopeless
    assert "cannot be started" in told[0]
    one.encourage()
    assert not one.hopeless


def test_a_fallen_one_is_told_and_replaced_after_its_wait(clock, rules):
    told: list[str] = []
    one = Seat(told.append)
    assert one.fill(rules())
    assert not one.fill(rules())
    worker = one.process
    assert select.select([worker.answers], [], [], 30)[0]
    worker.take()
    worker.kill()
    assert one.bury(worker) == []
    assert (one.falls, one.process) == (1, None)
    assert "SIGKILL" in told[0]
    assert not one.fill(rules())
    clock[0] += FIRST_WAIT
    assert one.fill(rules())
    one.close()
    one.close()
    assert one.process is None
