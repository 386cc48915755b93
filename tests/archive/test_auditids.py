"""UUIDs take sixteen bytes in the table; whoever reads it through lanner sees the auditID as it was in the event."""

import uuid

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.archive.auditids import SHOWN, shown_rows, shown_schema, uuid_bytes, uuid_texts
from lanner.archive.codec import encode_rows
from lanner.archive.export import columns_of, export_columns
from lanner.archive.query import hunt
from lanner.archive.row import Row
from lanner.archive.statement import write_statement
from lanner.rules.falco.condition import parse_condition

ID = "3bc80d18-f72f-497b-83a8-62963916f33e"
ODD_IDS = [
    *("", "id-1", ID.upper(), ID.replace("-", ""), f"{{{ID}}}", f"{ID} ", ID[:-1], "-" + ID[:-1], ID.replace("3", "g")),
    *("3bc80d18f-72f-497b-83a8-62963916f33e", "3bc80d18-f72f-497b-83a8-6296391 f33e", ID.replace("3", "\u0663")),
]


@given(st.uuids())
def test_a_uuid_is_read_and_written_back(value):
    """As Python and kube-apiserver write it, of any version."""
    assert uuid_bytes(str(value)) == value.bytes
    assert uuid_texts(pa.array([value.bytes], pa.uuid())).to_pylist() == [str(value)]


@pytest.mark.parametrize("text", ODD_IDS)
def test_what_is_written_in_another_way_is_no_uuid(text):
    """Capitals, braces, blanks, missing or moved dashes, digits of another script."""
    assert uuid_bytes(text) is None


@given(st.lists(st.none() | st.uuids(), max_size=9), st.integers(0, 9), st.integers(0, 9))
def test_slices_of_columns_are_written_as_they_stand(values, start, length):
    """Nulls stay null, wherever the slice begins."""
    column = pa.array([value and value.bytes for value in values], pa.uuid()).slice(start, length)
    assert uuid_texts(column).to_pylist() == [value and str(value) for value in values[start : start + length]]


def table(ids):
    lines = ['{"kind":"Event","user":{}}' if one is None else f'{{"kind":"Event","auditID":"{one}"}}' for one in ids]
    return encode_rows([Row(raw=line.encode(), source="s", ordinal=n) for n, line in enumerate(lines)], "c")


@settings(deadline=None)
@given(st.lists(st.none() | st.uuids().map(str) | st.sampled_from(ODD_IDS), min_size=1, max_size=9))
def test_arrow_and_sql_show_the_id_of_the_event(ids):
    """Each id is in one of the two columns, an absent one in neither."""
    rows = table(ids)
    stored = zip(rows["audit_id"].to_pylist(), rows["audit_text"].to_pylist(), strict=True)
    assert all((one is None) or (other is None) for one, other in stored)
    seen = shown_rows(rows)
    assert seen["audit_id"].to_pylist() == ids
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        found = connection.sql(f"SELECT {SHOWN} FROM rows ORDER BY ordinal").to_arrow_table()
    assert found["audit_id"].to_pylist() == ids
    assert found.schema.names == seen.schema.names


def test_a_hunt_an_export_and_another_reader_of_the_table(archive, make_row):
    """SQL and exports know one column of text; other engines see a UUID and the text of what is none."""
    other = make_row(1)
    other.raw = other.raw.replace(b'"id-1"', f'"{ID}"'.encode())
    archive.append([other, make_row(2)])
    with hunt(archive, f"SELECT name FROM events WHERE audit_id IN ('{ID}', 'id-2') AND audit_id LIKE '%-%'") as answer:
        assert sorted(answer.rows) == [("p1",), ("p2",)]
    with hunt(archive, "SELECT * FROM events") as answer:
        assert answer.columns == shown_schema(archive.table).names == columns_of(archive)
    assert [row["audit_id"] for row in export_columns(archive, names=["audit_id"])] == [ID, "id-2"]
    read = archive.refresh().scan(selected_fields=("audit_id", "audit_text")).to_arrow().to_pylist()
    assert {(row["audit_id"], row["audit_text"]) for row in read} == {(uuid.UUID(ID), None), (None, "id-2")}


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        ("duckdb", "audit_id"),
        ("spark", "COALESCE(CAST(audit_id AS STRING), audit_text)"),
        ("trino", "COALESCE(CAST(audit_id AS VARCHAR), audit_text)"),
    ],
)
def test_statements_name_the_id_as_their_engine_finds_it(engine, name):
    """In the condition and among the columns that they show."""
    said, refused = write_statement(parse_condition(f"ka.auditid = '{ID}'"), engine)
    assert f"{name} = '{ID}'" in said
    assert f"{name} AS audit_id" in said or engine == "duckdb"
    assert not refused
