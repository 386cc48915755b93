"""Auditing's work lies between the share of events and that of bytes."""

from lanner.policy.apiserver_cost import SOURCES, api_server_cost
from lanner.policy.simulation import Tally


def test_the_bounds_are_the_shares_of_events_and_bytes():
    found = api_server_cost(Tally(events_now=100, bytes_now=1000, events_kept=50, bytes_kept=100))
    assert found is not None
    assert (found.least, found.most) == (0.1, 0.5)
    assert found.sources == SOURCES


def test_of_an_empty_log_nothing_is_said():
    assert api_server_cost(Tally()) is None
