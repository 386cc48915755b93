"""Cuts a stream of chunks into pieces of whole lines without looking at each: for those who share them out."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lanner.sources.documents import join_documents
from lanner.sources.lines import LineSplitter, count_newlines, split_lines

PIECE_BYTES = 1024 * 1024
# Text without a place to cut at for so long is left to the splitter of lines, which knows what to do with it.
STUCK_BYTES = 16 * 1024 * 1024
_START = b"{"
_CUT = b"\n" + _START


class Piece(msgspec.Struct, gc=False):
    """Text of whole lines and whole documents from one file; `number` lines and `offset` bytes stand before it.

    `data` are the parts in which it was read: nobody has put them together yet.
    """

    data: Sequence[bytes | memoryview]
    number: int
    offset: int = 0
    file: str = ""

    def texts(self) -> tuple[list[bytes], Sequence[int]]:
        """Return the lines' texts and numbers, as read_lines gives them."""
        text = b"".join(self.data)
        texts = split_lines(text)
        if all(text[:1] == _START and text[-1:] == b"}" for text in texts):
            return texts, range(self.number + 1, self.number + 1 + len(texts))
        splitter = LineSplitter(offset=self.offset, number=self.number)
        lines = list(join_documents([*splitter.feed(text), *splitter.finish()], len(text)))
        return [line.data for line in lines], [line.number for line in lines]


class PieceCutter:
    """Feeds on chunks, gives pieces; `held` is what has not been given, `number` and `offset` stand before it.

    It cuts before a line that opens an object at the margin: no document over several lines goes on across such a line.
    """

    def __init__(self, *, number: int = 0, file: str = "") -> None:
        self.number, self.offset = number, 0
        self._file = file
        self._held: list[bytes] = []
        self._size = 0
        self._lines = 0
        self._splitter: LineSplitter | None = None

    @property
    def held(self) -> bytes:
        return b"".join(self._held)

    @property
    def end(self) -> int:
        """Where the next chunk has to begin."""
        return self._splitter.end if self._splitter else self.offset + self._size

    def splitter(self) -> LineSplitter:
        """Return one of lines that is to be given what is held, then the rest of the chunks."""
        self._splitter = LineSplitter(offset=self.offset, number=self.number, file=self._file)
        return self._splitter

    @property
    def stuck(self) -> bool:
        """Whether this text is none to be cut here: it does not begin with an object, or there is no end to it."""
        return (self._size > 0 and not self._held[0].startswith(_START)) or self._size >= STUCK_BYTES

    def feed(self, chunk: bytes) -> Piece | None:
        """Take a chunk; returns a piece when there is enough for one."""
        self._held.append(chunk)
        self._size += len(chunk)
        cut = chunk.rfind(_CUT) if self._size >= PIECE_BYTES and not self.stuck else -1
        if cut < 0:
            self._lines += count_newlines(chunk, len(chunk))
            return None
        data: list[bytes | memoryview] = [*self._held[:-1], memoryview(chunk)[:cut]]
        piece = Piece(data, self.number, self.offset, self._file)
        rest = chunk[cut + 1 :]
        self.number += self._lines + count_newlines(chunk, cut) + 1
        self.offset += self._size - len(rest)
        self._held, self._size, self._lines = [rest], len(rest), count_newlines(rest, len(rest))
        return piece
