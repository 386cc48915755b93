"""Writes many rows by few statements.

Each statement gives the interpreter away, and while another thread computes it comes back late: half a millisecond and
more, where the statement itself takes ten microseconds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

MOST = 32
"""Rows of one statement: SQLite takes 999 values, and Python keeps 128 statements prepared."""


def insert(connection: sqlite3.Connection, into: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of equal length; `into` is the statement up to its values. Raises sqlite3.Error."""
    for start in range(0, len(rows), MOST):
        some = rows[start : start + MOST]
        holes = ", ".join("?" * len(some[0]))
        values = ", ".join([f"({holes})"] * len(some))
        connection.execute(f"{into} values {values}", list(chain.from_iterable(some)))
