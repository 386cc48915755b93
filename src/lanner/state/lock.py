"""One process per part and data folder: a file lock that the system gives back when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lanner.errors import GroundError

_RETRY_SECONDS = 0.05


@contextmanager
def held(path: Path, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock; raises GroundError naming the holder when it is not free within `wait_seconds`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise GroundError(f"cannot use the data folder {path.parent}: {error.strerror}") from error
    try:
        _acquire(descriptor, path, time.monotonic() + wait_seconds)
        _sign(descriptor)
        yield
    finally:
        os.close(descriptor)


def _sign(descriptor: int) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    except OSError:
        pass  # The name is for messages alone; a full disk must not keep lanner from starting.


def _acquire(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 32, 0).decode(errors="replace") or "unknown"
                raise GroundError(
                    f"another lanner (process {holder}) runs on the data folder {path.parent}; "
                    "stop it or name another folder with --data"
                ) from None
            time.sleep(_RETRY_SECONDS)
        else:
            return
