"""A hunt sees the events and nothing else, and says where the SQL is wrong."""

import pytest

from lanner.archive.query import hunt
from lanner.errors import GroundError, SourceError, UsageError


def ask(archive, sql, **options):
    with hunt(archive, sql, **options) as answer:
        return answer.columns, list(answer.rows)


def test_an_empty_archive_has_all_columns(archive):
    """SQL works before the first event."""
    assert ask(archive, "SELECT count(*) AS n, max(time) AS t FROM events") == (["n", "t"], [(0, None)])


def test_columns_and_json_can_be_asked(archive, make_row):
    """Typed columns, lists, JSON bodies and times in UTC."""
    archive.append([make_row(number, more=',"requestObject":{"kind":"Pod"}') for number in range(3)])
    sql = (
        "SELECT name, source_ips[-1], request_object->>'$.kind', time::text FROM events "
        "WHERE time >= '2026-01-01T00:00:00Z' AND position = 20"
    )
    assert ask(archive, sql)[1] == [("p2", "10.0.0.1", "Pod", "2026-01-01 00:00:00.000002+00")]


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("SELECT *\n  FRM events", "sql:2:"),
        ("SELECT\n  nosuch FROM events", "sql:2:3: "),
        ("SELECT error('x') FROM events", "sql: "),
        ("SELECT cast(name AS int) FROM events", "sql:1:8: "),
    ],
)
def test_errors_name_line_and_column(archive, make_row, sql, place):
    """The place is that in the text the user wrote."""
    archive.append([make_row()])
    with pytest.raises(SourceError) as caught:
        ask(archive, sql)
    assert str(caught.value).startswith(place)
    assert "LINE" not in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        *("SELECT 1; SELECT 2", "", "COPY events TO 'x.csv'", "ATTACH 'x.db'", "INSTALL httpfs", "SET threads = 9"),
        *("CREATE TABLE t AS SELECT 1", "DROP VIEW events", "EXPLAIN ANALYZE SELECT 1", "PRAGMA version"),
    ],
)
def test_only_one_select_is_run(archive, sql):
    """Nothing that changes, writes or configures."""
    with pytest.raises(UsageError, match="one SELECT"):
        ask(archive, sql)


@pytest.mark.parametrize(
    "source",
    ["read_text('{0}')", "read_csv('{0}')", "'{0}'", "glob('{1}/*')", "read_csv('http://127.0.0.1:9/x')",
     "query('COPY (SELECT 1) TO ''{1}/new''')", "sniff_csv('{0}')", "read_blob('{1}/archive/catalog.db')"],
)  # fmt: skip
def test_other_files_and_the_network_are_out_of_reach(archive, make_row, tmp_path, source):
    """SQL from a user reads the archive's data files alone."""
    archive.append([make_row()])
    secret = tmp_path / "secret.csv"
    secret.write_text("a\nhidden\n")
    with pytest.raises(SourceError):
        ask(archive, f"SELECT * FROM {source.format(secret, tmp_path)}")
    assert not (tmp_path / "new").exists()


def test_memory_is_bounded(archive, make_row):
    """A hunt that needs too much ends with the limit named, not with the machine's memory."""
    archive.append([make_row()])
    with pytest.raises(GroundError, match="Memory"):
        ask(archive, "SELECT list(range) FROM range(50000000)", memory="40MB")
