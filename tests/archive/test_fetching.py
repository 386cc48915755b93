"""Found events are fetched in the order of arrival, in parts that fit into memory, of columns that are asked for."""

import threading

import duckdb
import pyarrow as pa
import pytest

from lanner.archive import fetching
from lanner.archive.fetching import Fetcher
from lanner.archive.fieldreads import EVERYTHING, NAMED_IN_BODY, PART, TOLD, WHOLE
from lanner.archive.query import plan_files
from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive


def line(number):
    return (
        f'{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"id-{number}","stage":"Panic",'
        f'"requestURI":"/","verb":"get","user":{{"username":"u"}},"objectRef":{{"resource":"pods","name":"p{number}"}},'
        f'"requestObject":{{"a":{number}}},"stageTimestamp":"2026-01-01T00:00:00.000000Z"}}'
    ).encode()


@pytest.fixture
def files(tmp_path):
    archive = Archive.open(ArchiveSettings(), tmp_path)
    for numbers in ((3, 0, 5), (4, 1, 2)):
        archive.append([Row(raw=line(number), source="s", ordinal=number) for number in numbers])
    archive.refresh()
    found = plan_files(archive)
    archive.close()
    return found


def fetched(files, columns=EVERYTHING, *, extent=PART, stop=None):
    """Fetch all events of the files."""
    with duckdb.connect() as connection:
        found = connection.read_parquet(files, hive_partitioning=False, filename=True, file_row_number=True)
        rows = found.project(
            f"filename AS file, file_row_number AS place, {extent} AS extent, NULL AS moment, source, ordinal, item"
        )
        rows.create("found")
        return [text for text, _ in Fetcher(connection, columns, stop).lines("found")]


@pytest.mark.parametrize(
    ("rows", "size", "few"), [(100, 1 << 20, 32), (100, 1 << 20, 2), (2, 1 << 20, 32), (100, 1, 32)]
)
def test_events_come_in_the_order_of_arrival_however_many_are_held_at_once(files, monkeypatch, rows, size, few):
    """All in one part, many in a file, in parts of few rows, and where each event is heavier than a part may be."""
    monkeypatch.setattr(fetching, "_FEW", few)
    monkeypatch.setattr(fetching, "PART_ROWS", rows)
    monkeypatch.setattr(fetching, "PART_BYTES", size)
    assert fetched(files) == [line(number) for number in range(6)]


def test_columns_that_nobody_asked_for_are_absent_but_in_events_that_are_wanted_whole(files):
    """The body is not there, what alerts tell is."""
    (first, *_) = fetched(files, TOLD)
    assert b"requestObject" not in first
    assert b'"auditID":"id-0"' in first
    assert b"requestObject" in fetched(files, TOLD, extent=NAMED_IN_BODY)[0]
    assert fetched(files, TOLD, extent=WHOLE) == [line(number) for number in range(6)]


def test_fetching_ends_when_it_is_asked_to(files):
    """As a hunt does that is interrupted."""
    stop = threading.Event()
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        fetched(files, stop=stop)


def test_nothing_is_fetched_where_nothing_was_found():
    """The table of places is empty."""
    with duckdb.connect() as connection:
        empty = pa.table({name: pa.array([], pa.int64()) for name in ("place", "moment", "ordinal", "item")})
        connection.register("none", empty)
        connection.execute("CREATE TABLE found AS SELECT '' AS file, *, 0 AS extent, '' AS source FROM none")
        assert list(Fetcher(connection, EVERYTHING, None).lines("found")) == []
