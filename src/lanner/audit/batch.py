"""What a source hands on: lines with their places, what it had to reject, and where to go on afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

Checkpoint = dict[str, Any]
"""A source's own JSON: where to go on after a batch. Only that source reads it."""

SAMPLE_BYTES = 1024 * 1024


class Reject(msgspec.Struct, kw_only=True):
    """A piece of input that is not an audit event; `sample` holds up to SAMPLE_BYTES of it, `size` its bytes."""

    source: str
    origin: str
    offset: int
    reason: str
    size: int
    sample: bytes


class Batch(msgspec.Struct, kw_only=True):
    """Lines in the order of arrival from one source.

    `origin` is the file path or the peer, `offsets[i]` the byte offset (files) or item number (webhook)
    of `lines[i]` in it. A line is one JSON text without its newline: an event or an EventList.
    `checkpoint` is where the source goes on once this batch is durable; `durable`, when given, is called
    once, from any thread, after it is. `lag_seconds` and `backlog_bytes` say how far the source is behind.
    """

    source: str
    origin: str
    lines: list[bytes]
    offsets: list[int]
    checkpoint: Checkpoint
    rejects: list[Reject] = []
    durable: Callable[[], None] | None = None
    backlog_bytes: int = 0
