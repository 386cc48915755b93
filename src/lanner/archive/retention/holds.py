"""Legal holds: queries whose rows are not deleted. They ride in the table's summary, so each is a sealed commit."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping

import duckdb
import msgspec
import sqlglot
from sqlglot import exp

from lanner.archive.auditids import shown_schema
from lanner.archive.change import Change
from lanner.archive.store import Archive
from lanner.errors import UsageError

HOLDS = "lanner.holds"
MOST, MOST_LETTERS = 100, 2000
_EXAMPLE = "namespace = 'payments' AND time >= '2026-01-01'"
_FORBIDDEN = (
    *(exp.Query, exp.Subquery, exp.AggFunc, exp.Window, exp.Parameter, exp.Placeholder, exp.Alias, exp.Block),
    *(exp.Star, exp.Command),
)
_CHANGING = re.compile("now|current|today|local|rand|uuid|transaction|nextval|currval|variable|getenv|setseed|timezone")


class Hold(msgspec.Struct, frozen=True):
    """Rows that match `where` are kept, from `placed` on until the hold is released."""

    where: str
    placed: dt.datetime


def read_holds(carried: Mapping[str, str]) -> dict[str, Hold]:
    """Return the holds by name that a summary carries."""
    return msgspec.json.decode(carried.get(HOLDS, "{}"), type=dict[str, Hold])


def place(archive: Archive, name: str, where: str) -> Hold:
    """Place a hold; raises UsageError for a name in use or a condition that cannot be evaluated, GroundError."""
    carried = archive.carried()
    holds = read_holds(carried)
    if name in holds:
        raise UsageError(
            f"there is a hold {name!r} already: {holds[name].where}; release it first or choose another name"
        )
    if not name or len(holds) >= MOST:
        raise UsageError(f"a hold needs a name, and there may be {MOST} of them")
    check(archive, where)
    hold = Hold(where, dt.datetime.now(dt.UTC))
    _write(archive, carried, {**holds, name: hold}, "hold")
    return hold


def release(archive: Archive, name: str) -> Hold:
    """End a hold; its rows are deleted at the next expiry if their time is over. Raises UsageError, GroundError."""
    carried = archive.carried()
    holds = read_holds(carried)
    if name not in holds:
        raise UsageError(f"there is no hold {name!r}; there are: {', '.join(sorted(holds)) or 'none'}")
    _write(archive, carried, {key: hold for key, hold in holds.items() if key != name}, "release")
    return holds[name]


def check(archive: Archive, where: str) -> None:
    """Refuse what is no condition on one row that always gives the same answer; raises UsageError."""
    if not where.strip() or len(where) > MOST_LETTERS:
        raise UsageError(f"--where takes a condition of at most {MOST_LETTERS} letters, such as {_EXAMPLE}")
    try:
        tree = sqlglot.parse_one(where, dialect="duckdb")
    except sqlglot.errors.SqlglotError as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"--where cannot be read as a condition such as {_EXAMPLE}: {reason}") from error
    for node in tree.walk():
        _refuse(node)
    schema = shown_schema(archive.table)
    try:
        with quiet_connection() as connection:
            connection.register("events", schema.empty_table())
            connection.execute(f"SELECT ({where}\n) IS TRUE FROM events").fetchall()  # noqa: S608 - one expression
    except duckdb.Error as error:
        raise UsageError(f"--where: {str(error).splitlines()[0]}; docs/archive.md lists the columns") from error


def condition(holds: Iterable[Hold]) -> str:
    """Return an SQL condition that is true for rows under any hold."""
    return " OR ".join(f"coalesce(({hold.where}\n), false)" for hold in holds) or "false"


def columns(holds: Iterable[Hold]) -> set[str]:
    """Return the columns that holds look at."""
    return {
        column.name.lower()
        for hold in holds
        for column in sqlglot.parse_one(f"({hold.where}\n)", dialect="duckdb").find_all(exp.Column)
    }


def quiet_connection() -> duckdb.DuckDBPyConnection:
    """Return a DuckDB that reaches no file, network or extension."""
    connection = duckdb.connect(
        config={"threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    return connection


def _refuse(node: exp.Expr) -> None:
    name = (node.name if isinstance(node, exp.Anonymous) else node.key).lower().replace("_", "")
    is_function = isinstance(node, exp.Func | exp.Anonymous)
    if isinstance(node, _FORBIDDEN) or (is_function and _CHANGING.search(name)):
        raise UsageError(f"--where: {node.sql('duckdb')}: a hold looks at one row and always gives the same answer")


def _write(archive: Archive, carried: Mapping[str, str], holds: Mapping[str, Hold], kind: str) -> None:
    text = msgspec.json.encode(holds, order="sorted").decode()
    archive.exchange(Change(kind, says={HOLDS: text}, requires={HOLDS: carried.get(HOLDS, "")}))
