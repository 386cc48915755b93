"""The string that Azure's resource logs carry is the event."""

import json

import pytest

from lanner.audit.decode import decode

CLUSTER = "/SUBSCRIPTIONS/1/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/PROD"
KEYS = {"time": "2026-01-01T00:00:00Z", "resourceId": CLUSTER, "category": "kube-audit"}


def record(log, **changes):
    return {**KEYS, "properties": {"log": log, "stream": "stdout", "pod": "kube-apiserver-1"}, **changes}


def test_a_resource_log_holds_an_event(native):
    """With the newline at its end that Azure leaves there, and the cluster's name."""
    line = json.dumps(record(native + "\n")).encode()
    (event,) = decode(line).events
    assert (event.raw, event.line, event.cluster) == (native.encode(), line, "prod")


def test_properties_may_be_a_string(native):
    """Some exports write the object as text."""
    line = json.dumps(record("", properties=json.dumps({"log": native}))).encode()
    assert decode(line).events[0].raw == native.encode()


def test_an_event_hub_message_holds_several(native):
    """Each event stands for its record, which can be read alone."""
    decoded = decode(json.dumps({"records": [record(native), record(native)]}).encode())
    assert [event.raw for event in decoded.events] == [native.encode()] * 2
    assert decode(decoded.events[1].line).events[0].raw == native.encode()


def test_a_row_of_log_analytics_holds_an_event(native):
    """The table AzureDiagnostics."""
    line = json.dumps({"Category": "kube-audit-admin", "ResourceId": CLUSTER, "log_s": native}).encode()
    assert (decode(line).events[0].raw, decode(line).events[0].cluster) == (native.encode(), "prod")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (record("I0101", category="kube-apiserver"), "another category ('kube-apiserver')"),
        ({**KEYS, "properties": {}}, "without an event in it"),
        ({"records": [{"a": 1}]}, "a record without properties"),
        ({**KEYS, "properties": 5}, "it has no kind"),
        (record("{"), "truncated"),
    ],
)
def test_what_holds_no_event_is_refused_with_the_reason(row, words):
    """And shown as Azure wrote it."""
    (refusal,) = decode(json.dumps(row).encode()).refusals
    assert words in refusal.reason


def test_the_events_of_a_third_party_are_events(samples):
    """Samples of Azure's activity log, which has no audit events, are refused."""
    kinds = set()
    for sample, row in samples("aks"):
        if "log" in row.get("properties", {}):
            log = {"stageTimestamp": "2026-01-01T00:00:00.000000Z", **json.loads(row["properties"]["log"])}
            row["properties"]["log"] = json.dumps(log)
        decoded = decode(json.dumps(row).encode())
        assert len(decoded.events) == ("log" in row.get("properties", {})), sample["test_name"]
        kinds.add(len(decoded.events))
    assert kinds == {0, 1}
