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
    """Two numbers in memory that parent and worker share."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        os.ftruncate(descriptor, mmap.PAGESIZE)
        self._map = mmap.mmap(descriptor, mmap.PAGESIZE)
        self._view = memoryview(self._map)[:_BYTES].cast("Q")

    @classmethod
    def create(cls) -> Progress:
        """Make a new one; raises OSError when the system has no memory or descriptor left."""
        return cls(os.memfd_create("lanner-progress", os.MFD_CLOEXEC))

    def begin(self, serial: int) -> None:
        """Say that a batch is begun."""
        self._view[1] = 0
        self._view[0] = serial

    def step(self, line: int) -> None:
        """Say that a line of it is begun."""
        self._view[1] = line

    def place(self) -> Place:
        """Return what was said last."""
        return Place(self._view[0], self._view[1])

    def close(self) -> None:
        """Let go of map and descriptor."""
        self._view.release()
        self._map.close()
        os.close(self.descriptor)
