"""What holds for all tests."""

from __future__ import annotations

import signal

import coverage
import pytest

TRACED_SECONDS = 0.5
"""CPU time of a test in which its coverage is measured: what takes longer does the same again, at half the speed."""


@pytest.hookimpl
def pytest_make_parametrize_id(val, argname):
    """Name a case of bytes by its size: packed bytes hold the time, and parallel workers must agree on every name."""
    return f"{argname}:{len(val)}" if isinstance(val, bytes) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol():
    """Measure the coverage of a test's beginning alone, fixtures included."""
    measuring = coverage.Coverage.current()
    if measuring is None:
        return (yield)
    stopped = []

    def stop(_number, _frame):
        stopped.append(True)
        measuring.stop()

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.siginterrupt(signal.SIGVTALRM, False)
    signal.setitimer(signal.ITIMER_VIRTUAL, TRACED_SECONDS)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        if stopped:
            measuring.start()
