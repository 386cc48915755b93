"""Cuts a stream of chunks into lines, holding at most one bounded unfinished line in memory."""

from __future__ import annotations

import msgspec

from lanner.audit.batch import SAMPLE_BYTES, Batch, Reject

MAX_LINE_BYTES = 64 * 1024 * 1024


class Line(msgspec.Struct, gc=False):
    """One line without its newline; `number` counts from 1, `offset` is its first byte in the (unpacked) file.

    An oversized line carries up to SAMPLE_BYTES of it in `data`; `size` is always its real length.
    """

    number: int
    offset: int
    data: bytes
    size: int
    oversized: bool = False
    file: str = ""


def count_newlines(text: bytes, end: int) -> int:
    """Count them before `end`; with lines of kilobytes several times as quick as bytes.count."""
    count, place = 0, text.find(b"\n", 0, end)
    while place >= 0:
        count += 1
        place = text.find(b"\n", place + 1, end)
    return count


def split_lines(text: bytes) -> list[bytes]:
    """Return what bytes.split at newlines does; with lines of kilobytes twice as quick."""
    pieces: list[bytes] = []
    start, place = 0, text.find(b"\n")
    while place >= 0:
        pieces.append(text[start:place])
        start = place + 1
        place = text.find(b"\n", start)
    pieces.append(text[start:])
    return pieces


class LineSplitter:
    """Feeds on chunks, gives finished lines; empty lines are counted and left out, CRLF counts as a newline.

    `offset` is where the unfinished line begins: all before it has been given.
    """

    def __init__(self, limit: int = MAX_LINE_BYTES, *, offset: int = 0, number: int = 0, file: str = "") -> None:
        self.offset, self.number = offset, number
        self._limit, self._file = limit, file
        self._held: list[bytes] = []
        self._held_size = 0

    @property
    def end(self) -> int:
        """Where the next chunk has to begin."""
        return self.offset + self._held_size

    def feed(self, chunk: bytes) -> list[Line]:
        """Return the lines that this chunk finishes."""
        pieces = split_lines(chunk)
        last = pieces.pop()
        lines: list[Line] = []
        if pieces:
            self._hold(pieces[0])
            self._close(lines, 1)
        for piece in pieces[1:]:
            self._held_size = len(piece)
            self._held.append(piece)
            self._close(lines, 1)
        self._hold(last)
        return lines

    def finish(self) -> list[Line]:
        """Return the unterminated last line, if there is one."""
        lines: list[Line] = []
        if self._held_size:
            self._close(lines, 0)
        return lines

    def _hold(self, piece: bytes) -> None:
        """Keep a piece of the unfinished line; beyond the limit only a sample stays in memory."""
        if not piece:
            return
        self._held_size += len(piece)
        self._held.append(piece)
        if self._held_size > self._limit:
            self._held = [b"".join(self._held)[:SAMPLE_BYTES]]

    def _close(self, lines: list[Line], newline: int) -> None:
        size, held = self._held_size, self._held
        data = held[0] if len(held) == 1 else b"".join(held)
        self.number += 1
        if size > self._limit:
            lines.append(Line(self.number, self.offset, data[:SAMPLE_BYTES], size, True, self._file))
        elif data and not data.isspace():
            data = data.removesuffix(b"\r")
            lines.append(Line(self.number, self.offset, data, len(data), False, self._file))
        self.offset += size + newline
        self._held_size = 0
        held.clear()
        self._held = held


def to_batch(source: str, origin: str, lines: list[Line], limit: int) -> Batch:
    """Make a batch of lines without a checkpoint; oversized ones become rejects."""
    whole = [line for line in lines if not line.oversized]
    return Batch(
        source=source,
        origin=origin,
        lines=[line.data for line in whole],
        offsets=[line.offset for line in whole],
        checkpoint={},
        rejects=[
            Reject(
                source=source,
                origin=origin,
                offset=line.offset,
                reason=f"longer than max_line_bytes ({line.size} bytes, {limit} are allowed)",
                size=line.size,
                sample=line.data,
            )
            for line in lines
            if line.oversized
        ],
    )
