"""A piece of memory that two processes share: one puts a request into it, the other its answer over it."""

from __future__ import annotations

import itertools
import mmap
import os
from collections.abc import Sequence

FIRST_BYTES = 256 * 1024
KEPT_BYTES = 4 * 1024 * 1024


class Slot:
    """An anonymous file that both sides map; it grows to what is put into it.

    There is nothing in the file system to be left behind, and no limit of /dev/shm applies (memfd_create(2)).
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._map = self._mapped(FIRST_BYTES)

    @classmethod
    def create(cls) -> Slot:
        """Make a new one; raises OSError when the system has no memory or descriptor left."""
        return cls(os.memfd_create("lanner-slot", os.MFD_CLOEXEC))

    def _mapped(self, size: int) -> mmap.mmap:
        if os.fstat(self.descriptor).st_size < size:
            os.ftruncate(self.descriptor, size)
        return mmap.mmap(self.descriptor, os.fstat(self.descriptor).st_size)

    def _reach(self, size: int) -> mmap.mmap:
        """Return the map after seeing to it that file and map are that long; the other side may have cut the file."""
        if os.fstat(self.descriptor).st_size < size or len(self._map) < size:
            self._map.close()
            self._map = self._mapped(max(size, FIRST_BYTES))
        return self._map

    def write(self, head: bytes, lines: Sequence[bytes | memoryview], size: int) -> None:
        """Put a head and lines one after another from the beginning; `size` is what they take together."""
        with memoryview(self._reach(size)) as view:
            end = len(head)
            view[:end] = head
            for line in lines:
                start, end = end, end + len(line)
                view[start:end] = line

    def read(self, size: int) -> bytes:
        """Return the first bytes."""
        return self._reach(size)[:size]

    def cut(self, start: int, lengths: Sequence[int]) -> list[bytes]:
        """Return pieces of these lengths that follow one another from `start`."""
        ends = list(itertools.accumulate(lengths, initial=start))
        mapped = self._reach(ends[-1])
        return [mapped[one:following] for one, following in itertools.pairwise(ends)]

    def shrink(self) -> None:
        """Give back what an unusually big batch has taken; only where the other side does not read."""
        if len(self._map) > KEPT_BYTES:
            self._map.close()
            os.ftruncate(self.descriptor, FIRST_BYTES)
            self._map = self._mapped(FIRST_BYTES)

    def close(self) -> None:
        """Let go of map and descriptor."""
        self._map.close()
        os.close(self.descriptor)
