"""The text line and the JSON object are Falco's, and nothing that an attacker chose can break out of them."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.outputs.form import Form, FormSettings, escape_controls, local_time, read_time

FULL = {
    "hostname": "k8s-api-server",
    "lanner": {"audit_id": "v001", "stage": "ResponseComplete"},
    "message": "exec by eve (pod=web)",
    "output": "10:20:30.123456000: Warning exec by eve (pod=web)",
    "output_fields": {"ka.user.name": "eve", "ka.target.name": "web", "evt.time": 1714558830123456000},
    "priority": "Warning",
    "rule": "Shell in pod",
    "source": "k8s_audit",
    "tags": ["k8s", "shell"],
    "time": "2024-05-01T10:20:30.123456Z",
}


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC here."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_text_is_falcos_line(make_alert):
    assert Form(FormSettings()).encode(make_alert()) == b"10:20:30.123456000: Warning exec by eve (pod=web)"


def test_text_takes_the_machines_time_zone(make_alert, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    assert Form(FormSettings()).encode(make_alert()).startswith(b"15:50:30.123456000: ")


def test_iso_text_has_the_date_in_utc(make_alert):
    line = Form(FormSettings(time="iso8601")).encode(make_alert())
    assert line == b"2024-05-01T10:20:30.123456000+0000: Warning exec by eve (pod=web)"


def test_json_is_falcos_object_with_sorted_keys(make_alert):
    found = json.loads(Form(FormSettings(format="json", include_message=True)).encode(make_alert()))
    assert found == FULL
    assert list(found) == sorted(FULL)


@pytest.mark.parametrize(
    ("switch", "key"),
    [
        ("include_output", "output"),
        ("include_output_fields", "output_fields"),
        ("include_tags", "tags"),
        ("include_message", "message"),
    ],
)
def test_each_property_can_be_left_out(make_alert, switch, key):
    settings = FormSettings(format="json", **{"include_message": True, switch: False})
    assert json.loads(Form(settings).encode(make_alert())) == {k: v for k, v in FULL.items() if k != key}


def test_iso_json_names_the_time_field_as_falco_does(make_alert):
    found = json.loads(Form(FormSettings(format="json", time="iso8601")).encode(make_alert()))
    assert found["output_fields"]["evt.time.iso8601"] == 1714558830123456000
    assert found["output"].startswith("2024-05-01T10:20:30.123456000+0000: Warning ")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31m\x00\x7f", r"\x1b[31m\x00\x7f"),
        ("\x9b31m\x85", r"\x9b31m\x85"),
        ("\u202egnp\u2069\u2028", r"\u202egnp\u2069\u2028"),
        ("\ud800", r"\ud800"),
        ("Zoë 日本 😀", "Zoë 日本 😀"),
    ],
)
def test_controls_are_escaped_and_words_are_not(text, escaped):
    assert escape_controls(text) == escaped


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("2024-05-01T10:20:30Z", 0),
        ("2024-05-01T10:20:30.000000001Z", 1),
        ("2024-05-01T10:20:30.9999999999Z", 999999999),
    ],
)
def test_any_count_of_digits_is_read(text, nanoseconds):
    assert read_time(text) == (1_714_558_830, nanoseconds)


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01T00:00:00Z", "2024-05-01T10:20:30+02:00", "٢024"])
def test_a_time_that_is_none_is_the_epoch(text):
    assert read_time(text) == (0, 0)
    assert local_time(read_time(text)) == "00:00:00.000000000"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=[])), form=st.sampled_from(["text", "json"]))
def test_whatever_the_name_an_alert_is_one_line_without_controls(make_alert, name, form):
    readable = name.encode("utf-8", "replace").decode()
    alert = make_alert(output=f"by {name}", output_fields={"ka.user.name": readable})
    line = Form(FormSettings(format=form)).encode(alert).decode()
    assert not [character for character in line if unicodedata.category(character) == "Cc"]
    assert len(line.splitlines()) == 1
    if form == "json":
        assert json.loads(line)["output_fields"]["ka.user.name"] == readable
