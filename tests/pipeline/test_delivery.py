"""Lanes: at once where possible, in order, each alert at least once, and no lane waits for another."""

from __future__ import annotations

import time

import pytest

from lanner.detect.alert import Alert, Origin
from lanner.errors import GroundError
from lanner.outputs.output import DeliveryError
from lanner.pipeline import delivery
from lanner.pipeline.delivery import Lane
from lanner.state.kept import Commit, NewAlert


def alert(name: str) -> Alert:
    return Alert(
        time="2024-05-01T10:20:30.000000000Z",
        rule="r",
        priority="Warning",
        source="k8s_audit",
        tags=[],
        output="o",
        output_fields={},
        hostname="h",
        lanner=Origin(audit_id=name),
    )


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(delivery, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(delivery, "CLOSE_SECONDS", 0.5)


class Wired:
    """Lanes and the store behind them, driven as ingest and the committer do it."""

    def __init__(self, store, *outputs) -> None:
        self.store, self.sequence = store, 0
        self.lanes = [Lane(output, store) for output in outputs]
        for lane in self.lanes:
            lane.start()

    def offer(self, *names: str):
        alerts = [alert(name) for name in names]
        return names, tuple(lane.name for lane in self.lanes if lane.offer(alerts))

    def commit(self, offered) -> None:
        names, delivered = offered
        self.sequence += 1
        alerts = [NewAlert(alert(name), b"{}") for name in names]
        self.store.commit(Commit(sequence=self.sequence, checkpoints={}, alerts=alerts, delivered=delivered))
        for lane in self.lanes:
            lane.committed(delivered=lane.name in delivered)

    def close(self) -> None:
        for lane in self.lanes:
            lane.close()


@pytest.fixture
def wire(store):
    wired = []

    def make(*outputs):
        wired.append(Wired(store, *outputs))
        return wired[-1]

    yield make
    for one in wired:
        one.close()


def at_once(lane, until):
    until(lambda: not lane._behind)


def test_an_immediate_output_has_an_alert_before_it_is_durable(wire, recorder, until):
    output = recorder()
    wired = wire(output)
    at_once(wired.lanes[0], until)
    offered = wired.offer("a", "b")
    assert output.taken == ["a", "b"]
    assert wired.store.alerts() == []
    wired.commit(offered)
    assert wired.store.pending("out") == []


def test_other_outputs_get_it_when_it_is_stored(wire, recorder, until):
    output = recorder(immediate=False)
    wired = wire(output)
    offered = wired.offer("a")
    assert output.taken == []
    wired.commit(offered)
    until(lambda: output.taken == ["a"])
    until(lambda: wired.store.deliveries()[0].sent == 1)


def test_an_output_that_fails_and_recovers_gets_all_alerts_in_order(wire, recorder, until):
    output = recorder()
    wired = wire(output)
    at_once(wired.lanes[0], until)
    wired.commit(wired.offer("a"))
    output.fail = DeliveryError("disk full", retryable=True)
    wired.commit(wired.offer("b"))
    waiting = wired.offer("c")
    until(lambda: wired.store.deliveries()[0].error == "disk full")
    output.fail = None
    later = wired.offer("d")
    wired.commit(waiting)
    wired.commit(later)
    until(lambda: output.taken == ["a", "b", "c", "d"])
    at_once(wired.lanes[0], until)
    wired.offer("e")
    assert output.taken[-1] == "e"
    assert wired.store.deliveries()[0].error == ""


def test_alerts_stored_while_a_lane_looks_are_not_overtaken(wire, recorder, until):
    """Between its last look at the store and its return to writing at once, what it is owed may be stored."""
    output = recorder()
    wired = wire(output)
    lane = wired.lanes[0]
    at_once(lane, until)
    output.fail = DeliveryError("disk full", retryable=True)
    owed = wired.offer("a")
    output.fail = None
    real, looked = wired.store.pending, []

    def pending(name, limit=100):
        found = real(name, limit)
        if not looked:
            looked.append(True)
            wired.commit(owed)
        return found

    wired.store.pending = pending
    assert lane._drain()
    wired.offer("b")
    wired.store.pending = real
    until(lambda: "a" in output.taken)
    assert output.taken[0] == "a"


def test_a_refused_alert_is_listed_and_the_next_one_goes_out(wire, recorder, until):
    output = recorder(immediate=False)
    wired = wire(output)
    output.refused = {"b", "d"}
    wired.commit(wired.offer("a", "b", "c", "d", "e"))
    until(lambda: wired.store.pending("out") == [])
    assert output.taken == ["a", "c", "e"]
    assert [(one.sent, one.refused) for one in wired.store.deliveries()] == [(3, 2)]


@pytest.mark.parametrize("immediate", [True, False])
def test_an_output_that_breaks_in_an_unexpected_way_is_tried_again(wire, recorder, until, immediate):
    output = recorder(immediate=immediate)
    wired = wire(output)
    at_once(wired.lanes[0], until)
    output.fail = ValueError("a defect")
    wired.commit(wired.offer("a"))
    until(lambda: "a defect" in wired.store.deliveries()[0].error)
    output.fail = None
    until(lambda: output.taken == ["a"])


def test_a_slow_output_does_not_delay_another(wire, recorder, until):
    slow, quick = recorder("slow", immediate=False), recorder("quick")
    wired = wire(slow, quick)
    at_once(wired.lanes[1], until)
    slow.gate.clear()
    for name in "abc":
        wired.commit(wired.offer(name))
    assert quick.taken == ["a", "b", "c"]
    assert slow.taken == []
    slow.gate.set()
    until(lambda: slow.taken == ["a", "b", "c"])


def test_what_an_earlier_run_left_goes_out_first(wire, store, recorder, until):
    store.register_output("out")
    store.commit(Commit(sequence=1, checkpoints={}, alerts=[NewAlert(alert("old"), b"{}")]))
    output = recorder()
    wired = wire(output)
    wired.commit(wired.offer("new"))
    until(lambda: output.taken == ["old", "new"])


def test_closing_with_a_dead_output_is_quick_and_keeps_the_alerts(wire, recorder):
    output = recorder(immediate=False)
    output.fail = DeliveryError("connection refused", retryable=True)
    wired = wire(output)
    wired.commit(wired.offer("a"))
    began = time.monotonic()
    wired.close()
    assert time.monotonic() - began < 10  # as opposed to for ever
    assert [one.alert.lanner.audit_id for one in wired.store.pending("out")] == ["a"]
    assert output.closed


def test_closing_hands_on_what_is_stored(wire, recorder):
    output = recorder(immediate=False)
    wired = wire(output)
    wired.commit(wired.offer("a"))
    wired.close()
    assert output.taken == ["a"]


def test_an_output_that_hangs_is_not_closed_under_its_thread(wire, recorder, until):
    output = recorder(immediate=False)
    output.gate.clear()
    wired = wire(output)
    wired.commit(wired.offer("a"))
    wired.close()
    assert not output.closed
    output.gate.set()
    until(lambda: not wired.lanes[0]._thread.is_alive())


def test_a_state_database_that_refuses_too_does_not_break_the_source(wire, recorder, until, monkeypatch):
    output = recorder()
    wired = wire(output)
    at_once(wired.lanes[0], until)
    output.fail = DeliveryError("disk full", retryable=True)

    def refuse(*_: object) -> None:
        raise GroundError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(wired.store, "delivery_failed", refuse)
        offered = wired.offer("a")
        assert offered[1] == ()
    output.fail = None
    wired.commit(offered)
    until(lambda: output.taken == ["a"])
