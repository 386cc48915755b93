"""A resource counts as gone only when no habit of the cluster explains its silence."""

from __future__ import annotations

import pytest

from lanner.audit.event import Event, Head
from lanner.policy import watch_streams
from lanner.policy.model import Attributes, Decision, Level
from lanner.policy.watch_streams import NS, Streams

SECRETS = Attributes(user="dev", verb="list", resource="secrets")
OTHERS = Attributes(user="dev", verb="get", resource="configmaps")
HOUR = 3600.0


def at(seconds: float) -> Event:
    event = Event(b"", Head(audit_id=f"at {seconds:g}", stage="ResponseComplete"))
    event._time_ns = int(seconds * NS)
    return event


class Log:
    """Plays requests into streams: each call goes on where the one before ended."""

    def __init__(self, learn: float = 24 * HOUR, quiet: float = HOUR) -> None:
        self.streams = Streams(learn, quiet)
        self.now = 0.0
        self.gone: list[str] = []

    def go(self, hours: float, *attributes: Attributes, every: float = 10.0) -> Log:
        """Let each of the requests come every so many seconds for some hours; none at all leaves the cluster idle."""
        end = self.now + hours * HOUR
        while self.now < end and attributes:
            for one in attributes:
                self.gone += [silence.what for silence in self.streams.note(at(self.now), one)]
            self.now += every
        self.now = end
        return self


def test_what_was_there_for_a_day_and_is_gone_for_an_hour_among_other_requests():
    assert Log().go(25, SECRETS, OTHERS).go(3, OTHERS, every=1).gone == ["secrets (reads)"]


def test_it_is_told_once_and_learnt_anew():
    log = Log().go(25, SECRETS, OTHERS).go(5, OTHERS, every=1)
    assert log.go(2, SECRETS, OTHERS).go(5, OTHERS, every=1).gone == ["secrets (reads)"]


def test_an_idle_cluster_raises_nothing():
    assert Log().go(25, SECRETS, OTHERS).go(30).go(0.2, OTHERS).gone == []


def test_nights_that_were_seen_before_raise_nothing():
    log = Log()
    for _ in range(5):
        log.go(9, SECRETS, OTHERS).go(15, OTHERS)
    assert log.gone == []


def test_a_first_night_within_the_day_of_learning_raises_nothing():
    assert Log().go(9, SECRETS, OTHERS).go(15, OTHERS).gone == []


def test_a_rare_resource_is_not_missed_soon():
    log = Log().go(48, OTHERS)
    for _ in range(8):
        log.go(0.01, SECRETS).go(5, OTHERS)
    assert log.go(20, OTHERS).gone == []
    assert log.go(10, OTHERS).gone == ["secrets (reads)"]


def test_reads_and_writes_are_apart_and_subresources_and_groups_are_named():
    scale = Attributes(user="dev", verb="update", resource="deployments", api_group="apps", subresource="scale")
    log = Log().go(25, scale, scale._replace(verb="get"), OTHERS)
    assert log.go(3, scale._replace(verb="get"), OTHERS, every=1).gone == ["deployments.apps/scale (writes)"]


def test_custom_resources_and_paths_leave_with_whoever_used_them():
    custom = Attributes(user="dev", verb="get", resource="things", api_group="example.com")
    path = Attributes(user="dev", verb="get", path="/healthz", resource_request=False)
    assert Log().go(25, custom, path, OTHERS).go(5, OTHERS, every=1).gone == []


def test_the_last_event_before_the_silence_is_the_evidence():
    streams = Streams(0, 10)
    for second in range(100):
        streams.note(at(second), SECRETS)
    found = [one for second in range(100, 2500) for one in streams.note(at(second), OTHERS)]
    (silence,) = found
    assert (silence.last.audit_id, silence.last.stage, silence.longest) == ("at 99", "ResponseComplete", 1.0)
    assert silence.events == silence.seconds


def test_another_policy_makes_it_forget_what_that_does_not_log():
    log = Log().go(25, SECRETS, OTHERS)
    drops = {"secrets": Level.NONE}
    log.streams.drop_unlogged(lambda one: Decision(drops.get(one.resource, Level.METADATA), (), False, 0))
    assert log.go(5, OTHERS, every=1).gone == []


def test_the_number_of_streams_is_bounded(monkeypatch):
    monkeypatch.setattr(watch_streams, "MAX_STREAMS", 1)
    assert Log().go(25, OTHERS, SECRETS).go(3, OTHERS, every=1).gone == []


@pytest.mark.parametrize("back", [-50.0, -5000.0])
def test_times_that_go_back_make_no_silence(back):
    log = Log(learn=0, quiet=10)
    log.go(1, SECRETS, OTHERS)
    log.now += back
    assert log.go(1, SECRETS, OTHERS).gone == []
