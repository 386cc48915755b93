"""Reads a request's body within bounds: bytes, time, unpacking; sets aside what is not JSON."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from typing import Self

import msgspec


class RefusedError(Exception):
    """The request cannot be taken: an HTTP status and what to do about it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class NotJsonError(Exception):
    """The body is whole but holds no JSON; the sender would repeat it unchanged."""


class Budget:
    """The memory that all bodies in flight may take together; used in one event loop only."""

    def __init__(self, size: int) -> None:
        self.left = size


class Claim:
    """One request's part of the budget, bounded by `limit`; given back when the request is over."""

    def __init__(self, budget: Budget, limit: int) -> None:
        self._budget, self._limit, self._held = budget, limit, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.left += self._held

    def raise_to(self, size: int) -> None:
        """Claim `size` bytes in all; raise RefusedError when that is too large, or others hold too many."""
        if size > self._limit:
            raise RefusedError(413, _too_large(self._limit))
        more = max(0, size - self._held)
        if more > self._budget.left:
            raise RefusedError(503, "too many bytes are in flight; send again later")
        self._budget.left -= more
        self._held += more


async def read_body(stream: AsyncIterator[bytes], seconds: float, claim: Claim) -> bytes:
    """Read a body; its announced length is not trusted, what arrives is counted."""
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in stream:
                claim.raise_to(len(body) + len(chunk))
                body += chunk
    except TimeoutError:
        raise RefusedError(408, f"the body did not arrive within {seconds:g} s (read_seconds)") from None
    return bytes(body)


def unpack(body: bytes, limit: int) -> bytes:
    """Unpack gzip up to a limit; raise NotJsonError when damaged, RefusedError when it grows beyond."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise NotJsonError(f"the gzip body is damaged: {error}") from None
    if len(unpacked) > limit:
        raise RefusedError(413, _too_large(limit))
    if not unpacker.eof:
        raise NotJsonError("the gzip body is cut off")
    return unpacked


def one_line(body: bytes) -> bytes:
    """Return a JSON body as one line; raise NotJsonError. Line breaks in JSON stand only between its tokens."""
    try:
        text = bytes(msgspec.json.decode(body, type=msgspec.Raw))
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotJsonError(f"the body is not JSON: {error}") from None
    return text.replace(b"\r", b" ").replace(b"\n", b" ") if b"\n" in text or b"\r" in text else text


def _too_large(limit: int) -> str:
    return f"the body has more than {limit} bytes (max_body_bytes); lower --audit-webhook-batch-max-size or raise it"
