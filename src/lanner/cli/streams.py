"""Where a command writes what it was asked for: a file that the user names, else standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from lanner.config.folders import sync_folder
from lanner.errors import GroundError


@contextmanager
def open_output(path: Path | None) -> Iterator[BinaryIO]:
    """Open the file for writing, or give standard output; raises GroundError.

    The file is there under its name once all is written: until then what stood there stays, and after a failure too.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with _opened(path) as stream:
            yield stream
    except OSError as error:
        raise GroundError(f"{path}: cannot write: {error.strerror}; check the disk and the folder's mode") from error


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path.exists() and not path.is_file():  # a pipe or a device, which cannot be exchanged
        with path.open("wb") as stream:
            yield stream
        return
    place = path.resolve()
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(place.parent)
