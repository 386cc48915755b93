"""Where a worker is: written without a system call, readable after its death."""

from __future__ import annotations

import mmap
import os
from typing import NamedTuple

_BYTES = 16


class Place(NamedTuple):
    """The batch being looked at (0: none yet) and the index of its line."""

    serial: int
    line: int


class Progress:
    """Two `numbers` in memory that parent and worker share: the batch, and the index of its line."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        os.ftruncate(descriptor, mmap.PAGESIZE)
        self._map = mmap.mmap(descriptor, mmap.PAGESIZE)
        self.numbers = memoryview(self._map)[:_BYTES].cast("Q")

    @classmethod
    def create(cls) -> Progress:
        """Make a new one; raises OSError when the system has no memory or descriptor left."""
        return cls(os.memfd_create("lanner-progress", os.MFD_CLOEXEC))

    def begin(self, serial: int) -> None:
        """Say that a batch is begun; its lines are said by setting the second number, for that is quickest."""
        self.numbers[1] = 0
        self.numbers[0] = serial

    def place(self) -> Place:
        """Return what was said last."""
        return Place(self.numbers[0], self.numbers[1])

    def close(self) -> None:
        """Let go of map and descriptor."""
        self.numbers.release()
        self._map.close()
        os.close(self.descriptor)
