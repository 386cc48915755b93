"""Remembers how far logs were imported: after so many lines, the digest of all of them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import msgspec

from lanner.errors import GroundError


class Reached(msgspec.Struct, frozen=True):
    """A point in a log: the SHA-256 of its first `lines` lines, each with a newline."""

    lines: int
    digest: str


class Ledger:
    """A small SQLite file beside the catalog; one import at a time writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._database = sqlite3.connect(path, isolation_level=None)
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS reached (lines INTEGER NOT NULL, digest TEXT NOT NULL,"
                " PRIMARY KEY (lines, digest)) WITHOUT ROWID"
            )
        except sqlite3.DatabaseError as error:
            raise self._ground(error) from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def record(self, reached: Reached) -> None:
        """Remember a point whose events are archived; raises GroundError."""
        try:
            self._database.execute(
                "INSERT INTO reached VALUES (?, ?) ON CONFLICT DO NOTHING", (reached.lines, reached.digest)
            )
        except sqlite3.DatabaseError as error:
            raise self._ground(error) from error

    def furthest(self, lines: Iterable[bytes]) -> Reached | None:
        """Return the furthest point of this log that was imported before; reads no further than any point lies."""
        known: dict[int, set[str]] = {}
        for number, digest in self._database.execute("SELECT lines, digest FROM reached"):
            known.setdefault(number, set()).add(digest)
        if not known:
            return None
        return _furthest(known, lines)

    def _ground(self, error: sqlite3.DatabaseError) -> GroundError:
        return GroundError(
            f"{self._path}: the list of imported logs cannot be used ({error}); free disk space or mend its rights; if "
            "it is damaged move it away, but then logs that were imported before are imported again"
        )


def _furthest(known: dict[int, set[str]], lines: Iterable[bytes]) -> Reached | None:
    found, last, digest = None, max(known), hashlib.sha256()
    for number, line in enumerate(lines, 1):
        digest.update(line + b"\n")
        if number in known and digest.hexdigest() in known[number]:
            found = Reached(number, digest.hexdigest())
        if number == last:
            break
    return found
