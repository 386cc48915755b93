"""Events with keys of other types, and texts that are no Unicode."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.audit.decode import decode
from lanner.audit.event import Head
from lanner.audit.fields import FIELDS, lookup
from lanner.audit.lenient import lenient_head, mended

HEAD = '"kind":"Event","auditID":"a","stage":"ResponseComplete","stageTimestamp":"2026-01-01T00:00:00Z"'

# The expected values are those of the oracle program.
CASES = [
    ('"verb":5', "ka.verb", "5"),
    ('"verb":null', "ka.verb", "null"),
    ('"verb":{"a": [1.50]}', "ka.verb", '{"a":[1.50]}'),
    ('"user":"x"', "ka.user.name", None),
    ('"user":null', "ka.user.name", None),
    ('"user":{"username":"u","groups":"g"}', "ka.user.groups", None),
    ('"user":{"username":"u","groups":"g"}', "ka.user.name", "u"),
    ('"user":{"groups":["g",1,null]}', "ka.user.groups", ["g", "1", "null"]),
    ('"annotations":{"cluster_name":true}', "ka.cluster.name", "true"),
    ('"annotations":[]', "ka.cluster.name", None),
    ('"objectRef":{"name":null}', "ka.target.name", "null"),
    ('"objectRef":{"name":7,"resource":"pods"}', "ka.target.resource", "pods"),
    ('"responseStatus":{"code":"200"}', "ka.response.code", "200"),
    ('"responseStatus":{"code":1.5}', "ka.response.code", "1.5"),
    ('"responseStatus":{"code":null}', "ka.response.code", "null"),
    ('"responseStatus":{"reason":"r"}', "ka.response.code", None),
    ('"responseStatus":7', "ka.response.code", None),
    ('"requestURI":7', "ka.uri", "7"),
    ('"verb":5,"requestObject":{"spec":{"hostPID":true}}', "ka.req.pod.host_pid", "true"),
]


@pytest.mark.parametrize(("keys", "name", "value"), CASES)
def test_a_key_of_another_type_has_falcos_value(keys, name, value):
    decoded = decode(f"{{{HEAD},{keys}}}".encode())
    assert not decoded.refusals
    assert lookup(name, None)(decoded.events[0]) == value


def test_a_usual_event_has_the_same_head_either_way(oracle_lines):
    """Field by field, on all recorded events."""
    for line in oracle_lines:
        assert msgspec.json.encode(lenient_head(line)) == msgspec.json.encode(msgspec.json.decode(line, type=Head))


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        (b'"\xff"', '"\ufffd"'),
        (b'"\\ud800"', '"\\ufffd"'),
        (b'"\\udc00\\ud800x"', '"\\ufffd\\ufffdx"'),
        (b'"\\ud83d\\ude00"', '"\\ud83d\\ude00"'),
        (b'"\\\\ud800"', '"\\\\ud800"'),
        (b'"\\u00e9"', '"\\u00e9"'),
    ],
)
def test_what_is_no_unicode_is_replaced(text, fixed):
    """Pairs of surrogates and escaped backslashes stay."""
    assert mended(text).decode() == fixed


@pytest.mark.parametrize("hidden", [b'"\xff"', b'"\\ud800"', b'{"\\udfff": 1}'])
def test_a_client_cannot_hide_a_patch_behind_broken_text(hidden):
    """The body of a patch stands in the log as the client wrote it."""
    decoded = decode(f'{{{HEAD},"verb":"patch","requestObject":{{"x":'.encode() + hidden + b"}}")
    assert [lookup("ka.verb", None)(event) for event in decoded.events] == ["patch"]
    assert "\ufffd" in lookup("jevt.value", "/requestObject/x")(decoded.events[0]).replace("\\ufffd", "\ufffd")


@pytest.mark.parametrize("form", ["%s", "[%s]", "[%s, %s]", '{"kind":"EventList","items":[ %s ,%s]}', "[[%s],[%s]]"])
@pytest.mark.parametrize("body", [b'"\xff"', b'"\\ud800"', b'"\xff\\ud800\xc3("'])
def test_an_event_with_broken_text_is_kept_as_it_arrived(form, body):
    """What is archived is what came in; only what rules see is mended."""
    event = f'{{{HEAD},"requestObject":'.encode() + body + b"}"
    decoded = decode(form.encode().replace(b"%s", event))
    assert [found.raw for found in decoded.events] == [event] * form.count("%s")
    assert not decoded.refusals
    assert all("\ufffd" in found.request for found in decoded.events)


KEYS = ["verb", "user", "objectRef", "annotations", "responseStatus", "requestObject", "sourceIPs", "auditID", "stage"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "name", "groups"]), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_types_make_an_event_with_fields(keys):
    """Whatever the keys hold, all fields are texts, lists of texts, numbers or nothing."""
    event = {"kind": "Event", "stageTimestamp": "2026-01-01T00:00:00Z"} | keys
    (found,) = decode(msgspec.json.encode(event)).events
    for name, info in FIELDS.items():
        if not info.required:
            value = lookup(name, None)(found)
            assert value is None or isinstance(value, int | str) or all(isinstance(item, str) for item in value)
