"""The chain as a file, a line a link. The snapshots say the newest ones too, so a lost line comes back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lanner.archive.catalog import file_lock
from lanner.archive.seals.link import Link, read_link
from lanner.config.folders import sync_folder

CHAIN = "chain.jsonl"
_TAIL_BYTES = 1 << 16


class Chain:
    """The file `chain.jsonl`. Methods raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / CHAIN

    def lines(self) -> Iterator[bytes]:
        """Yield the lines without newline; one that is cut is left out: it comes back with the next commit."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line[:-1]

    def take(self, links_after: Callable[[int], Iterable[Link]]) -> None:
        """Append the links that `links_after` gives for the number of the last line, 0 when there is none."""
        with file_lock(self.path.with_suffix(".lock"), wait=True):
            missing = sorted(links_after(self._last()), key=lambda link: link.number)
            if missing:
                self._append(missing)

    def newest(self) -> Link | None:
        """Return the last line that is a link."""
        for line in reversed(self._tail()):
            try:
                return read_link(line)
            except ValueError:
                continue
        return None

    def _last(self) -> int:
        newest = self.newest()
        return newest.number if newest else 0

    def _tail(self) -> list[bytes]:
        """Return the last whole lines, at least one when there is any."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return []
        with file:
            size, length = file.seek(0, os.SEEK_END), _TAIL_BYTES
            while True:
                file.seek(max(0, size - length))
                lines = file.read().split(b"\n")[:-1]
                if length >= size:
                    return lines
                if len(lines) > 1:
                    return lines[1:]
                length *= 4

    def _append(self, links: list[Link]) -> None:
        new = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            _drop_cut_line(file.fileno())
            file.seek(0, os.SEEK_END)
            file.write(b"".join(link.line() + b"\n" for link in links))
            file.flush()
            os.fsync(descriptor)
        if new:
            sync_folder(self.path.parent)


def _drop_cut_line(descriptor: int) -> None:
    """Remove a last line without newline: what a kill or a full disk left of a write."""
    size = end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - _TAIL_BYTES)
        place = os.pread(descriptor, end - start, start).rfind(b"\n")
        if place >= 0:
            end = start + place + 1
            break
        end = start
    if end != size:
        os.ftruncate(descriptor, end)
