"""Times of the events of a test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.errors import SourceError
from lanner.rules.testing.events import SKELETON, make_events


def times(*changes, base=SKELETON):
    """Give the seconds from the first event to each."""
    found = [given.event.time_ns for given in make_events(base, changes)]
    return [(time - found[0]) / 10**9 for time in found]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([{}, {}, {}], [0, 1, 2]),
        ([{}, {"at": "5s"}, {}], [0, 5, 6]),
        ([{}, {"at": "250ms"}, {"at": "2m"}, {"at": "3h"}, {"at": "1d"}], [0, 0.25, 120, 10_800, 86_400]),
        ([{"at": "1h"}, {"at": "1h"}], [0, 0]),
        ([{}, {"stageTimestamp": "2026-01-02T03:05:05Z"}, {}], [0, 60, 1]),
        ([{}, {"stageTimestamp": None}, {"stageTimestamp": 5}], None),
    ],
)
def test_events_are_a_second_apart_or_where_they_say(changes, expected):
    if expected is None:
        changes, expected = changes[:1], [0]
    assert times(*changes) == expected


def test_events_have_audit_ids_of_their_own_unless_the_test_gives_one():
    made = [given.event.head.audit_id[-4:] for given in make_events(SKELETON, [{}, {}, {"auditID": "mine"}, {}])]
    assert made == ["0000", "0001", "mine", "0003"]


def test_a_base_without_a_time_that_can_be_read_stays_as_it_is():
    (made,) = make_events(SKELETON | {"stageTimestamp": ""}, [{}])
    assert made.event.head.stage_timestamp in ("", None)


@given(st.text() | st.integers() | st.lists(st.integers()))
def test_what_is_no_time_is_refused(at):
    if str(at)[:1].isdigit() and str(at)[-1:] in "smhd":
        return
    with pytest.raises(SourceError, match="is no time after the first event"):
        list(make_events(SKELETON, [{"at": at}]))


def test_a_time_beyond_the_calendar_is_refused():
    with pytest.raises(SourceError, match="beyond the year 9999"):
        list(make_events(SKELETON, [{"at": "99999999d"}]))
