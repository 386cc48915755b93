"""Documents over many lines become one line each; everything else stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.errors import SourceError
from lanner.sources.documents import join_documents
from lanner.sources.history import read_lines
from lanner.sources.lines import MAX_LINE_BYTES, LineSplitter

LIST = {"kind": "EventList", "items": [{"auditID": "a", "n": 1.50, "text": "}\n{"}, {"auditID": "b", "empty": {}}]}


def read(tmp_path: Path, data: bytes, **more) -> list[tuple[int, int, bytes]]:
    file = tmp_path / "a.json"
    file.write_bytes(data)
    return [(line.number, line.offset, line.data) for line in read_lines(file, **more)]


@pytest.mark.parametrize("indent", [2, 4, "\t"])
def test_a_document_over_many_lines_is_one_line_at_its_first_place(tmp_path, indent):
    text = json.dumps(LIST, indent=indent)
    found = read(tmp_path, f'{{"a":1}}\n{text}\r\n[\n  1\n]\n{{"b":2}}\n'.encode())
    count = text.count("\n") + 1
    assert [(number, json.loads(data)) for number, _, data in found] == [
        (1, {"a": 1}),
        (2, LIST),
        (2 + count, [1]),
        (5 + count, {"b": 2}),
    ]
    assert found[1][1] == 8
    assert all(b"\n" not in data for _, _, data in found)


@pytest.mark.parametrize(
    "text",
    [
        b'{\n{"a":1}\n}',  # a cut line before a whole one
        b'{\n  "a": 1',  # no end
        b'{\n  "a": \n}',  # no JSON
        b'}\n  {"a":1}\n]',  # only ends
    ],
)
def test_what_is_no_such_document_stays_as_it_came(tmp_path, text):
    assert [data for _, _, data in read(tmp_path, text)] == text.split(b"\n")


def test_a_document_over_the_limit_stays_lines(tmp_path):
    text = json.dumps(LIST, indent=1).encode()
    assert len(read(tmp_path, text, max_line_bytes=40)) == text.count(b"\n") + 1


def test_a_byte_order_mark_is_left_out(tmp_path):
    assert read(tmp_path, b'\xef\xbb\xbf{"a":1}\n{"b":2}\n') == [(1, 0, b'{"a":1}'), (2, 11, b'{"b":2}')]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_named_with_what_to_do(tmp_path, encoding):
    text = '{"a":1}\n' if encoding == "utf-16" else '\ufeff{"a":1}\n'
    with pytest.raises(SourceError, match="iconv"):
        read(tmp_path, text.encode(encoding))


@given(st.lists(st.sampled_from([b"{", b"}", b"[", b"]", b'  "a": 1', b'{"b":2}', b"  1,", b"x"])))
def test_no_line_is_lost_or_moved(pieces):
    lines = LineSplitter().feed(b"".join(piece + b"\n" for piece in pieces))
    joined = list(join_documents(iter(lines), MAX_LINE_BYTES))
    assert b"".join(b"".join(line.data.split()) for line in joined) == b"".join(b"".join(p.split()) for p in pieces)
    assert [line.number for line in joined] == sorted({line.number for line in joined})
