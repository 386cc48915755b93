"""Rows become columns that people ask for, and odd values neither stop the writer nor lose the line."""

import datetime as dt
import json

import duckdb
import pytest

from lanner.archive.auditids import shown_rows
from lanner.archive.codec import encode_rows
from lanner.archive.rebuild import rebuild_line
from lanner.archive.row import Row

HEAD = '"kind":"Event","apiVersion":"audit.k8s.io/v1","stage":"Panic","user":{}'
DEEP = "[" * 3000 + "]" * 3000


def encode(*lines):
    return shown_rows(encode_rows([Row(raw=line, source="s") for line in lines], "c1"))


def columns(line):
    return {name: value for name, value in encode(line).to_pylist()[0].items() if value is not None}


def test_the_columns_of_a_whole_event(event):
    """Typed columns hold what rules ask for; derived ones come out of the last address, status and annotations."""
    more = (
        ',"responseStatus":{"metadata":{},"reason":"Forbidden","code":403},"requestObject":{"a":1},'
        '"responseObject":{"b":2}'
    )
    line = (
        event(7, more=more).replace(b"}\n", b"").removesuffix(b"}")
        + b',"annotations":{"authorization.k8s.io/decision":"forbid",'
        b'"authorization.k8s.io/reason":"no"}}'
    )
    line = line.replace(
        b'{"username":"ann"}',
        b'{"username":"ann","groups":["g"],"extra":{"authentication.kubernetes.io/credential-id":["JTI=1"]}}',
    )
    found = columns(line)
    assert found["time"] == dt.datetime(2026, 1, 1, 0, 0, 0, 7)  # noqa: DTZ001  # columns are UTC without saying so
    expected = {
        "cluster": "c1",
        "source_ip": "10.0.0.1",
        "code": 403,
        "reason": "Forbidden",
        "decision": "forbid",
        "decision_reason": "no",
        "credential_id": "JTI=1",
        "groups": ["g"],
        "request_object": '{"a":1}',
        "response_object": '{"b":2}',
        "username": "ann",
        "resource": "pods",
        "name": "p7",
    }
    assert expected.items() <= found.items()
    assert "line" not in found


@pytest.mark.parametrize(
    ("line", "column", "value"),
    [
        (f'{{{HEAD},"stageTimestamp":"2026-01-01T01:00:00+01:00"}}', "time", dt.datetime(2026, 1, 1)),  # noqa: DTZ001  # see above
        (f'{{{HEAD},"stageTimestamp":"9999-99-99T00:00:00.000000Z"}}', "time", None),
        (f'{{{HEAD},"stageTimestamp":"0001-01-01T00:00:00+23:00"}}', "time", None),
        (f'{{{HEAD},"responseStatus":{{"code":99999999999}}}}', "code", None),
        (f'{{{HEAD},"responseStatus":{{"code":true,"reason":5}}}}', "reason", None),
        (f'{{{HEAD},"responseStatus":[1]}}', "code", None),
        (f'{{{HEAD},"verb":"a\\ud800b"}}', "verb", "a�b"),
        (f'{{{HEAD},"requestObject":{{"a":"\\ud800"}}}}', "request_object", '{"a":"\\ufffd"}'),
        (f'{{{HEAD},"requestObject":{DEEP}}}', "stage", "Panic"),
        (f'{{{HEAD},"verb":"x","verb":"y"}}', "verb", "y"),
        (f'{{{HEAD},"annotations":{{"a":null}}}}', "annotations", '{"a":null}'),
        (f'{{{HEAD},"userAgent":"{"x" * 1_000_000}"}}', "stage", "Panic"),
        (f'{{{HEAD},"requestObject":{{"n":123456789012345678901234567890}}}}', "stage", "Panic"),
        ("not json at all", "stage", None),
    ],
    ids=lambda value: str(value)[-50:],
)  # fmt: skip
def test_odd_values_keep_the_line_and_what_can_be_read(line, column, value):
    """No value stops the writer, and the line comes back."""
    table = encode(line.encode())
    assert table[column][0].as_py() == value
    assert rebuild_line(table.to_pylist()[0]) == line.encode()


def test_bytes_that_are_not_utf8_do_not_reach_text_columns():
    """A body with a broken character is replaced in the column and whole in the line."""
    line = f'{{{HEAD},"requestObject":{{"a":"?"}}}}'.encode().replace(b"?", b"\xff")
    table = encode(line)
    assert json.loads(table["request_object"][0].as_py()) == {"a": "�"}
    assert rebuild_line(table.to_pylist()[0]) == line


@pytest.mark.parametrize("body", ['{"a":"\\ud800"}', '{"a":1e999}', '{"a":1}', '{"a":1,"a":2}', DEEP])
def test_duckdb_can_read_every_body_column(body):
    """A body that DuckDB's JSON cannot read would make every hunt fail."""
    found = encode(f'{{{HEAD},"requestObject":{body}}}'.encode())["request_object"][0].as_py()
    assert duckdb.execute("SELECT $1 IS NULL OR json_valid($1)", [found]).fetchone() == (True,)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-01T10:00:00.000007Z", dt.datetime(2026, 1, 1, 10, 0, 0, 7)),  # noqa: DTZ001
        ("2026-01-01T10:00:00.5+01:00", dt.datetime(2026, 1, 1, 9, 0, 0, 500_000)),  # noqa: DTZ001
        ("1960-02-29T23:59:59.999999Z", dt.datetime(1960, 2, 29, 23, 59, 59, 999_999)),  # noqa: DTZ001
        ("2026-01-01T10:00:00.000007", None),
        ("2026-01-01T24:00:00.000000Z", None),
        ("2026-02-30T10:00:00.000000Z", None),
        ("2026-01-01T10:00:00.00000\u0667Z", None),
    ],
)
def test_times_are_read_alone_and_beside_others_of_their_second(text, time):
    """What is written as kube-apiserver writes it needs no line; other forms and other texts keep it."""
    line, other = (f'{{{HEAD},"stageTimestamp":"{one}"}}'.encode() for one in (text, "2026-01-01T10:00:00.999999Z"))
    rows = encode(other, line, line, other).to_pylist()
    assert [row["time"] for row in rows[1:3]] == [time, time]
    assert rows[0]["time"] == rows[3]["time"] == dt.datetime(2026, 1, 1, 10, 0, 0, 999_999)  # noqa: DTZ001
    assert [rebuild_line(row) for row in rows] == [other, line, line, other]


def test_bodies_and_statuses_stand_beside_their_own_event():
    """Also where some events have none, and where a status comes again, is long or is none."""
    long = json.dumps({"code": 500, "message": "x" * 2000})
    statuses = ['{"code":200}', None, long, '{"code":200}', '"odd"', long, '{"code":404,"reason":"NotFound"}']
    bodies = [None, '{"a":"\u00e9"}', "null", '"\u20ac"', None, "[]", "1"]
    lines = [
        (f"{{{HEAD}" + (f',"responseStatus":{s}' if s else "") + (f',"requestObject":{b}' if b else "") + "}").encode()
        for s, b in zip(statuses, bodies, strict=True)
    ]
    found = encode(*lines)
    assert found["request_object"].to_pylist() == bodies
    assert found["response_status"].to_pylist() == statuses
    assert found["code"].to_pylist() == [200, None, 500, 200, None, 500, 404]
    assert found["reason"].to_pylist() == [None] * 6 + ["NotFound"]
    assert [rebuild_line(row) for row in found.to_pylist()] == lines
