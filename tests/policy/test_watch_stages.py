"""Stages that stay away are told after a run that no loss of single events explains."""

from __future__ import annotations

import pytest

from lanner.policy import watch_stages
from lanner.policy.model import Attributes, Decision, Level
from lanner.policy.watch_stages import RUN_EVENTS, MissingStage, StageRuns, is_long_running

GET = Attributes(user="dev", verb="get", resource="pods")
WATCH = Attributes(user="dev", verb="watch", resource="pods")
ALL = Decision(Level.METADATA, (), False, 0)
SECOND = 1_000_000_000


def noted(stages, *, attributes=GET, decision=ALL, step=2.0):
    """Note stages one after another; return what was missing."""
    runs = StageRuns()
    found = [runs.note(attributes, stage, decision, int(number * step * SECOND)) for number, stage in enumerate(stages)]
    return [one for one in found if one is not None]


def test_both_stages_of_each_request_are_as_they_should_be():
    assert noted(["RequestReceived", "ResponseComplete"] * 500) == []


@pytest.mark.parametrize(
    ("came", "missing"), [("ResponseComplete", "RequestReceived"), ("RequestReceived", "ResponseComplete")]
)
def test_one_stage_without_the_other_for_long(came, missing):
    assert noted([came] * (RUN_EVENTS + 1)) == [MissingStage(missing, came, RUN_EVENTS)]


def test_many_at_once_prove_nothing():
    """A server that starts has hundreds of requests in the air before the first is answered."""
    assert noted(["RequestReceived"] * 5000, step=0.01) == []


def test_one_that_comes_begins_the_run_anew():
    stages = ["ResponseComplete"] * (RUN_EVENTS - 1)
    assert noted([*stages, "RequestReceived", *stages]) == []


def test_an_omitted_stage_is_not_missed():
    assert noted(["ResponseComplete"] * 500, decision=ALL._replace(omit_stages=("RequestReceived",))) == []


def test_a_watch_may_stay_open_and_tells_when_it_starts():
    assert noted(["RequestReceived"] * 500, attributes=WATCH) == []
    stages = ["RequestReceived", "ResponseComplete"] * RUN_EVENTS
    (missing,) = noted([*stages, *stages[:40]], attributes=WATCH)
    assert (missing.stage, missing.beside) == ("ResponseStarted", "ResponseComplete")
    assert noted(["RequestReceived", "ResponseStarted", "ResponseComplete"] * 500, attributes=WATCH) == []


def test_a_failed_login_starts_no_answer_that_ends():
    """Its only event has the stage ResponseStarted and is of no long-running request."""
    assert noted(["ResponseStarted"] * 500) == []


@pytest.mark.parametrize(
    ("attributes", "long"),
    [
        (GET, False),
        (WATCH, True),
        (GET._replace(subresource="exec"), True),
        (GET._replace(subresource="log"), True),
        (GET._replace(subresource="status"), False),
    ],
)
def test_which_requests_may_last(attributes, long):
    assert is_long_running(attributes) is long


def test_the_number_of_runs_is_bounded(monkeypatch):
    monkeypatch.setattr(watch_stages, "MAX_RUNS", 3)
    runs = StageRuns()
    for number in range(10):
        runs.note(GET._replace(resource=f"r{number}"), "ResponseComplete", ALL, 0)
    assert len(runs._runs) == 3
