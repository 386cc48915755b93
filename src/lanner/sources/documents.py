"""Makes one line of each JSON document that is spread over many, as `jq .` and `kubectl get -o json` print them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lanner.errors import SourceError
from lanner.sources.lines import Line

_OPENERS, _CLOSERS = (b"{", b"["), (b"}", b"]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# A line costs more memory than its bytes.
_MAX_LINES = 500_000


def join_documents(lines: Iterable[Line], max_bytes: int) -> Iterator[Line]:
    """Yield lines as they are, and documents of up to `max_bytes` over several lines as one line with its first place.

    Such a document opens and closes with a lone bracket at the margin; what is between is indented. Anything else
    stays as it came. A byte order mark before the first line is left out.
    Raises SourceError for UTF-16, which Windows shells write.
    """
    held: list[Line] = []
    size = 0
    for line in lines:
        if line.offset == 0:
            _unmark(line)
        text = line.data.rstrip()
        if held and text in _CLOSERS:
            yield from _joined([*held, line])
            held, size = [], 0
        elif held and line.data[:1] in (b" ", b"\t") and size + line.size <= max_bytes and len(held) < _MAX_LINES:
            held.append(line)
            size += line.size
        else:
            yield from held
            held, size = ([line], line.size) if text in _OPENERS else ([], 0)
            if not held:
                yield line
    yield from held


def _unmark(line: Line) -> None:
    if line.data.startswith(_UTF_16):
        raise SourceError("the text is UTF-16; convert it with iconv -f UTF-16 -t UTF-8", file=line.file)
    line.data = line.data.removeprefix(_BYTE_ORDER_MARK)


def _joined(held: list[Line]) -> list[Line]:
    first = held[0]
    try:
        data = msgspec.json.format(b"\n".join(line.data for line in held), indent=-1)
    except msgspec.DecodeError:
        return held
    return [Line(first.number, first.offset, data, len(data), False, first.file)]
