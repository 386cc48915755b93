"""What a line holds: events byte for byte, and reasons for what is none."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.audit import decode as module
from lanner.audit.decode import decode

TIME = '"stageTimestamp": "2026-11-23T10:00:01.000037Z"'
HEAD = f'"kind": "Event", "auditID": "a", "stage": "Panic", {TIME}'

BETA = '"apiVersion": "audit.k8s.io/v1beta1"'

GOOD = {
    "v1": f'{{"apiVersion": "audit.k8s.io/v1", {HEAD}}}',
    "apiVersion missing": f"{{{HEAD}}}",
    "a version to come": f'{{"apiVersion": "audit.k8s.io/v2", {HEAD}}}',
    "kind missing, but an audit event's keys": f'{{"auditID": "a", "stage": "Panic", {TIME}}}',
    "no auditID, but the kind": f'{{"kind": "Event", {TIME}}}',
    "v1beta1 with stageTimestamp": f'{{{BETA}, "metadata": {{"creationTimestamp": null}}, {HEAD}}}',
    "v1beta1 with timestamp": f'{{"kind": "Event", {BETA}, "timestamp": "2018-10-26T13:13:03Z"}}',
    "v1beta1 with creationTimestamp": '{"kind": "Event", "metadata": {"creationTimestamp": "2018-10-26T13:13:03Z"}}',
    "requestReceivedTimestamp alone": '{"kind": "Event", "requestReceivedTimestamp": "2018-10-26T13:13:03+02:00"}',
    "nulls": f'{{{HEAD}, "user": null, "annotations": null, "objectRef": null}}',
    "unknown keys": f'{{{HEAD}, "newKey": {{"deep": [1, 2]}}}}',
    "bodies of any type": f'{{{HEAD}, "requestObject": 5, "responseObject": "text"}}',
    "blanks around": f"  {{{HEAD}}} \r",
    "keys of other types": f'{{{HEAD}, "verb": 5, "user": "x", "responseStatus": {{"code": 1e999}}}}',
    "another apiVersion": f'{{"apiVersion": "v1", {HEAD}}}',
    "beyond ASCII": f'{{{HEAD}, "verb": "Ünïcode ☸"}}',
    "a number beyond a double in a body": f'{{{HEAD}, "requestObject": {{"n": 1e999}}}}',
}  # fmt: skip

BAD = {
    "not JSON: invalid character (byte 0)": b"hello",
    "not JSON: truncated (byte 29)": b'{"kind": "Event", "verb": "ge',
    "not JSON: NUL byte (byte 0)": b"\0\0\0\0" + GOOD["v1"].encode(),
    f"not JSON: trailing characters (byte {len(HEAD) + 4})": f"{{{HEAD}}} x".encode(),
    "data not recognized as a k8s audit event: it is int, not an object": b"5",
    "data not recognized as a k8s audit event: it has no kind": b'{"stage": "Panic"}',
    "data not recognized as a k8s audit event: its kind is another ('Pod')": b'{"kind": "Pod"}',
    "data not recognized as a k8s audit event: its apiVersion is another ('v1')": (
        b'{"apiVersion": "v1", "kind": "Event", "timestamp": "2026-01-01T00:00:00Z"}'
    ),
    "data not recognized as a k8s audit event: its kind is another ('0')": b'{"kind": 0}',
    "not UTF-8: byte 0xff (byte 9)": b'{"verb":"\xff"}',
    "data not recognized as a k8s audit event: it has no stageTimestamp": b'{"kind": "Event", "auditID": "a"}',
    "data not recognized as a k8s audit event: its time is none ('noon')": (
        b'{"kind": "Event", "stageTimestamp": "noon"}'
    ),
    "data not recognized as a k8s audit event: an EventList without items": b'{"kind": "EventList", "items": null}',
    "nested too deeply": b"[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_an_odd_event_is_accepted_with_its_bytes(text):
    """An event keeps the bytes it came with."""
    decoded = decode(text.encode())
    assert [event.raw for event in decoded.events] == [text.encode()]
    assert not decoded.refusals
    assert decoded.events[0].time_ns > 0
    assert decoded.events[0].document["kind" if "kind" in text else "auditID"]


@pytest.mark.parametrize(("reason", "text"), BAD.items(), ids=BAD)
def test_a_bad_line_is_refused_by_what_is_wrong_and_where(reason, text):
    """A refusal names what was wrong, and keeps the text."""
    decoded = decode(text)
    assert not decoded.events
    assert [(refusal.reason, refusal.index) for refusal in decoded.refusals] == [(reason, 0)]
    assert decoded.refusals[0].raw == text


def test_arrays_within_arrays_are_bounded():
    """Nothing recurses without a limit."""
    refusals = decode(b"[" * 9 + b"]" * 9).refusals
    assert [refusal.reason for refusal in refusals] == [f"{module.UNRECOGNISED}: arrays nested deeper than 8"]


def test_a_body_nested_beyond_the_stack_is_refused_not_a_crash():
    """Depth is bounded by the interpreter's recursion limit."""
    text = b'{"requestObject":' + b"[" * 5000 + b"]" * 5000 + b"," + HEAD.encode() + b"}"
    assert [refusal.reason for refusal in decode(text).refusals] == ["nested too deeply"]


