"""Alerts of rules and correlations come in the order of the log."""

import pytest

from lanner.detect.correlate.hits import Hit
from lanner.detect.correlate.teller import Teller
from lanner.pipeline.order import Order
from lanner.rules.loading import load_texts

SECOND = 1_000_000_000
DOCUMENT = """
title: Pair
level: high
correlation:
  type: temporal_ordered
  events: {a: ka.verb = get, b: ka.verb = list}
  timespan: 10s
  suppress: 1s
"""


@pytest.fixture
def order():
    loaded = load_texts([("c.yaml", DOCUMENT)]).require()
    return Order(Teller(loaded.correlations), lambda alert: f"pair {alert.lanner.audit_id}".encode())


def hit(part, second):
    raw = f'{{"kind":"Event","auditID":"{second}","stageTimestamp":"2026-01-01T00:00:00Z"}}'.encode()
    return Hit(0, part, second * SECOND, str(second), second, [()], raw=raw)


def test_without_correlations_alerts_pass_through():
    order = Order(None, lambda _alert: b"")
    assert order.add(1, [b"x"], []) == [b"x"]
    assert order.finish() == []


def test_alerts_wait_until_no_correlation_can_fire_before_them(order):
    assert order.add(1, [b"one"], [hit(0, 1)]) == []
    assert order.add(2, [b"two"], [hit(1, 2)]) == []
    assert order.add(3, [b"three"], []) == []
    assert order.add(4, [b"four"], [hit(0, 20)]) == [b"one", b"two", b"pair 2", b"three"]
    assert order.finish() == [b"four"]


def test_the_rest_comes_at_the_end(order):
    order.add(1, [b"one"], [hit(0, 1)])
    order.add(2, [], [hit(1, 2)])
    assert order.finish() == [b"one", b"pair 2"]
