"""Reading on, and noticing that what was read is gone."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from lanner.sources.file_reader import TruncatedError, last_line_start, open_reader, read_head


@pytest.fixture
def file(tmp_path):
    found = tmp_path / "a.log"
    found.write_bytes(b"one two three")
    return found


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_reads_from_an_offset_of_the_content(file, pack):
    file.write_bytes(pack(b"one two three"))
    reader = open_reader(str(file), 4, pytest.fail)
    assert [reader.read(4), reader.read(100), reader.read(100)] == [b"two ", b"three", b""]
    assert reader.head == b"one two three"
    assert reader.status()[0] == file.stat().st_size
    reader.close()


@pytest.mark.parametrize("rewritten", [b"", b"one", b"other text, as long or longer"])
def test_a_rewritten_file_is_noticed(file, rewritten):
    reader = open_reader(str(file), 0, pytest.fail)
    reader.read(100)
    with file.open("r+b") as opened:
        opened.truncate(0)
        opened.write(rewritten)
    with pytest.raises(TruncatedError):
        reader.read(100)
    reader.close()


def test_the_head_of_damaged_packed_data_is_what_is_readable(file):
    file.write_bytes(gzip.compress(os.urandom(9000))[:3000])
    assert 0 < len(read_head(str(file))) < 3000
    file.write_bytes(gzip.compress(b"z" * 9000))
    assert read_head(str(file)) == b"z" * 4096


@pytest.mark.parametrize(
    ("data", "start"), [(b"", 0), (b"abc", 0), (b"a\n", 2), (b"a\nbc", 2), (b"a\n" + b"b" * 2_000_000, 2)]
)
def test_where_the_last_line_begins(file, data, start):
    file.write_bytes(data)
    assert last_line_start(str(file)) == start


def test_a_folder_in_place_of_a_file_is_an_error_and_leaks_nothing(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="directory"):
        open_reader(str(tmp_path), 0, pytest.fail)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
