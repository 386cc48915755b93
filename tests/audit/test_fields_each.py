"""All values at a path, in one text."""

import msgspec
import pytest

from lanner.audit.decode import decode
from lanner.audit.fields import lookup

BODY = {
    "metadata": {"labels": {"app.kubernetes.io/name": "x", "plain": "y"}},
    "spec": {
        "replicas": 0,
        "share": 1.50,
        "note": None,
        "containers": [
            {"image": "a", "args": ["p", "q"], "privileged": True},
            {"image": "b␟c", "args": [], "privileged": None, "none": "null"},
            "odd",
        ],
        "deep": [[{"z": 1}], [[{"z": 2}]]],
        "dot": {"a.b": {"c": 1}, "a": {"b.c": 2, "b": {"c": 3}}},
    },
}


def event_of(**more):
    document = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "a", "stage": "ResponseComplete"}
    document |= {"verb": "create", "stageTimestamp": "2026-01-02T03:04:05.000000Z"}
    (event,) = decode(msgspec.json.encode(document | more)).events
    return event


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("spec.containers.image", "␟a␟b\ufffdc␟"),
        ("spec.containers.0.image", "␟a␟"),
        ("spec.containers.7.image", None),
        ("spec.containers.args", "␟p␟q␟"),
        ("spec.containers.privileged", "␟true␟"),
        ("spec.containers.none", "␟null␟"),
        ("spec.replicas", "␟0␟"),
        ("spec.share", "␟1.5␟"),
        ("spec.note", None),
        ("spec.nothing", None),
        ("spec.deep.z", "␟1␟2␟"),
        ("spec.dot.a.b.c", "␟3␟2␟1␟"),
        ("metadata.labels.app.kubernetes.io/name", "␟x␟"),
        ("metadata.labels", '␟{"app.kubernetes.io/name":"x","plain":"y"}␟'),
    ],
)
def test_every_value_at_a_path_stands_between_marks(path, text):
    event = event_of(requestObject=BODY, responseObject=BODY)
    assert lookup("lanner.each", f"requestObject.{path}")(event) == text
    assert lookup("lanner.each", f"responseObject.{path}")(event) == text


def test_lists_of_the_head_are_read_as_well():
    event = event_of(
        sourceIPs=["192.0.2.1", "192.0.2.2"], user={"username": "u", "groups": ["g"], "extra": {"k/l": ["v"]}}
    )
    assert lookup("lanner.each", "sourceIPs")(event) == "␟192.0.2.1␟192.0.2.2␟"
    assert lookup("lanner.each", "user.groups")(event) == "␟g␟"
    assert lookup("lanner.each", "user.extra.k/l")(event) == "␟v␟"


def test_what_is_not_there_is_absent():
    event = event_of()
    paths = ["sourceIPs", "user.groups", "requestObject.spec", "requestObject", "hostPath", ".".join("a" * 30)]
    assert [lookup("lanner.each", path)(event) for path in paths] == [None] * len(paths)


def test_a_body_nested_deep_is_looked_through_all_the_same():
    text = "[" * 500 + '{"z":1}' + "]" * 500
    event = event_of(requestObject=msgspec.Raw(text.encode()))
    assert lookup("lanner.each", "requestObject.z")(event) == "␟1␟"
