"""Deletes what the spool need not hold any longer: nothing else tells SQLite and the archive what they missed."""

from __future__ import annotations

from pathlib import Path

from lanner.state import spool
from lanner.state.store import Store


def trim(folder: Path, store: Store, archived: int) -> int:
    """Delete segments that the archive has up to a number, and SQLite as well; returns how many.

    SQLite does not wait for the disk when it commits, so it is made to here: a loss of power must not take from it what
    the spool no longer has. Raises GroundError when the disk refuses.
    """
    upto = min(archived, store.sequence() or 0)
    if not spool.finished(folder, upto):
        return 0
    store.sync()
    return spool.trim(folder, upto)
