"""Readers hold a shared lock, so that files that no snapshot names any more are not deleted under their hands."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_FILE = "readers.lock"


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Keep the archive's files while they are read; a user who may not write there reads without."""
    try:
        file = _opened(folder)
    except OSError:
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def unread(folder: Path) -> Iterator[bool]:
    """Say whether no reader on this machine is at work; new ones wait meanwhile, so be short."""
    with _opened(folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _opened(folder: Path) -> TextIO:
    """Open the lock's file, made for its owner alone."""
    return os.fdopen(os.open(folder / _FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "a")
