"""An event rebuilt of the columns that a field names reads the same in that field, and in what alerts tell of it."""

import importlib.util
from pathlib import Path

import duckdb
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanner.archive.auditids import shown_rows
from lanner.archive.codec import encode_rows
from lanner.archive.fetching import rebuilt
from lanner.archive.fieldreads import EVERYTHING, EXTENT, WHOLE, columns_of, columns_read
from lanner.archive.row import Row
from lanner.archive.wire import read_record, write_record
from lanner.audit.decode import decode
from lanner.audit.fields import FIELDS, lookup
from lanner.detect.alert import alert_time, origin_of
from lanner.rules import ir

_spec = importlib.util.spec_from_file_location("strategies", Path(__file__).parents[1] / "rules" / "strategies.py")
strategies = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(strategies)

KEYS = [
    *("auditID", "stage", "verb", "annotations", "stageTimestamp", "apiVersion", "requestObject", "responseObject"),
    *("responseStatus", "requestURI", "userAgent", "level", "sourceIPs", "user", "objectRef", "impersonatedUser"),
    *("kind", "nope", "requestReceivedTimestamp", "authenticationMetadata"),
]
PATHS = ["requestObject.spec.containers.image", "responseObject.items.metadata.name", "user.groups", "sourceIPs", "x.y"]
POINTERS = [f"/{key}{rest}" for key in KEYS for rest in ("", "/0", "/name")]
ARGUMENTS = {
    "ka.req.binding.subject.has_name": ["x"],
    "ka.req.volume.hostpath": ["/etc"],
    "ka.uri.param": ["command", "watch"],
    "lanner.each": PATHS,
    **dict.fromkeys(("jevt.value", "json.value"), POINTERS),
}
READS = [
    ir.Field(name, argument)
    for name, info in FIELDS.items()
    for argument in ARGUMENTS.get(name, ["0", None] if info.argument == "index" else [None])
]


def read(line, fields):
    """Return what fields and alerts say of the event in a line."""
    (event,) = decode(line).events
    seen = [lookup(field.name, field.argument)(event) for field in fields]
    return seen, origin_of(event, 0), alert_time(event)


def as_usual(text):
    """Write an event as kube-apiserver does, so that columns tell all of it; None where that is none."""
    try:
        written = write_record(read_record(text))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return written if decode(written).events else None


def differences(lines):
    """Return the fields that say another thing where an event is rebuilt of their columns alone."""
    texts = [event.raw for line in lines for event in decode(line).events]
    rows = [Row(raw=text, source="s") for text in (*texts, *filter(None, map(as_usual, texts)))]
    if not rows:
        return [], 0
    table = shown_rows(encode_rows(rows, "c"))
    with duckdb.connect() as connection:  # the default one belongs to all tests
        sought = connection.from_arrow(table).project(EXTENT).fetchall()
    found, parts = [], 0
    for values, (extent,) in zip(table.to_pylist(), sought, strict=True):
        parts += extent != WHOLE
        for field in [] if extent == WHOLE else READS:
            names = columns_of(extent, columns_read([field])) | {"item"}
            part = rebuilt({name: values[name] for name in names}).text
            if read(part, [field]) != read(rebuilt(values).text, [field]):
                found.append((field, values["audit_id"]))
    return found, parts


def test_fields_read_the_same_in_a_part_of_an_event_as_in_the_whole():
    """Each field on recorded events; bodies and groups are read only for those that look at them."""
    found, parts = differences(strategies.LINES)
    assert found == []
    assert parts > 100
    assert "request_object" not in columns_read([ir.Field("ka.verb", None), ir.Field("ka.useragent", None)])
    assert columns_read([ir.Field("jevt.obj", None)]) >= EVERYTHING


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(strategies.event_lines(), min_size=1, max_size=3))
def test_random_events_read_the_same_in_a_part_as_in_the_whole(lines):
    """Events with odd keys and values are rebuilt of all columns."""
    assert differences(lines)[0] == []


@pytest.mark.parametrize("name", ["", "made"])
def test_the_name_of_an_object_that_was_made_without_one_is_told(name):
    """It stands in a body alone, so that such events are rebuilt with theirs."""
    line = (
        f'{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"a","stage":"S",'
        f'"requestURI":"/","verb":"create","user":{{"username":"u"}},"objectRef":{{"resource":"pods","name":"{name}"}},'
        f'"responseObject":{{"metadata":{{"name":"p-1"}}}},"stageTimestamp":"2026-01-01T00:00:00.000000Z"}}'
    )
    assert differences([line.encode()])[0] == []
