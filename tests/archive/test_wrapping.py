"""A provider's line comes back from the archive byte for byte; the columns hold the native event."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.archive.export import export_lines
from lanner.archive.importing import importer
from lanner.archive.query import hunt
from lanner.archive.settings import ArchiveSettings
from lanner.archive.wire import go_escape
from lanner.archive.wrapping import Wrapped, find_wrapping, read_wrapping, wrap
from lanner.audit.redaction.redactor import Redactor
from lanner.audit.redaction.settings import RedactionSettings
from lanner.sources.history import read_lines

GKE = {
    "protoPayload": {"methodName": "io.k8s.core.v1.pods.get", "resourceName": "core/v1/namespaces/shop/pods/p1"},
    "resource": {"labels": {"cluster_name": "prod"}},
    "timestamp": "2026-01-01T00:00:00Z",
}


def encoded(value):
    return json.dumps(value, separators=(",", ":")).encode()


@given(
    st.text(),
    st.text(),
    st.text(min_size=1),
    st.sampled_from(["plain", "string", "go-string"]),
    st.none() | st.just('["a"]'),
)
def test_a_wrapping_gives_the_line_back(before, after, text, form, keys):
    """Whatever the texts are, and however the event is written between them."""
    raw = encoded({"a": text, "b": "<&>"})
    inside = raw if form == "plain" else encoded(raw.decode())[1:-1]
    line = before.encode() + (go_escape(inside) if form == "go-string" else inside) + after.encode()
    shape = find_wrapping(line, raw, keys)
    assert shape is None or wrap(read_wrapping(shape), raw) == line
    assert form != "plain" or shape is not None


@pytest.mark.parametrize("cluster", ["", "named"])
def test_lines_of_providers_come_back_as_they_were(archive, event, tmp_path, cluster):
    """An event behind a time, one as a string, one made from another schema, native ones between them."""
    odd = b'{"verb":"get","kind":"Event","auditID":"x","stage":"Panic","stageTimestamp":"2026-01-01T00:00:00.000000Z"}'
    lines = [
        event(1),
        b"2026-01-01T00:00:00.000Z " + event(2),
        b"2026-01-01T00:00:00.000Z " + odd,
        encoded({"resourceId": "/a/CLUSTER", "properties": {"log": event(3).decode() + "\n"}}),
        encoded(GKE),
    ]
    log = tmp_path / "log"
    log.write_bytes(b"\n".join(lines) + b"\n")
    with importer(archive, ArchiveSettings(), cluster=cluster) as imports:
        assert imports.run("log", lambda: read_lines(log)).refused == 0
    assert list(export_lines(archive)) == lines
    sql = "SELECT name, cluster, line IS NULL FROM events WHERE name IS NOT NULL ORDER BY ordinal"
    with hunt(archive, sql) as answer:
        assert list(answer.rows) == [
            ("p1", cluster or "default", True),
            ("p2", cluster or "default", True),
            ("p3", cluster or "cluster", True),
            ("p1", cluster or "prod", False),
        ]


def test_a_changed_event_is_not_put_back_into_its_line(archive, make_row):
    """What was redacted must not come back from the text around it."""
    row = make_row()
    row.wrapped = Wrapped(b"2026-01-01T00:00:00Z " + row.raw, row.raw)
    row.raw = re.sub(rb"ann", b"xxx", row.raw)
    archive.append([row])
    assert list(export_lines(archive)) == [row.raw]


@pytest.mark.parametrize("whole", [True, False])
def test_a_line_in_which_the_event_does_not_stand_is_kept_only_where_it_may(archive, make_row, whole):
    """An entry of GKE says more than the event that is made from it."""
    row, line = make_row(), b'{"protoPayload":{}}'
    row.wrapped = Wrapped(line, row.raw, whole)
    archive.append([row])
    assert list(export_lines(archive)) == [line if whole else row.raw]


def test_where_values_are_redacted_no_line_is_kept_that_nobody_looked_into(archive, event, tmp_path):
    """An event that stands in its line comes back in it; one of GKE as the event that was made from it."""
    secret = (
        b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"s","stage":"ResponseComplete",'
        b'"requestURI":"/api/v1/namespaces/a/secrets","verb":"create","user":{"username":"u"},'
        b'"objectRef":{"resource":"secrets","namespace":"a","apiVersion":"v1"},'
        b'"requestObject":{"kind":"Secret","apiVersion":"v1","data":{"a":"aHVudGVyMg=="},"stringData":{"b":"hunter2"}},'
        b'"stageTimestamp":"2026-01-01T00:00:00.000000Z"}'
    )
    lines = [b"2026-01-01T00:00:00.000Z " + text for text in (event(1), secret)]
    lines.append(encoded(GKE | {"serviceData": {"password": "hunter2"}}))
    log = tmp_path / "log"
    log.write_bytes(b"\n".join(lines) + b"\n")
    with importer(archive, ArchiveSettings(), redactor=Redactor(RedactionSettings(), bytes(32))) as imports:
        imports.run("log", lambda: read_lines(log))
    found = list(export_lines(archive))
    assert found[0] == lines[0]
    assert not [line for line in found if b"hunter2" in line or b"aHVudGVyMg" in line]
    assert found[1].startswith(b'{"kind":"Event"')
    assert found[2].startswith(b'{"kind":"Event"')
