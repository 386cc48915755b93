"""What rows a file holds, in a form that can be added and subtracted: so a compaction proves that it kept each row."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from lanner.archive.seals.rows import row_digests

SUM_BYTES = 256
"""Two sets of rows with one sum cost 2^90 steps (Wagner's k-list attack needs 2^(2*sqrt(bits)) of them)."""

BLOCK_ROWS, MOST_BLOCKS, BLOCK_BYTES = 1000, 64, 16
_MODULUS = 1 << (8 * SUM_BYTES)
_BATCH_ROWS = 8192
_READ_BYTES = 1 << 20


class Content(msgspec.Struct, frozen=True):
    """The rows of one file: their number, the sum of their digests, and digests of blocks of rows in their order.

    The sum does not depend on order or file; blocks say which rows of a file were changed.
    """

    rows: Annotated[int, msgspec.Meta(ge=0)]
    sum: str
    block_rows: Annotated[int, msgspec.Meta(ge=1)] = BLOCK_ROWS
    blocks: str = ""

    @property
    def number(self) -> int:
        """The sum as a number."""
        return read_sum(self.sum)


def sum_of(digests: Iterable[bytes]) -> int:
    """Return the sum of rows' digests, each stretched to SUM_BYTES."""
    stretch, number = hashlib.shake_128, int.from_bytes
    return sum([number(stretch(digest).digest(SUM_BYTES), "little") for digest in digests]) % _MODULUS


def read_sum(text: str) -> int:
    """Read a sum that `written_sum` wrote; raises ValueError."""
    return int.from_bytes(base64.b64decode(text), "little")


def written_sum(number: int) -> str:
    """Write a sum, or a difference of sums, as text."""
    return base64.b64encode((number % _MODULUS).to_bytes(SUM_BYTES, "little")).decode()


def content_of(digests: Sequence[bytes]) -> Content:
    """Return the content of a file that holds these rows in this order."""
    size = max(BLOCK_ROWS, -(-len(digests) // MOST_BLOCKS))
    return Content(len(digests), written_sum(sum_of(digests)), size, _blocks(digests, size))


def file_digests(file: Any) -> list[bytes]:
    """Return the digests of a Parquet file's rows in order; `file` is open for reading. Raises ValueError, OSError."""
    parquet = pq.ParquetFile(file)
    fields = parquet.schema_arrow
    numbers = [int((field.metadata or {}).get(b"PARQUET:field_id", 0)) for field in fields]
    batches = parquet.iter_batches(batch_size=_BATCH_ROWS)
    return [digest for batch in batches for digest in row_digests(pa.Table.from_batches([batch]), numbers)]


def sha256_of(file: Any, advance: Callable[[int], None] = lambda _bytes: None) -> str:
    """Return the SHA-256 of what is left to read of a file; raises OSError."""
    digest = hashlib.sha256()
    while data := file.read(_READ_BYTES):
        digest.update(data)
        advance(len(data))
    return digest.hexdigest()


def check_content(content: Content) -> None:
    """Refuse a content whose texts nobody wrote; raises ValueError."""
    read_sum(content.sum)
    base64.b64decode(content.blocks, validate=True)


def changed_rows(sealed: Content, digests: Sequence[bytes]) -> list[tuple[int, int]]:
    """Return the ranges of rows, counted from 1, whose blocks are not as sealed."""
    now, before = _cut(_blocks(digests, sealed.block_rows)), _cut(sealed.blocks)
    last = max(len(digests), sealed.rows)
    found: list[tuple[int, int]] = []
    for index in range(max(len(now), len(before))):
        if now[index : index + 1] != before[index : index + 1]:
            start, end = index * sealed.block_rows + 1, min((index + 1) * sealed.block_rows, last)
            if found and found[-1][1] == start - 1:
                start = found.pop()[0]
            found.append((start, end))
    return found


def _blocks(digests: Sequence[bytes], size: int) -> str:
    starts = range(0, len(digests), size)
    cut = [hashlib.sha256(b"".join(digests[start : start + size])).digest()[:BLOCK_BYTES] for start in starts]
    return base64.b64encode(b"".join(cut)).decode()


def _cut(blocks: str) -> list[bytes]:
    data = base64.b64decode(blocks)
    return [data[start : start + BLOCK_BYTES] for start in range(0, len(data), BLOCK_BYTES)]
