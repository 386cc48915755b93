"""Byte streams of log files: plain, gzip, zstd, xz and bzip2, told by their first bytes, unpacked in bounded steps."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

import zstandard

from lanner.errors import SourceError

CHUNK_BYTES = 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
XZ_MAGIC = b"\xfd7zXZ\0"
BZIP2_MAGIC = b"BZh"
# xz -9 asks for 65 MiB; a stranger's header may ask for 4 GiB.
_XZ_MEMORY = 256 * 1024 * 1024
# A skippable frame may open a zstd file (RFC 8878, 3.1.2): 0x184D2A50 to 0x184D2A5F, little-endian.
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"
# zstd's own limit for files from strangers; without it a header may ask for 2 GiB of window.
_ZSTD_WINDOW = 128 * 1024 * 1024
# A block of 4 bytes may stand for 128 KiB, so this many bytes unpack to at most 32 MiB at once.
_ZSTD_STEP = 1024

Progress = Callable[[int], None]


def is_packed(start: bytes) -> bool:
    """Say whether a file that starts so is packed in one of the ways known here; four bytes tell."""
    return _unpacker(start) is not None


def chunks(file: BinaryIO, name: str, *, progress: Progress | None = None) -> Iterator[bytes]:
    """Yield the content of an open file in bounded chunks; `progress` is told the stored bytes of each read.

    Raises SourceError after all that was readable when a packed file is cut or damaged.
    """
    stored = _stored(file, progress)
    first = next(stored, b"")
    unpacker = _unpacker(first)
    return _plain(first, stored) if unpacker is None else _unpack(unpacker, first, stored, name)


def _unpacker(start: bytes) -> _Unpacker | None:
    if start.startswith(GZIP_MAGIC):
        return _Gzip()
    if _is_zstd(start):
        return _Zstd()
    if start.startswith(XZ_MAGIC[:4]):
        return _Stepped(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY))
    # The fourth byte is the size of its blocks, 1 to 9.
    return _Stepped(bz2.BZ2Decompressor) if start.startswith(BZIP2_MAGIC) and start[3:4].isdigit() else None


def _is_zstd(start: bytes) -> bool:
    return start.startswith(ZSTD_MAGIC) or (start[1:4] == _ZSTD_SKIPPABLE and start[0] & 0xF0 == 0x50)


def _stored(file: BinaryIO, progress: Progress | None) -> Iterator[bytes]:
    while data := file.read(CHUNK_BYTES):
        if progress:
            progress(len(data))
        yield data


def _plain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


class _Unpacker(Protocol):
    """Unpacks members that follow one another; `inside` says that a member has begun and not ended."""

    inside: bool

    def unpack(self, data: bytes) -> Iterator[bytes]: ...


class _Gzip:
    """Gzip members (RFC 1952); zeros after a member are padding and end the file."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self.inside = False

    def unpack(self, data: bytes) -> Iterator[bytes]:
        while data:
            if not self.inside and not data.strip(b"\0"):
                return
            self.inside = True
            out = self._member.decompress(data, CHUNK_BYTES)
            if out:
                yield out
            data = self._member.unconsumed_tail
            if self._member.eof:
                data = self._member.unused_data
                self._member, self.inside = zlib.decompressobj(wbits=31), False


class _Zstd:
    """Zstandard frames (RFC 8878)."""

    def __init__(self) -> None:
        self._unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame = self._unpacker.decompressobj()
        self.inside = False

    def unpack(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_STEP):
            yield from self._step(data[start : start + _ZSTD_STEP])

    def _step(self, data: bytes) -> Iterator[bytes]:
        while data:
            self.inside = True
            out = self._frame.decompress(data)
            if out:
                yield out
            data = b""
            if self._frame.eof:
                data = self._frame.unused_data
                self._frame, self.inside = self._unpacker.decompressobj(), False


class _DamagedError(Exception):
    """What bz2 says as OSError, which is a failing disk elsewhere."""


class _Stepped:
    """Streams of bzip2 or xz; zeros after one are padding and end the file."""

    def __init__(self, make: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]) -> None:
        self._make, self._member = make, make()
        self.inside = False

    def unpack(self, data: bytes) -> Iterator[bytes]:
        while data or not self._member.needs_input:
            if not self.inside and not data.strip(b"\0"):
                return
            self.inside = True
            out = self._step(data)
            if out:
                yield out
            data = b""
            if self._member.eof:
                data = self._member.unused_data
                self._member, self.inside = self._make(), False

    def _step(self, data: bytes) -> bytes:
        try:
            return self._member.decompress(data, CHUNK_BYTES)
        except OSError as error:
            raise _DamagedError(error) from error


def _unpack(unpacker: _Unpacker, first: bytes, rest: Iterator[bytes], name: str) -> Iterator[bytes]:
    try:
        yield from unpacker.unpack(first)
        for data in rest:
            yield from unpacker.unpack(data)
    except (zlib.error, zstandard.ZstdError, lzma.LZMAError, _DamagedError) as error:
        raise SourceError(f"the packed data is damaged ({error}); all before it was read", file=name) from error
    if unpacker.inside:
        raise SourceError("the packed file is cut off; all before its end was read", file=name)
