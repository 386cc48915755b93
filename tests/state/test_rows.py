"""Rows arrive whole and in order, however many they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from lanner.state.rows import MOST, insert


@pytest.mark.parametrize("count", [0, 1, 2, MOST - 1, MOST, MOST + 1, 5 * MOST + 3])
def test_rows_of_any_number_are_inserted_as_they_are(count):
    rows = [(number, f"text {number}", None) for number in range(count)]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table t (a integer, b text, c blob)")
        insert(connection, "insert into t", rows)
        assert connection.execute("select a, b, c from t order by rowid").fetchall() == rows


def test_a_row_that_is_refused_is_an_error_and_its_statement_leaves_nothing():
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table t (a integer primary key)")
        with pytest.raises(sqlite3.IntegrityError):
            insert(connection, "insert into t", [(1,), (2,), (1,)])
        assert connection.execute("select count(*) from t").fetchone() == (0,)
