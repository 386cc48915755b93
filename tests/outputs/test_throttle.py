"""The token bucket holds back and counts."""

from __future__ import annotations

from lanner.outputs.throttle import Throttle, ThrottleSettings


def test_without_a_rate_all_pass():
    throttle = Throttle(ThrottleSettings())
    assert all(throttle.allow() for _ in range(5000))
    assert throttle.suppressed == 0


def test_a_burst_passes_then_the_rate():
    now = [100.0]
    throttle = Throttle(ThrottleSettings(rate=2, max_burst=3), clock=lambda: now[0])
    assert [throttle.allow() for _ in range(5)] == [True, True, True, False, False]
    now[0] += 1
    assert [throttle.allow() for _ in range(3)] == [True, True, False]
    now[0] += 1000
    assert [throttle.allow() for _ in range(4)] == [True, True, True, False]
    assert throttle.suppressed == 4
