"""Writes whole lines to a descriptor and knows, when that fails, how many of them arrived."""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Sequence

from lanner.outputs.output import DeliveryError

_STALL_SECONDS = 5.0


class LineWriter:
    """Owns no descriptor; after a failure no half line stays in a regular file, and elsewhere it is ended first."""

    def __init__(self, descriptor: int, *, torn: bool = False) -> None:
        self._descriptor = descriptor
        self._torn = torn

    def write(self, lines: Sequence[bytes]) -> None:
        """Write each line and its newline; raise DeliveryError with the count of whole lines written."""
        lead = b"\n" if self._torn else b""
        data = lead + b"".join([line + b"\n" for line in lines])
        written = 0
        try:
            while written < len(data):
                written += self._write_some(data[written:] if written else data)
        except OSError as error:
            whole = data.rfind(b"\n", 0, written) + 1
            self._mend(written, whole)
            sent = max(0, data.count(b"\n", 0, whole) - len(lead))
            retryable = not isinstance(error, BrokenPipeError)
            raise DeliveryError(error.strerror or str(error), retryable=retryable, sent=sent) from error
        self._torn = False

    def _write_some(self, data: bytes) -> int:
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            # Standard output can be non-blocking when another program shares the terminal or pipe.
            if not select.select([], [self._descriptor], [], _STALL_SECONDS)[1]:
                raise
            return 0

    def _mend(self, written: int, whole: int) -> None:
        """Cut the half line off the end of a regular file; else remember that the next write must end it."""
        if written == whole:
            self._torn = self._torn and written == 0
            return
        self._torn = not self._cut(written - whole)

    def _cut(self, count: int) -> bool:
        try:
            status = os.fstat(self._descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size < count:
                return False
            os.ftruncate(self._descriptor, status.st_size - count)
        except OSError:
            return False
        return True
