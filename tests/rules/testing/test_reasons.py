"""Why a rule did not fire."""

import pytest

from lanner.rules.falco.condition import parse_condition
from lanner.rules.testing.events import SKELETON, make_events
from lanner.rules.testing.reasons import Reason, closest


@pytest.mark.parametrize(
    ("condition", "label", "parts"),
    [
        ("ka.verb = list", "event 1", ['ka.verb = list is false: ka.verb is "get"']),
        ("ka.verb = delete and ka.uri = /x", "event 2", ['ka.verb = delete is false: ka.verb is "create"']),
        ("not ka.verb in (get, create)", "event 1", ['ka.verb in (get, create) is true: ka.verb is "get"']),
        ("ka.target.name exists or (ka.verb = a and ka.uri = b)", "event 1",
         ["ka.target.name exists is false: ka.target.name is absent"]),
        ("ka.verb = x and (ka.verb = x or ka.uri = y)", "event 1", ['ka.verb = x is false: ka.verb is "get"']),
        ("not (ka.verb exists and ka.verb = get)", "event 2", []),
    ],
)  # fmt: skip
def test_the_closest_event_and_the_least_in_its_way(condition, label, parts):
    events = list(make_events(SKELETON, [{}, {"verb": "create", "requestURI": "/x"}]))
    assert closest(parse_condition(condition), events) == Reason(label, parts)


def test_without_events_there_is_no_reason():
    assert closest(parse_condition("ka.verb = x"), []) is None
