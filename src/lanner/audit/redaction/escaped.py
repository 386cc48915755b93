"""A text inside another (JSON string, percent-encoding) and where in the outer one each part of it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

import msgspec

_JSON = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL
)  # fmt: skip
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}|\+")
_SHORT = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}
_decode_text = msgspec.json.Decoder(str).decode
Span = tuple[int, int]


class Inner:
    """`data` is the inner text; `span` gives the place of a part of it in the outer text."""

    __slots__ = ("_at", "_escape", "_source", "data")

    def __init__(
        self, outer: bytes, start: int, end: int, escape: re.Pattern[bytes], read: Callable[[bytes], bytes]
    ) -> None:
        pieces: list[bytes] = []
        self._at: list[int] = [0]
        self._source: list[int] = [start]
        self._escape: list[bool] = [False]
        length = 0
        for found in escape.finditer(outer, start, end):
            pieces += (outer[self._source[-1] : found.start()], read(found[0]))
            length += len(pieces[-2])
            self._at += (length, length + len(pieces[-1]))
            length = self._at[-1]
            self._source += found.span()
            self._escape += (True, False)
        pieces.append(outer[self._source[-1] : end])
        self.data = b"".join(pieces)

    def span(self, start: int, end: int) -> Span:
        """Return where a part that is not empty stands in the outer text; escapes are never cut."""
        first, last = bisect_right(self._at, start) - 1, bisect_right(self._at, end - 1) - 1
        begin = self._source[first] + (0 if self._escape[first] else start - self._at[first])
        if self._escape[last]:
            return begin, self._source[last + 1]
        return begin, self._source[last] + end - self._at[last]


def json_inner(text: bytes, start: int, end: int) -> Inner:
    """Read a JSON string, quotes included in its bounds."""
    return Inner(text, start + 1, end - 1, _JSON, _unescaped)


def json_string(token: bytes) -> bytes:
    """Return the content of a JSON string as UTF-8; lone surrogates stay as three bytes each."""
    content = token[1:-1]
    if b"\\" not in content:
        return content
    try:
        return _decode_text(token).encode()
    except (msgspec.DecodeError, UnicodeError):
        return _JSON.sub(lambda found: _unescaped(found[0]), content)


def percent_inner(text: bytes, start: int, end: int) -> Inner:
    """Read a part of a URL's query."""
    return Inner(text, start, end, _PERCENT, lambda escape: b" " if escape == b"+" else bytes([int(escape[1:], 16)]))


def _unescaped(escape: bytes) -> bytes:
    if len(escape) == 12:
        high, low = int(escape[2:6], 16), int(escape[8:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).encode()
    if len(escape) == 6:
        return chr(int(escape[2:6], 16)).encode("utf-8", "surrogatepass")
    return _SHORT.get(escape[1:], escape[1:])
