"""What hunts find in an archive, and what they read of it."""

from __future__ import annotations

import pytest

from lanner.archive.fieldreads import EVERYTHING, TOLD
from lanner.archive.hunting import find_events
from lanner.archive.row import Row
from lanner.rules import ir

LINE = (
    '{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"id","stage":"ResponseComplete",'
    '"requestURI":"/","verb":"{verb}","user":{{"username":"u"}},"objectRef":{{"resource":"pods"{name}}},'
    '"requestObject":{{"metadata":{{"name":"p"}}}},"stageTimestamp":"2026-01-01T00:00:00.000000Z"}}'
)
EXISTS = ir.Exists(ir.Field("ka.verb", None))


@pytest.mark.parametrize(
    ("verb", "name", "columns", "there"),
    [
        ("update", ',"name":"p"', TOLD, False),
        ("update", ',"name":"p"', TOLD | EVERYTHING, True),
        ("create", ',"name":"p"', TOLD, False),
        ("create", "", TOLD, True),
    ],
)
def test_bodies_are_read_where_they_are_asked_for_or_name_what_was_made(archive, verb, name, columns, there):
    """A hunt whose rules look at no body need not unpack any."""
    archive.append([Row(raw=LINE.format(verb=verb, name=name).encode(), source="s")])
    with find_events(archive, [EXISTS], columns=columns) as found:
        (line,) = found.lines
    assert (b"requestObject" in line.text) is there
