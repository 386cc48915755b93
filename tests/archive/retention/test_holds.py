"""Holds are placed, listed, released; what is no condition on one row is refused."""

import pytest

from lanner.archive.retention.holds import columns, place, read_holds, release
from lanner.errors import UsageError


def test_a_hold_rides_in_the_table(shelf):
    """Later commits carry it on; a release ends it."""
    placed = place(shelf.archive, "case", "namespace = 'a' AND name IS NOT NULL")
    shelf.add((1, 1, "a"))
    assert read_holds(shelf.archive.carried()) == {"case": placed}
    assert columns([placed]) == {"namespace", "name"}
    assert release(shelf.archive, "case") == placed
    assert read_holds(shelf.archive.carried()) == {}


def test_names_are_used_once(shelf):
    """And only what is there can be released."""
    place(shelf.archive, "case", "true")
    with pytest.raises(UsageError, match="there is a hold 'case' already"):
        place(shelf.archive, "case", "false")
    with pytest.raises(UsageError, match="there are: case"):
        release(shelf.archive, "other")


@pytest.mark.parametrize(
    "where",
    [
        "",
        "namespace =",
        "namespace = 'a') OR (true",
        "true) UNION SELECT * FROM events WHERE (true",
        "true ORDER BY name",
        "name IN (SELECT name FROM events)",
        "time > now()",
        "time > current_timestamp",
        "random() < 0.5",
        "count(*) > 1",
        "no_such_column = 1",
        "name = $x",
        "getenv('HOME') = 'x'",
        "x" * 3000,
    ],
)
def test_no_other_queries(shelf, where):
    """A hold must give the same answer whenever it is asked."""
    with pytest.raises(UsageError):
        place(shelf.archive, "case", where)


@pytest.mark.parametrize(
    "where",
    [
        "username LIKE 'system:%' AND verb IN ('get', 'list')",
        "time BETWEEN '2026-01-01' AND TIMESTAMPTZ '2026-02-01'",
        "list_contains(groups, 'admins') -- and a note",
        "request_object->>'$.kind' = 'Pod'",
        "namespace = 'a' OR namespace ILIKE 'b%'",
    ],
)
def test_conditions_on_columns(shelf, where):
    """DuckDB's, as in hunts."""
    place(shelf.archive, "case", where)
