"""An archive in an object store answers as a local one does, and says what is wrong with the store."""

import boto3
import pytest

from lanner.archive.export import export_lines
from lanner.archive.hunting import find_events
from lanner.archive.query import hunt
from lanner.archive.remote_errors import remote_text
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.errors import GroundError, SourceError
from lanner.rules.falco.condition import parse_condition

NOBODY = "http://127.0.0.1:9"


def test_a_hunt_reads_an_object_store(stored_archive, make_row):
    """Typed columns and JSON bodies, over files of several days, without an extension of DuckDB."""
    rows = [make_row(number, day=number, more=',"requestObject":{"kind":"Pod"}') for number in range(1, 4)]
    stored_archive.append(rows)
    sql = "SELECT count(*), min(request_object->>'$.kind') FROM events WHERE time >= '2026-01-02T00:00:00Z'"
    with hunt(stored_archive, sql) as answer:
        assert list(answer.rows) == [(2, "Pod")]
    assert list(export_lines(stored_archive)) == [row.raw for row in rows]


def test_rules_are_hunted_in_an_object_store(stored_archive, make_row):
    """As in a local archive: only the events that may match are read as lines."""
    rows = [make_row(number, day=number) for number in range(1, 4)]
    stored_archive.append(rows)
    condition = parse_condition("ka.target.name = p2")
    with find_events(stored_archive, [condition]) as found:
        assert [line for line, _ in found.lines] == [rows[1].raw]


def test_a_hunt_reads_no_other_file_of_the_store(stored_archive, make_row, object_store):
    """The SQL of a hunt sees the archive's files alone."""
    stored_archive.append([make_row()])
    boto3.client("s3", endpoint_url=object_store).put_object(Bucket="audit", Key="other.csv", Body=b"a,b\n1,2\n")
    with pytest.raises(SourceError, match="Permission Error"), hunt(stored_archive, "FROM 's3://audit/other.csv'"):
        pass


def test_a_file_that_is_gone_from_the_store_is_named(stored_archive, make_row, object_store):
    """A hunt over a damaged archive fails with the place, not with half an answer."""
    stored_archive.append([make_row()])
    place = next(iter(stored_archive.table.scan().plan_files())).file.file_path
    bucket, _, key = place.removeprefix("s3://").partition("/")
    boto3.client("s3", endpoint_url=object_store).delete_object(Bucket=bucket, Key=key)
    with pytest.raises(GroundError, match=key), hunt(stored_archive, "SELECT count(verb) FROM events") as answer:
        list(answer.rows)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"warehouse": "s3://nosuch/w"}, "bucket nosuch is not there; make it, or mend archive.catalog.warehouse"),
        ({"s3.endpoint": NOBODY}, "bucket audit cannot be reached .* look at s3.endpoint"),
    ],
)
def test_a_wrong_store_is_told_with_the_setting_that_mends_it(object_store, credentials, tmp_path, change, words):
    """No traceback of pyarrow, no talk of disks."""
    catalog = {"type": "sql", "uri": f"sqlite:///{tmp_path}/c.db", "warehouse": "s3://audit/w"}
    settings = ArchiveSettings(catalog={**catalog, "s3.endpoint": object_store, **change})
    with pytest.raises(GroundError, match=words):
        Archive.open(settings, tmp_path / "archive")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("ACCESS_DENIED", "bucket b refuses PutObject .* their right to read, write and delete"),
        ("INVALID_ACCESS_KEY_ID", "look at the credentials"),
        ("SLOW_DOWN", "bucket b failed: "),
    ],
)
def test_what_the_store_answers_is_put_into_words(kind, words):
    """pyarrow's errors differ in their text alone."""
    text = f"When uploading part for key 'k' in bucket 'b': AWS Error {kind} during PutObject operation: No."
    assert remote_text(OSError(text)) is not None
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(remote_text(OSError(text)))


def test_a_local_disk_is_none_of_its_business():
    """Errors without a server behind them have their words elsewhere."""
    assert remote_text(OSError(28, "No space left on device")) is None
