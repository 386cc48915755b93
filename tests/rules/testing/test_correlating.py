"""What is told of a correlation that did not fire."""

from lanner.rules.testing.correlating import met_parts
from lanner.rules.testing.events import SKELETON, make_events


def test_each_kind_of_event_names_the_events_that_are_of_it(rules):
    correlation = rules.plain.correlations["Reads in a row"]
    assert list(met_parts(correlation, make_events(SKELETON, [{}, {"verb": "create"}, {}]))) == [
        "read: event 1, event 3"
    ]
    assert list(met_parts(correlation, make_events(SKELETON, [{"verb": "create"}]))) == ["read: no event"]
    many = list(met_parts(correlation, make_events(SKELETON, [{}] * 7)))
    assert many == ["read: event 1, event 2, event 3, event 4, event 5 and 2 more"]