def test_a_line_above_the_limit_is_refused_unread(monkeypatch):
    """The size of one line is bounded."""
    monkeypatch.setattr(module, "MAX_LINE_BYTES", 100)
    line = GOOD["v1"].encode() + b" " * 100
    assert [refusal.reason for refusal in decode(line).refusals] == [f"too long ({len(line)} bytes, 100 are allowed)"]


@pytest.mark.parametrize("line", [b"", b"  \t\r"])
def test_a_blank_line_holds_nothing(line):
    """Blank lines are neither events nor refusals, as in Falco."""
    assert decode(line) == module.Decoded([], [])


def test_an_event_list_gives_its_good_items_and_one_refusal_for_the_bad():
    """Items need no kind, keep their bytes, and fail one by one."""
    items = [f"{{ {HEAD} }}", '{"kind": "Pod"}', f'{{"auditID": "b", {TIME}}}', "7"]
    decoded = decode(f'{{"kind": "EventList", "metadata": {{}}, "items": [{", ".join(items)}]}}'.encode())
    assert [event.raw.decode() for event in decoded.events] == [items[0], items[2]]
    assert [(refusal.index, refusal.raw.decode()) for refusal in decoded.refusals] == [(1, items[1]), (3, items[3])]


def test_an_array_gives_its_events_and_those_of_its_lists():
    """Falco's plugin reads arrays, also within arrays."""
    one = f"{{{HEAD}}}"
    decoded = decode(f'[{one}, [{one}], {{"kind": "EventList", "items": [{one}]}}, 3]'.encode())
    assert [event.raw.decode() for event in decoded.events] == [one] * 3
    assert [refusal.index for refusal in decoded.refusals] == [3]


def test_every_recorded_event_is_accepted(oracle_lines):
    """Falco took all 234 events, so do we."""
    for line in oracle_lines:
        decoded = decode(line)
        assert [event.raw for event in decoded.events] == [line]
        assert not decoded.refusals


@given(st.data())
def test_a_list_of_events_decodes_as_its_events_one_by_one(oracle_lines, data):
    """EventList of N events == N single decodes, in form and in order."""
    lines = data.draw(st.lists(st.sampled_from(oracle_lines), max_size=5))
    listed = decode(b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[' + b", ".join(lines) + b"]}")
    single = [decode(line).events[0] for line in lines]
    assert not listed.refusals
    assert [(event.raw, event.head) for event in listed.events] == [(event.raw, event.head) for event in single]


def _exercise(line):
    decoded = decode(line)
    for event in decoded.events:
        assert isinstance(event.document, dict)
        assert event.time_ns > 0
        assert (event.request, event.response) == (
            event.document.get("requestObject"),
            event.document.get("responseObject"),
        )
    for refusal in decoded.refusals:
        assert refusal.reason


@given(st.binary(max_size=300))
def test_arbitrary_bytes_never_raise(line):
    """Whatever the bytes are, they are events or refusals."""
    _exercise(line)


TEXT = st.text('aZ0/~☸"\\\n', max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
KEYS = sorted(field.encode_name for field in msgspec.structs.fields(module.Head))


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6))
def test_known_keys_of_any_type_never_raise(keys):
    """Wrong types are refused, right ones accepted, none raises."""
    base = {"kind": "Event", "stageTimestamp": "2026-11-23T10:00:01Z"}
    decoded = decode(json.dumps(base | keys).encode("utf-8", "replace"))
    assert len(decoded.events) + len(decoded.refusals) == 1


@given(st.data())
def test_mutated_real_events_never_raise(oracle_lines, data):
    """Cut, overwritten and spliced events are events or refusals."""
    line = bytearray(data.draw(st.sampled_from(oracle_lines)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(line)))
        width = data.draw(st.integers(0, 40))
        line[start : start + width] = data.draw(
            st.binary(max_size=12) | st.sampled_from([b'"', b"{", b"}", b"[", b"\0"])
        )
    _exercise(bytes(line))
