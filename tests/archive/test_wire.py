"""What is read as a usual event without asking the decoder is what the decoder takes as it is."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.archive.record import Record
from lanner.archive.wire import read_record, usual_record
from lanner.audit.decode import decode

USUAL = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "a",
    "stage": "Panic",
    "stageTimestamp": "2026-01-01T00:00:00.000000Z",
}
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2)
KEYS = [*Record.__struct_encode_fields__, "timestamp", "metadata", "records", "message", "other"]


@given(st.dictionaries(st.sampled_from(KEYS), VALUES | st.just("\ud800") | st.just({}), max_size=3))
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_the_decoder_agrees_on_any_object(changed):
    """Whatever its keys hold, it gives this one event and refuses nothing."""
    line = json.dumps({**USUAL, **changed}).encode()
    record = usual_record(line)
    if record is not None:
        decoded = decode(line)
        assert [event.raw for event in decoded.events] == [line]
        assert not decoded.refusals
        assert record == read_record(line)


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({**USUAL, "kind": "EventList", "items": []}).encode(),
        json.dumps({**USUAL, "stageTimestamp": "yesterday"}).encode(),
        json.dumps({**USUAL, "apiVersion": "v1"}).encode(),
        json.dumps([USUAL]).encode(),
        json.dumps(USUAL).encode() * 2,
        json.dumps(USUAL).encode()[:-1],
        json.dumps({**USUAL, "requestObject": "?"}).encode().replace(b"?", b"\xff"),
        json.dumps({"message": json.dumps(USUAL)}).encode(),
        b"",
    ],
)
def test_all_else_is_left_to_the_decoder(line):
    """Lists, cut lines, other kinds, broken UTF-8 and what providers wrap."""
    assert usual_record(line) is None


def test_a_usual_event_is_read():
    """Its keys are there at once."""
    record = usual_record(json.dumps(USUAL).encode())
    assert record is not None
    assert record.audit_id == "a"
