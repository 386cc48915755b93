"""Reads one file onwards from an offset, and notices when what it has read is no longer there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from lanner.errors import SourceError
from lanner.sources.file_state import HEAD_BYTES
from lanner.sources.packed import chunks, is_packed
from lanner.sources.source import Note


class TruncatedError(Exception):
    """The file was cut or rewritten in place: what was read before is not its content any more."""


class Reader(Protocol):
    """An open file; `head` is its first bytes as far as they are known, `finite` says that it cannot grow."""

    path: str
    inode: int
    head: bytes
    finite: bool

    def read(self, size: int) -> bytes:
        """Return the next bytes, or none at the end; raises TruncatedError, OSError."""

    def status(self) -> tuple[int, int]:
        """Return the stored size and the time of the last change in nanoseconds."""

    def close(self) -> None:
        """Let go of the file."""


class PlainReader:
    """Reads a file that may grow; the open descriptor follows it through renames and removal."""

    finite = False

    def __init__(self, fd: int, path: str, offset: int) -> None:
        self._fd, self.path, self._offset = fd, path, offset
        self.inode = os.fstat(fd).st_ino
        self.head = os.pread(fd, min(HEAD_BYTES, offset), 0)

    def read(self, size: int) -> bytes:
        """Read, then look at the head: when that is as it was, the bytes belong to the same content."""
        data = os.pread(self._fd, size, self._offset)
        end = self._offset + len(data)
        head = os.pread(self._fd, min(HEAD_BYTES, end), 0)
        expected = (self.head + data[:HEAD_BYTES])[:HEAD_BYTES]
        if head != expected or (not data and os.fstat(self._fd).st_size < self._offset):
            raise TruncatedError
        self.head, self._offset = head, end
        return data

    def status(self) -> tuple[int, int]:
        """Ask the descriptor."""
        found = os.fstat(self._fd)
        return found.st_size, found.st_mtime_ns

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._fd)


class PackedReader:
    """Reads a compressed file, which is complete by nature; damage is noted and counts as its end."""

    finite = True

    def __init__(self, fd: int, path: str, offset: int, note: Note) -> None:
        self.path, self._note = path, note
        self._file = os.fdopen(fd, "rb", buffering=0)
        self.inode = os.fstat(fd).st_ino
        self.head = b""
        self._left = b""
        self._data = self._skip(chunks(self._file, path), offset)

    def _skip(self, data: Iterator[bytes], offset: int) -> Iterator[bytes]:
        for chunk in data:
            if len(self.head) < HEAD_BYTES:
                self.head = (self.head + chunk)[:HEAD_BYTES]
            skipped = min(offset, len(chunk))
            offset -= skipped
            if skipped < len(chunk):
                yield chunk[skipped:]

    def read(self, size: int) -> bytes:
        """Unpack at most `size` further bytes."""
        try:
            chunk = self._left or next(self._data, b"")
        except SourceError as error:
            self._note(str(error))
            chunk = b""
        self._left = chunk[size:]
        return chunk[:size]

    def status(self) -> tuple[int, int]:
        """Ask the file; its size is the packed one."""
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_reader(path: str, offset: int, note: Note) -> Reader:
    """Open a file at an offset of its (unpacked) content; raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        packed = is_packed(os.pread(fd, 4, 0))
        return PackedReader(fd, path, offset, note) if packed else PlainReader(fd, path, offset)
    except OSError:
        os.close(fd)
        raise


def read_head(path: str) -> bytes:
    """Return the first HEAD_BYTES of the (unpacked) content, fewer when cut or damaged; raises OSError."""
    head = b""
    with Path(path).open("rb", buffering=0) as file:
        start = file.read(HEAD_BYTES)
        if not is_packed(start):
            return start
        file.seek(0)
        try:
            for chunk in chunks(file, path):
                head += chunk
                if len(head) >= HEAD_BYTES:
                    break
        except SourceError:
            pass
    return head[:HEAD_BYTES]


def last_line_start(path: str) -> int:
    """Return the offset behind the last newline of a plain file: where a reader that skips history begins."""
    with Path(path).open("rb", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - 1024 * 1024)
            found = os.pread(file.fileno(), end - start, start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
    return 0
