"""Exports in each form hold every event, in the order of arrival."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from lanner.archive import forms
from lanner.archive.export import columns_of, count_events
from lanner.archive.forms import FORMS, Export
from lanner.archive.selection import Selection
from lanner.errors import UsageError

ODD = ',"requestObject":{"a":"x,\\"y\\nz"}'


@pytest.fixture
def filled(archive, make_row):
    archive.append([make_row(number, day=number, more=ODD) for number in (1, 2, 3)])
    return archive


def export(archive, form, **options):
    stream, told = io.BytesIO(), []
    FORMS[form](archive, Export(advance=told.append, **options), stream)
    return stream.getvalue(), sum(told)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_form_tells_how_far_it_is(filled, form):
    """In events."""
    assert export(filled, form)[1] == 3 == count_events(filled)


def test_schemas_write_an_object_a_line(filled):
    """With the cluster of the column."""
    for form, path in (("ocsf", ("metadata", "tenant_uid")), ("ecs", ("orchestrator", "cluster"))):
        rows = [json.loads(line) for line in export(filled, form)[0].splitlines()]
        assert [row[path[0]][path[1]] for row in rows] == [{"name": "default"} if form == "ecs" else "default"] * 3


def test_a_body_over_several_lines_stays_on_one(archive, make_row):
    """A webhook may send it so."""
    archive.append([make_row(1, more=',"requestObject":{\n"a":\n1}')])
    (line,) = export(archive, "ocsf")[0].splitlines()
    assert json.loads(line)["api"]["request"]["data"] == {"a": 1}


def test_csv_reads_back(filled):
    """Quotes, commas and newlines in values; lists are JSON."""
    rows = list(csv.DictReader(io.StringIO(export(filled, "csv")[0].decode())))
    assert [row["name"] for row in rows] == ["p1", "p2", "p3"]
    assert json.loads(rows[0]["source_ips"]) == ["1.2.3.4", "10.0.0.1"]
    assert json.loads(rows[0]["request_object"]) == {"a": 'x,"y\nz'}
    assert rows[0]["time"].startswith("2026-01-01 00:00:00.000001")
    assert list(rows[0]) == [name for name in columns_of(filled) if name != "line"]


def test_parquet_is_one_file_with_all_columns(filled, monkeypatch):
    """In row groups of bounded size."""
    monkeypatch.setattr(forms, "GROUP_ROWS", 2)
    file = pq.ParquetFile(io.BytesIO(export(filled, "parquet")[0]))
    assert file.schema_arrow.names == columns_of(filled)
    assert file.read()["name"].to_pylist() == ["p1", "p2", "p3"]


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_columns_may_be_chosen(filled, form):
    """In the order asked for."""
    text = export(filled, form, columns=("name", "verb"))[0]
    names = {
        "json": lambda: list(json.loads(text.splitlines()[0])),
        "csv": lambda: next(csv.reader(io.StringIO(text.decode()))),
        "parquet": lambda: pq.read_schema(io.BytesIO(text)).names,
    }
    assert names[form]() == ["name", "verb"]
    with pytest.raises(UsageError, match="no column 'nme'; did you mean 'name'"):
        export(filled, form, columns=("nme",))


@pytest.mark.parametrize("form", sorted(FORMS))
def test_an_export_of_nothing_is_whole(archive, form):
    """A header or an empty file, not a failure."""
    text, told = export(archive, form, selection=Selection(cluster="none"))
    assert told == 0
    assert {"csv": text.startswith(b'"time",'), "parquet": text[:4] == b"PAR1"}.get(form, text == b"")
