"""Earlier stages go when a kept stage of the same request comes, and stay when none does."""

import msgspec
import pytest

from lanner.archive.settings import KEPT_STAGES, Hold
from lanner.archive.stages import StageFilter
from lanner.errors import GroundError

RECEIVED, STARTED, COMPLETE = "RequestReceived", "ResponseStarted", "ResponseComplete"


def twins(make_row, number=1, **keywords):
    first, last = make_row(number, RECEIVED, **keywords), make_row(number, **keywords)
    return first, last


def test_a_twin_is_dropped_and_counted(make_row):
    """Only the completing event is written."""
    first, last = twins(make_row)
    stages = StageFilter(KEPT_STAGES)
    assert stages.feed(first) == []
    assert stages.feed(last) == [last]
    assert stages.dropped == {"stage RequestReceived": 1}
    assert stages.flush() == []


@pytest.mark.parametrize("change", [{"user": "eve"}, {"verb": "list"}, {"day": 2}])
def test_the_client_s_audit_id_alone_makes_no_twin(make_row, change):
    """An attacker who repeats an auditID hides no other request."""
    stages = StageFilter(KEPT_STAGES)
    first, last = make_row(1, RECEIVED), make_row(1, **change)
    stages.feed(first)
    assert stages.feed(last) == [last]
    assert stages.flush() == [first]


def test_an_orphan_is_written_when_its_time_is_up(make_row):
    """What no event completes is not lost."""
    stages = StageFilter(KEPT_STAGES, Hold(seconds=2))
    rows = [make_row(number, RECEIVED, ingested=number * 1_000_000) for number in (1, 2)]
    for row in rows:
        stages.feed(row)
    assert stages.expired(2_999_999) == []
    assert stages.expired(3_000_000) == rows[:1]
    assert len(stages) == 1


@pytest.mark.parametrize("hold", [Hold(events=2), Hold(bytes=1000)])
def test_too_many_waiting_rows_are_written_oldest_first(make_row, hold):
    """Memory is bounded by count and by bytes."""
    stages = StageFilter(KEPT_STAGES, hold)
    rows = [make_row(number, RECEIVED) for number in (1, 2, 3)]
    assert [stages.feed(row) for row in rows] == [[], [], rows[:1]]


def test_a_filter_goes_on_from_its_dump(make_row):
    """The dump holds the rows that wait, so a restart drops the same twins."""
    first, last = twins(make_row)
    stages = StageFilter(KEPT_STAGES)
    stages.feed(first)
    again = StageFilter.load(stages.dump(), KEPT_STAGES)
    assert again.dump() == stages.dump()
    assert again.feed(last) == [last]
    assert again.dropped == {"stage RequestReceived": 1}


@pytest.mark.parametrize("data", [b"", b"\xc1", msgspec.msgpack.encode([1, 5])])
def test_a_damaged_dump_is_named(data):
    """A dump that cannot be read is a matter of the ground."""
    with pytest.raises(GroundError, match="damaged"):
        StageFilter.load(data, KEPT_STAGES)


def test_other_stages_pass(make_row):
    """Kept and unknown stages are written at once."""
    stages = StageFilter((COMPLETE,))
    assert len(stages.feed(make_row(1, "Unheard"))) == 1
    assert stages.feed(make_row(2, STARTED)) == []
    assert len(stages.feed(make_row(2, COMPLETE))) == 1
    assert stages.dropped == {"stage ResponseStarted": 1}


def test_what_waits_for_a_dropped_row_is_dropped_with_it(make_row):
    """A noise filter may look at what only the last stage says, such as the code."""
    stages = StageFilter(KEPT_STAGES)
    assert stages.feed(make_row(1, "RequestReceived")) == []
    stages.forget(make_row(1, "RequestReceived"))
    assert len(stages) == 1
    stages.forget(make_row(1, "ResponseComplete"))
    assert (len(stages), stages.dropped) == (0, {"stage RequestReceived": 1})
