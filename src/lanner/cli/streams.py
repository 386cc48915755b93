"""Where a command writes what it was asked for: a file that the user names, else standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from lanner.errors import GroundError


@contextmanager
def open_output(path: Path | None) -> Iterator[BinaryIO]:
    """Open the file for writing, or give standard output; raises GroundError."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with path.open("wb") as stream:
            yield stream
    except OSError as error:
        raise GroundError(f"{path}: cannot write: {error.strerror}; check the disk and the folder's mode") from error
