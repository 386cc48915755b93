"""The tables of the state database and how it is opened, checked and set aside when damaged."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from lanner.errors import GroundError

VERSION = 1
WAL_BYTES = 16 * 1024 * 1024
"""What the write-ahead log is cut to after a checkpoint; one large prune would else leave it large for ever."""

TABLES = """
create table if not exists checkpoint (
    source text primary key, position text not null, sequence integer not null) without rowid;
create table if not exists progress (
    only integer primary key check (only = 1), sequence integer not null);
create table if not exists alert (
    id integer primary key autoincrement, sequence integer not null, time text not null, rule text not null,
    priority integer not null, throttled integer not null, body blob not null, event blob);
create index if not exists alert_by_rule on alert (rule, priority);
create table if not exists delivery (
    output text primary key, alert_id integer not null, sent integer not null default 0,
    refused integer not null default 0, error text not null default '') without rowid;
create table if not exists refused (
    output text not null, alert_id integer not null, error text not null, primary key (output, alert_id)) without rowid;
create table if not exists quarantine (
    id integer primary key autoincrement, seen real not null, source text not null, origin text not null,
    offset integer not null, reason text not null, size integer not null, sample blob not null);
create table if not exists seen (
    digest blob primary key, received real not null) without rowid;
create index if not exists seen_by_time on seen (received);
create table if not exists hit (
    sequence integer primary key, body blob not null);
create table if not exists incident (
    id text primary key, updated text not null, score integer not null, into_ text not null default '',
    body blob not null, links blob not null) without rowid;
create index if not exists incident_by_time on incident (updated);
create index if not exists incident_by_score on incident (score, updated) where into_ = '';
create index if not exists incident_by_merge on incident (into_) where into_ != '';
create table if not exists incident_alert (
    incident text not null, alert_id integer not null, primary key (incident, alert_id)) without rowid;
create table if not exists memory (
    only integer primary key check (only = 1), sequence integer not null, body blob not null);
create table if not exists hunted (
    id integer primary key autoincrement, hunt text not null, identity blob not null, seen real not null, alert blob,
    unique (hunt, identity));
create index if not exists hunted_waiting on hunted (id) where alert is not null;
create table if not exists hunt_alert (
    hunt text not null, alert_id integer not null, primary key (hunt, alert_id)) without rowid;
create table if not exists status (
    part text primary key, body blob not null, updated real not null) without rowid;
"""


class DamagedStateError(Exception):
    """The file is there but is not a sound SQLite database of lanner."""


def connect(path: Path, *, read_only: bool = False, check: bool = False) -> sqlite3.Connection:
    """Open the database, creating it and its tables when missing; `check` reads all of it for soundness.

    Raises DamagedStateError when the content is unsound, GroundError when the file cannot be opened at all.
    """
    try:
        if read_only:
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10, check_same_thread=False)
        else:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    except (sqlite3.OperationalError, OSError) as error:
        raise GroundError(f"cannot open the state database {path}: {error}") from error
    try:
        _prepare(connection, read_only=read_only, check=check)
    except sqlite3.OperationalError as error:
        connection.close()
        raise GroundError(f"cannot use the state database {path}: {error}") from error
    except sqlite3.DatabaseError as error:
        connection.close()
        raise DamagedStateError(str(error)) from error
    return connection


def _prepare(connection: sqlite3.Connection, *, read_only: bool, check: bool) -> None:
    if read_only:
        connection.execute("select count(*) from status").fetchone()
        return
    verdict = connection.execute("pragma quick_check(1)").fetchone() if check else ("ok",)
    if verdict[0] != "ok":
        raise sqlite3.DatabaseError(verdict[0])
    connection.execute("pragma journal_mode = wal")
    # The spool is synced first and replayed after a crash, so SQLite need not sync each transaction.
    connection.execute("pragma synchronous = normal")
    connection.execute(f"pragma journal_size_limit = {WAL_BYTES}")
    connection.executescript(TABLES)
    connection.execute(f"pragma user_version = {VERSION}")


def set_aside(path: Path) -> Path:
    """Rename a damaged database (and its journal files) so that a new one can be made; return the new name."""
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%S')}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside
