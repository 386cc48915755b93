"""Checks of what lanner stands on: data folder, disk, state, spool, archive, the page's port, inotify, versions."""

from __future__ import annotations

import http.client
import importlib.metadata
import os
import platform
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from lanner.errors import GroundError
from lanner.pipeline.checks import Finding, Ground
from lanner.pipeline.checks_inputs import CONNECT_SECONDS, connects
from lanner.sources.file_settings import FileSettings
from lanner.state import spool

MIB = 1024 * 1024
LITTLE, VERY_LITTLE = 1024 * MIB, 100 * MIB
OLD_SECONDS = 600.0
TOLD = ("pyiceberg", "pyarrow", "duckdb", "nicegui", "msgspec")


def data_folder(ground: Ground) -> Iterator[Finding]:
    """The data folder: there, writable, closed to others."""
    root = ground.folder.root
    place = next(folder for folder in (root, *root.absolute().parents) if folder.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        fix = "give it to this user, or name another folder with --data"
        yield Finding("data folder", "problem", f"{place}: user {os.geteuid()} may not write there", fix)
    elif place != root:
        yield Finding("data folder", "ok", f"{root}: lanner makes it at its first start")
    elif root.stat().st_mode & 0o077:
        message = f"{root}: other users may look into it; audit events hold secrets"
        yield Finding("data folder", "warning", message, f"chmod 700 {root}")
    else:
        yield Finding("data folder", "ok", f"{root}: writable, closed to others")
    yield _space(place)


def _space(place: Path) -> Finding:
    disk = os.statvfs(place)
    free = disk.f_bavail * disk.f_frsize
    message = f"{free / MIB:,.0f} MiB free at {place}"
    if free >= LITTLE:
        return Finding("disk", "ok", message)
    fix = "make room: when the disk is full, sources wait and nothing is acknowledged"
    return Finding("disk", "warning" if free >= VERY_LITTLE else "problem", message, fix)


def state(ground: Ground) -> Iterator[Finding]:
    """Whether the state database is sound, looked at as a whole."""
    path = ground.folder.state
    if not path.exists():
        yield Finding("state", "ok", f"{path}: not made yet")
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            verdict = str(connection.execute("pragma quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        yield Finding("state", "problem", f"{path}: {error}", "run doctor as the user that lanner runs as")
        return
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict == "ok":
        yield Finding("state", "ok", f"{path}: sound, {path.stat().st_size / MIB:,.1f} MiB")
    else:
        fix = "restart lanner: it sets the file aside and goes on from spool and archive"
        yield Finding("state", "problem", f"{path} is damaged: {verdict}", fix)


def waiting(ground: Ground) -> Iterator[Finding]:
    """The spool's size against its bound, and whether the archiver keeps up."""
    size, bound = spool.spool_bytes(ground.folder.spool), ground.settings.spool.max_bytes
    message = f"{size / MIB:,.1f} of {bound / MIB:,.0f} MiB"
    older = spool.segments(ground.folder.spool)[:-1]
    age = max((time.time() - segment.stat().st_mtime for segment in older), default=0.0)
    if size > bound * 0.8:
        fix = "when it is full, sources wait: see why the archive does not keep up, or raise spool.max_bytes"
        yield Finding("spool", "problem" if size > bound else "warning", message, fix)
    elif age > OLD_SECONDS:
        message += f"; its oldest part waits for {age / 60:.0f} minutes"
        yield Finding("spool", "warning", message, "is lanner running, and does the archive take commits?")
    else:
        yield Finding("spool", "ok", message)


def archive(ground: Ground) -> Iterator[Finding]:
    """Whether the archive opens, how big it is, how old its newest commit."""
    settings, folder = ground.settings.archive, ground.folder.archive
    if not settings.enabled:
        yield Finding("archive", "ok", "switched off (archive.enabled)")
        return
    if not settings.catalog and not folder.exists():
        yield Finding("archive", "ok", f"{folder}: not made yet")
        return
    try:
        yield Finding("archive", "ok", _archived(ground))
    except GroundError as error:
        yield Finding("archive", "problem", str(error), "events stay in the spool until this is mended")


def _archived(ground: Ground) -> str:
    from lanner.archive.store import Archive  # noqa: PLC0415  # loads pyiceberg, which a probe need not wait for

    with closing(Archive.open(ground.settings.archive, ground.folder.archive, create=False)) as opened:
        snapshot = opened.table.current_snapshot()
    if snapshot is None or snapshot.summary is None:
        return "opens; nothing is archived yet"
    events = int(snapshot.summary.additional_properties.get("total-records", "0"))
    return f"opens; {events:,} events, newest commit {time.time() - snapshot.timestamp_ms / 1000:.0f} s ago"


def page(ground: Ground) -> Iterator[Finding]:
    """Whether the page answers, or its port is free for it."""
    if not ground.settings.web.enabled:
        return
    listen = ground.settings.web.listen
    host, _, port = listen.rpartition(":")
    address = host.strip("[]"), int(port)
    if not connects(*address):
        running = ground.answers("ingest")
        message = f"{listen}: {'nothing listens there though lanner runs' if running else 'free'}"
        yield Finding("web page", "warning" if running else "ok", message, "read lanner's log" if running else "")
    elif _is_lanner(*address):
        yield Finding("web page", "ok", f"http://{listen}/ answers")
    else:
        yield Finding("web page", "problem", f"{listen} is in use by another program", "set web.listen to a free port")


def _is_lanner(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host or "127.0.0.1", port, timeout=CONNECT_SECONDS)
    try:
        connection.request("GET", "/metrics")
        return b"lanner_" in connection.getresponse().read(64 * 1024)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def inotify(ground: Ground) -> Iterator[Finding]:
    """Whether this user can have one more inotify instance; without it files are polled."""
    if not any(isinstance(source, FileSettings) for source in ground.settings.sources):
        return
    from inotify_simple import INotify  # noqa: PLC0415  # a probe needs none

    try:
        INotify().close()
    except OSError as error:
        fix = "raise fs.inotify.max_user_instances and max_user_watches by sysctl; until then files are polled"
        yield Finding("inotify", "warning", f"not to be had: {error.strerror}", fix)
    else:
        yield Finding("inotify", "ok", "available")


def versions(_: Ground) -> Iterator[Finding]:
    """What runs here, for reports of defects."""
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in TOLD)
    python = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    yield Finding("versions", "ok", f"lanner {importlib.metadata.version('lanner')}, {python}, {libraries}")
