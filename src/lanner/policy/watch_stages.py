"""Stages that stay away: requests whose answer comes without their arrival, or their arrival without an answer.

kube-apiserver writes RequestReceived and ResponseComplete of each request, ResponseStarted of long-running ones
(k8s.io/apiserver pkg/endpoints/filters/audit.go). A single event proves nothing, since events are lost and sampled; a
long unbroken run does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from lanner.policy.model import Attributes, Decision

MAX_RUNS = 5000
RUN_EVENTS = 100
RUN_NS = 120 * 1_000_000_000
"""A request that is not long-running is answered within a minute."""
_LONG_VERBS = frozenset({"watch", "proxy"})
_LONG_SUBRESOURCES = frozenset({"attach", "exec", "proxy", "log", "portforward"})
RECEIVED, STARTED, COMPLETE = "RequestReceived", "ResponseStarted", "ResponseComplete"


class MissingStage(NamedTuple):
    """A stage that did not come with so many events of another one."""

    stage: str
    beside: str
    events: int


class _Run(msgspec.Struct, gc=False):
    count: int
    first_ns: int


_Key = tuple[int | None, str, str, str, str]


class StageRuns:
    """Counts for each rule, resource and verb how many events came in a row without their counterpart.

    Another policy draws its lines elsewhere, so what one rule takes here may be of several kinds there.
    """

    def __init__(self) -> None:
        self._runs: dict[_Key, _Run] = {}

    def note(self, attributes: Attributes, stage: str, decision: Decision, time_ns: int) -> MissingStage | None:
        """Take note of an event that should be logged; returns the stage that is missing beside it, at a run's end."""
        long = is_long_running(attributes)
        if self._runs and (stage != STARTED or long):
            self._runs.pop(_key(decision.rule, attributes, stage), None)
        for missing in _counterparts(stage, long=long):
            if missing not in decision.omit_stages:
                count = self._count(_key(decision.rule, attributes, missing), time_ns)
                if count:
                    return MissingStage(missing, stage, count)
        return None

    def _count(self, key: _Key, time_ns: int) -> int:
        run = self._runs.get(key)
        if run is None:
            if len(self._runs) >= MAX_RUNS:
                return 0
            run = self._runs[key] = _Run(0, time_ns)
        run.count += 1
        if run.count < RUN_EVENTS or time_ns - run.first_ns < RUN_NS:
            return 0
        del self._runs[key]
        return run.count


def _key(rule: int | None, attributes: Attributes, missing: str) -> _Key:
    return rule, attributes.resource, attributes.subresource, attributes.verb, missing


def is_long_running(attributes: Attributes) -> bool:
    """Say whether kube-apiserver takes a request for one that may last (its LongRunningFunc)."""
    return attributes.verb in _LONG_VERBS or attributes.subresource in _LONG_SUBRESOURCES


def _counterparts(stage: str, *, long: bool) -> Iterator[str]:
    if stage == COMPLETE:
        yield RECEIVED
        if long:
            yield STARTED
    elif stage == RECEIVED and not long:
        yield COMPLETE
