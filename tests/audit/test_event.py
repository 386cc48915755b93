"""The lazy view of an event, and its time."""

import threading
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.audit import event
from lanner.audit.decode import decode
from lanner.audit.event import decode_body, parse_time
from lanner.audit.fields import lookup
from lanner.audit.tree import written


def test_bodies_decode_on_first_use_and_are_kept(make_event):
    """The same object comes back each time."""
    event = make_event(requestObject={"a": [1]}, responseObject={"b": 2})
    assert event.request == {"a": [1]}
    assert event.request is event.request
    assert event.response == {"b": 2}
    assert event.document["requestObject"] == {"a": [1]}


def test_absent_bodies_are_none(make_event):
    """No body and a null body look the same through the view."""
    assert make_event().request is None
    assert make_event(responseObject=None).response is None


def test_a_name_that_is_no_slot_is_an_attribute_error(make_event):
    """Laziness hides no misspelling."""
    event = make_event()
    with pytest.raises(AttributeError, match="requests"):
        _ = event.requests
    assert event.number == 0


def test_the_representation_names_the_event_not_its_bodies(make_event):
    """A log line about an event leaks no body."""
    shown = repr(make_event(verb="get", requestURI="/x", requestObject={"password": "hunter2"}))
    assert shown == "Event('a', 'ResponseComplete', 'get', '/x')"


TIMES = [
    ("1970-01-01T00:00:00Z", 0),
    ("2026-11-23T10:00:01.000037Z", 1795428001000037000),
    ("2026-11-23T12:00:01.000037123+02:00", 1795428001000037123),
    ("2026-11-23T09:30:01-00:30", 1795428001000000000),
    ("2026-11-23T10:00:01.1234567899Z", 1795428001123456789),
    ("2016-12-31T23:59:60Z", 1483228800000000000),
]


@pytest.mark.parametrize(("text", "nanoseconds"), TIMES)
def test_times_are_read_to_the_nanosecond(text, nanoseconds):
    """RFC 3339, with offsets, fractions and leap seconds."""
    assert parse_time(text) == nanoseconds


@pytest.mark.parametrize(
    "text", ["", "2026-11-23", "2026-13-01T00:00:00Z", "2026-11-23T10:00:01", "\uff12026-11-23T10:00:01Z"]
)
def test_what_is_no_time_raises(text):
    """Falco refuses events without a good timestamp."""
    with pytest.raises(ValueError, match="not an RFC 3339 time"):
        parse_time(text)


@given(st.integers(0, 250_000_000_000_000_000))
def test_times_agree_with_the_standard_library(microseconds):
    """Microseconds as kube-apiserver writes them."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    assert parse_time(moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")) == microseconds * 1000


USUAL = "2026-11-23T10:00:01.000037Z"
CHANGES = st.lists(st.tuples(st.integers(0, 26), st.sampled_from("0123456789-+:.,TZW z\uff12\0")), max_size=3)


@given(CHANGES, st.sampled_from(["2026-11-23", "2024-02-29", "1970-01-01", "0999-01-01", "2026-W47-1"]))
def test_the_quick_way_reads_what_the_grammar_reads(changes, date):
    """The usual form is read without the regular expression; both must agree on every text."""
    text = list(date + USUAL[10:])
    for place, character in changes:
        text[place] = character
    usual = event._usual("".join(text))
    found = event._RFC3339.fullmatch("".join(text))
    assert usual is None or found is not None
    if usual is not None:
        *whole, fraction, _, _, _ = found.groups()
        assert usual == datetime(*map(int, whole), int(fraction), tzinfo=UTC)


def test_numbers_beyond_a_double_are_infinite_and_long_ones_do_not_hang():
    """A hostile number spoils neither the body nor the clock."""
    assert decode_body(b'{"a": 1e999, "b": 1}') == {"a": float("inf"), "b": 1}
    assert decode_body(b"[1e999, " + b"9" * 5000 + b"]") == [float("inf")] * 2


def _deep(depth):
    return (
        b'{"kind":"Event","stageTimestamp":"2026-11-23T10:00:01Z","requestObject":' + b"[" * depth + b"]" * depth + b"}"
    )


def test_a_body_that_fitted_the_stack_when_checked_decodes_on_a_fuller_stack():
    """Depth that decode() let pass does not blind the rules that run further down."""
    results = []

    def at_the_bottom():
        depth = next(depth for depth in range(1100, 100, -10) if decode(_deep(depth)).events)
        event = decode(_deep(depth)).events[0]
        pointed = lookup("jevt.value", "/requestObject" + "/0" * 300)
        reads = (lambda: event.request, lambda: written(event.head.request_object), lambda: pointed(event))
        results.extend(_further_down(read, 60) for read in reads)

    thread = threading.Thread(target=at_the_bottom)
    thread.start()
    thread.join()
    assert isinstance(results[0], list)
    assert results[1].startswith("[[[")
    assert results[2].startswith("[[[")


def _further_down(read, frames):
    return _further_down(read, frames - 1) if frames else read()


def test_a_body_deeper_than_any_stack_is_none():
    """Nothing crashes where no stack is left."""
    assert decode_body(msgspec.Raw(b"[" * 100_000 + b"]" * 100_000)) is None
