"""Pieces of whole lines: cut without looking at each, and the same lines as those who look."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanner.errors import SourceError
from lanner.sources import packed, pieces
from lanner.sources.history import read_lines, read_pieces
from lanner.sources.pieces import Piece, PieceCutter

SHORT = [b"{}", b"{", b"}", b"[", b"]", b'  "c": 2,', b"\t1", b"", b"  ", b"word", b"\xef\xbb\xbf{}"]
LONG = [b'{"a":1}', b'{"b":"' + b"x" * 40 + b'"}', b'{"d":1}\r', b'{"d":1} ']
LINE = st.sampled_from(SHORT + LONG)
TEXT = st.builds(lambda lines, end: b"\n".join(lines) + end, st.lists(LINE, max_size=40), st.sampled_from([b"", b"\n"]))


def told(path: Path, found: list[tuple[int, bytes]] | None = None) -> list[tuple[int, bytes]]:
    """Return what read_pieces gives as read_lines would; `found` has it also when that ends in an error."""
    found = [] if found is None else found
    for part in read_pieces(path):
        if isinstance(part, Piece):
            texts, numbers = part.texts()
            found += zip(numbers, texts, strict=True)
        else:
            found.append((part.number, part.data))
    return found


@given(TEXT, st.integers(1, 60), st.integers(1, 90))
def test_pieces_hold_the_lines_that_read_lines_gives(text, chunk, piece):
    """Documents over several lines, blank lines, CRLF and rubbish included, wherever chunks end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.log"
        path.write_bytes(text)
        with patch.object(packed, "CHUNK_BYTES", chunk), patch.object(pieces, "PIECE_BYTES", piece):
            assert told(path) == [(line.number, line.data) for line in read_lines(path)]


def test_numbers_go_on_through_a_folder_and_places_are_named(tmp_path):
    for name in ("audit-2026-01-01T00-00-00.000.log", "audit.log"):
        (tmp_path / name).write_bytes(b'{"a":1}\n{"b":2}\n{"c":3}\n')
    with patch.object(packed, "CHUNK_BYTES", 10), patch.object(pieces, "PIECE_BYTES", 10):
        found = list(read_pieces(tmp_path))
        assert told(tmp_path) == [(line.number, line.data) for line in read_lines(tmp_path)]
    assert {Path(part.file).name for part in found} == {"audit-2026-01-01T00-00-00.000.log", "audit.log"}
    assert [part.offset for part in found if isinstance(part, Piece)] == [0, 8, 0, 8]


def test_text_without_end_is_left_to_the_splitter_of_lines():
    cutter = PieceCutter()
    with patch.object(pieces, "STUCK_BYTES", 100), patch.object(pieces, "PIECE_BYTES", 10):
        while not cutter.stuck:
            assert cutter.feed(b'{"a": "' + b"x" * 30) is None
    assert cutter.end == len(cutter.held) <= 140
    assert cutter.splitter().feed(cutter.held) == []
    assert cutter.end == len(cutter.held)


def test_what_stands_before_a_damage_is_given_and_then_the_damage_raised(tmp_path):
    path = tmp_path / "audit.log.gz"
    path.write_bytes(gzip.compress(b'{"a":1}\n{"b":2}\n{"c":3}\n{"d"')[:-4])
    for piece in (10, 1000):
        found = []
        with patch.object(pieces, "PIECE_BYTES", piece), pytest.raises(SourceError, match="cut off"):
            told(path, found)
        assert found == [(1, b'{"a":1}'), (2, b'{"b":2}'), (3, b'{"c":3}')]
