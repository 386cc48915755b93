"""Fields of any event: pointers, times, place and origin."""

import pytest

from lanner.audit.decode import decode
from lanner.audit.fields import lookup

POINTERS = [
    ("/verb", "get"),
    ("verb", "get"),
    ("/requestObject", '{"a":[{"b/c":null}],"~":1.0}'),
    ("/requestObject/a/0", '{"b/c":null}'),
    ("/requestObject/a/0/b~1c", "null"),
    ("/requestObject/~0", "1.0"),
    ("/requestObject/a/1", None),
    ("/requestObject/a/-", None),
    ("/requestObject/a/" + "9" * 30, None),
    ("/requestObject/a/0/b~1c/d", None),
    ("/responseObject", None),
    ("/responseObject/a", None),
    ("/unknownKey/x", "true"),
    ("/", None),
]


@pytest.mark.parametrize("field", ["jevt.value", "json.value"])
@pytest.mark.parametrize(("pointer", "value"), POINTERS)
def test_a_pointer_finds_text_or_json(field, pointer, value, make_event):
    """RFC 6901 as Falco's json plugin reads it; a missing first slash is forgiven."""
    event = make_event(verb="get", requestObject={"a": [{"b/c": None}], "~": 1.0}, unknownKey={"x": True})
    assert lookup(field, pointer)(event) == value


def test_a_response_is_found_by_pointer(make_event):
    """Both bodies are reachable."""
    assert lookup("jevt.value", "/responseObject/x")(make_event(responseObject={"x": "y"})) == "y"


TIMES = {
    "evt.time": "10:00:01.000037000",
    "evt.time.s": "10:00:01",
    "evt.time.iso8601": "2026-11-23T10:00:01.000037000+0000",
    "evt.datetime": "2026-11-23 10:00:01.000037000",
    "evt.datetime.s": "2026-11-23 10:00:01",
    "evt.rawtime": 1795428001000037000,
    "evt.rawtime.s": 1795428001,
    "evt.rawtime.ns": 37000,
    "jevt.rawtime": "1795428001000037000",
    "json.rawtime": "1795428001000037000",
    "evt.source": "k8s_audit",
    "evt.pluginname": "k8saudit",
    "evt.num": 0,
    "evt.reltime": None,
    "evt.is_async": False,
    "evt.asynctype": None,
}


@pytest.mark.parametrize(("name", "value"), TIMES.items())
def test_times_and_origins_are_written_as_falco_writes_them(name, value, make_event):
    """Nine digits, UTC."""
    assert lookup(name, None)(make_event()) == value


def test_the_place_in_the_stream_is_what_the_reader_set(make_event):
    """Falco counts events from 1."""
    event = make_event()
    event.number = 101
    assert lookup("evt.num", None)(event) == 101


def test_the_whole_event_is_shown_indented_or_as_it_came(make_event):
    """No key is lost, none moves."""
    event = make_event(new={"key": 1})
    spaced = event.raw.replace(b'"new":{', b' "new" : {\t')
    for raw in (event.raw, spaced, b" " + spaced + b"\r"):
        (found,) = decode(raw).events
        assert lookup("evt.plugininfo", None)(found) == event.raw.decode()
        assert lookup("jevt.obj", None)(found).endswith('  "new": {\n    "key": 1\n  }\n}')


INDENTED = [
    ('{"a":[],"b":{},"c":[1,"x"]}', '{\n    "a": [],\n    "b": {},\n    "c": [\n      1,\n      "x"\n    ]\n  }'),
    ('"\\u003c\\/"', '"\\u003c\\/"'),
    ("1.50", "1.50"),
]


@pytest.mark.parametrize(("body", "text"), INDENTED)
def test_the_indented_event_is_the_oracle_programs(body, text):
    """Texts and numbers stay as they were written."""
    head = '"kind":"Event","auditID":"a","stageTimestamp":"2026-01-01T00:00:00Z"'
    (event,) = decode(f'{{{head},"requestObject":{body}}}'.encode()).events
    assert lookup("json.obj", None)(event).split('"requestObject": ', 1)[1] == text + "\n}"


def test_the_hosts_name_can_be_given(make_event, monkeypatch):
    """FALCO_HOSTNAME wins."""
    monkeypatch.setenv("FALCO_HOSTNAME", "k8s-api-server")
    assert lookup("evt.hostname", None)(make_event()) == "k8s-api-server"
