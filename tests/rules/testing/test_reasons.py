"""Why a rule did not fire."""

import pytest

from lanner.rules.falco.condition import parse_condition
from lanner.rules.outline import outline_of
from lanner.rules.testing.events import SKELETON, make_events
from lanner.rules.testing.reasons import closest


@pytest.mark.parametrize(
    ("condition", "label", "parts"),
    [
        ("ka.verb = list", "event 1", ['ka.verb = list is false, found "get"']),
        ("ka.verb = delete and ka.uri = /x", "event 2", ['ka.verb = delete is false, found "create"']),
        ("not ka.verb in (get, create)", "event 1", ['ka.verb in (get, create) is true, found "get"; one of 2']),
        ("ka.target.name exists or (ka.verb = a and ka.uri = b)", "event 1",
         ["ka.target.name exists is false, found <NA>"]),
        ("ka.verb = x and (ka.verb = x or ka.uri = y)", "event 1", ['ka.verb = x is false, found "get"']),
        ("not (ka.verb exists and ka.verb = get)", "event 2", []),
    ],
)  # fmt: skip
def test_the_closest_event_and_the_least_in_its_way(condition, label, parts):
    events = list(make_events(SKELETON, [{}, {"verb": "create", "requestURI": "/x"}]))
    found = closest(outline_of(parse_condition(condition)), events)
    assert (found.given.label, found.parts) == (label, parts)


def test_without_events_there_is_no_reason():
    assert closest(outline_of(parse_condition("ka.verb = x")), []) is None


def test_why_a_value_is_absent_is_said():
    condition = parse_condition("ka.req.pod.host_pid intersects (true)")
    event = next(make_events(SKELETON, [{"level": "Metadata"}]))
    assert "the audit policy must say" in closest(outline_of(condition), [event]).parts[0]
