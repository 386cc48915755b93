"""How small a stream of lines becomes when packed: really packed, in blocks; of a long stream only some of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

import zstandard

BLOCK_BYTES = 4 * 1024 * 1024
WHOLE_BLOCKS = 32
"""So many blocks at the beginning are all packed, later ones are a sample."""
STEP = 8
ZSTD_LEVEL = 3
GZIP_LEVEL = 6


class Packed(NamedTuple):
    """Bytes a stream takes when packed; `error` is half the 95 % interval of the sample, 0 where all was packed."""

    bytes: int
    error: int


class Sampler:
    """Takes the lines of a stream one by one and packs blocks of them with zstd and gzip.

    A block stands alone, as a file after rotation does, so a real stream packs a little better than this.
    """

    def __init__(self) -> None:
        self.total = 0
        self._lines: list[bytes] = []
        self._filled = 0
        self._block = 0
        self._packed: list[tuple[int, int, int]] = []
        self._zstd = zstandard.ZstdCompressor(level=ZSTD_LEVEL)

    def add(self, size: int, text: Callable[[], bytes | None]) -> None:
        """Count a line of so many bytes; `text` is only called where its block is packed."""
        self.total += size
        self._filled += size
        if self._sampled:
            self._lines.append(text() or b"")
        if self._filled >= BLOCK_BYTES:
            self._finish()

    @property
    def _sampled(self) -> bool:
        return self._block < WHOLE_BLOCKS or self._block % STEP == 0

    def _finish(self) -> None:
        if self._lines:
            self._packed.append(self._pack())
        self._lines, self._filled = [], 0
        self._block += 1

    def _pack(self) -> tuple[int, int, int]:
        block = b"\n".join([*self._lines, b""])
        gzip = zlib.compressobj(GZIP_LEVEL, wbits=31)
        packed = len(gzip.compress(block)) + len(gzip.flush())
        return len(block), len(self._zstd.compress(block)), packed

    def zstd(self) -> Packed:
        """Return the size with zstd at its default level."""
        return self._estimate(1)

    def gzip(self) -> Packed:
        """Return the size with gzip, as kube-apiserver packs rotated logs (--audit-log-compress)."""
        return self._estimate(2)

    def _estimate(self, kind: int) -> Packed:
        blocks = [*self._packed, self._pack()] if self._lines else self._packed
        raw = sum(block[0] for block in blocks)
        if not raw:
            return Packed(0, 0)
        ratio = sum(block[kind] for block in blocks) / raw
        return Packed(round(ratio * self.total), _error(blocks, kind, ratio, self.total))


def _error(blocks: list[tuple[int, int, int]], kind: int, ratio: float, total: int) -> int:
    """Return 1.96 standard errors of a ratio estimate from a sample without replacement (Cochran, ch. 6)."""
    count, raw = len(blocks), sum(block[0] for block in blocks)
    unseen = max(0.0, 1 - raw / total)
    if count < 2 or unseen == 0:
        return 0
    spread = sum((block[kind] - ratio * block[0]) ** 2 for block in blocks) / (count - 1)
    return round(1.96 * sqrt(unseen * spread / count) / (raw / count) * total)
