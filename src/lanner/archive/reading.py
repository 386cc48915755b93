"""Readers hold a shared lock, so that files that no snapshot names any more are not deleted under their hands."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILE = "readers.lock"


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Keep the archive's files while they are read; a user who may not write there reads without."""
    try:
        file = (folder / _FILE).open("a")
    except OSError:
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def unread(folder: Path) -> Iterator[bool]:
    """Say whether no reader on this machine is at work; new ones wait meanwhile, so be short."""
    with (folder / _FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
