"""What CloudWatch Logs wraps around EKS's events is taken off again."""

import json

import pytest

from lanner.audit.decode import decode

STREAM = "kube-apiserver-audit-0123456789abcdef0123456789abcdef"
GROUP = "/aws/eks/prod/cluster"


def only(line):
    decoded = decode(line)
    assert decoded.refusals == []
    (event,) = decoded.events
    return event


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-01-01T00:00:00.000Z ",
        "2026-01-01T00:00:00Z ",
        "2026-01-01T00:00:00.123000+00:00 ",
        f"2026-01-01T00:00:00+00:00 {STREAM} ",
    ],
)
def test_a_line_behind_a_time_is_an_event(native, prefix):
    """As export tasks and `aws logs tail` write it."""
    line = (prefix + native).encode()
    event = only(line)
    assert (event.raw, event.line, event.head.audit_id) == (native.encode(), line, "a-1")


def test_the_answers_of_the_command_line_tool_hold_events(native):
    """filter-log-events and get-log-events; each event stands for its entry."""
    entries = [{"logStreamName": STREAM, "timestamp": 1, "message": native + end} for end in ("", "\n")]
    decoded = decode(json.dumps({"events": entries, "searchedLogStreams": []}).encode())
    assert [event.raw for event in decoded.events] == [native.encode()] * 2
    assert [only(event.line).raw for event in decoded.events] == [native.encode()] * 2


def test_subscriptions_hold_events_and_name_the_cluster(native):
    """Several objects follow one another without a newline, as Firehose writes them; control messages hold nothing."""
    data = {"messageType": "DATA_MESSAGE", "logGroup": GROUP, "logStream": STREAM}
    data["logEvents"] = [{"id": "1", "timestamp": 1, "message": native}] * 2
    control = {"messageType": "CONTROL_MESSAGE", "logEvents": [{"message": "CWL CONTROL MESSAGE"}]}
    line = "".join(map(json.dumps, (data, control, data))).encode()
    decoded = decode(line)
    assert decoded.refusals == []
    assert [(event.raw, event.cluster) for event in decoded.events] == [(native.encode(), "prod")] * 4


def test_other_streams_of_the_cluster_are_refused_with_their_name(native):
    """The authenticator's log is none of audit events."""
    data = {"logGroup": GROUP, "logStream": "authenticator-01", "logEvents": [{"message": "time=..."}]}
    (refusal,) = decode(json.dumps(data).encode()).refusals
    assert "another CloudWatch stream ('authenticator-01')" in refusal.reason


@pytest.mark.parametrize(
    "text",
    ['{"events":[1]}', '{"logEvents":{}}', '{"message":1}', '{"events":[{"a":1}]}', '{"message":"{\\"a\\":1}"}', "{}{"],
)
def test_what_only_looks_like_it_is_refused(text):
    """Nothing is taken for an event that is none, and nothing breaks."""
    decoded = decode(text.encode())
    assert decoded.events == []
    assert decoded.refusals


def test_objects_that_follow_one_another_are_taken_one_by_one(native):
    """What is cut off behind them is refused alone; braces in texts are no objects."""
    odd = native.replace("ann", "}{")
    decoded = decode(f"{native}{odd} {native[:50]}".encode())
    assert [event.raw.decode() for event in decoded.events] == [native, odd]
    assert [refusal.raw.decode() for refusal in decoded.refusals] == [native[:50]]


def test_the_events_of_a_third_party_are_events(samples):
    """Samples without a time get one; all of them are native events with keys of the collector added."""
    for sample, event in samples("eks"):
        line = json.dumps({"stageTimestamp": "2026-01-01T00:00:00.000000Z"} | event).encode()
        assert only(line).head.verb == event.get("verb"), sample["test_name"]
