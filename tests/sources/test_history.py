"""Finished logs: packed or not, one or a folder, whole or damaged."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from lanner.errors import GroundError, SourceError
from lanner.sources.history import list_files, read_lines, stored_bytes

TEXT = b'{"a":1}\r\n\n  \n{"b":2}\n{"c":3}'
WANTED = [(1, 0, b'{"a":1}'), (4, 13, b'{"b":2}'), (5, 21, b'{"c":3}')]


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def seen(path: Path, **more) -> list[tuple[int, int, bytes]]:
    return [(line.number, line.offset, line.data) for line in read_lines(path, **more)]


@pytest.mark.parametrize(
    "stored",
    [
        TEXT,
        gzip.compress(TEXT),
        gzip.compress(TEXT[:10]) + gzip.compress(TEXT[10:]),
        gzip.compress(TEXT) + b"\0" * 512,
        zstd(TEXT),
        zstd(TEXT[:10]) + zstd(TEXT[10:]),
        b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + zstd(TEXT),
        lzma.compress(TEXT) + b"\0" * 4,
        bz2.compress(TEXT[:10]) + bz2.compress(TEXT[10:]),
    ],
    ids=["plain", "gzip", "gzip members", "gzip padded", "zstd", "zstd frames", "zstd skippable", "xz", "bzip2"],
)
def test_lines_are_the_same_however_stored(tmp_path, stored):
    file = tmp_path / "a.log"
    file.write_bytes(stored)
    told = []
    assert seen(file, progress=told.append) == WANTED
    assert sum(told) == stored_bytes(file) == len(stored)


@pytest.mark.parametrize("pack", [gzip.compress, zstd, lzma.compress, bz2.compress])
def test_a_cut_packed_file_gives_what_is_readable_and_then_an_error(tmp_path, pack):
    rows = [b"%d %s\n" % (n, os.urandom(50).hex().encode()) for n in range(20_000)]
    file = tmp_path / "a.gz"
    whole = pack(b"".join(rows))
    file.write_bytes(whole[: len(whole) // 2])
    got = []
    with pytest.raises(SourceError, match=r"a\.gz: the packed file is cut off"):
        got.extend(line.data + b"\n" for line in read_lines(file))
    assert len(got) > 1000
    assert got == rows[: len(got)]


def test_an_oversized_line_comes_cut_with_its_real_size(tmp_path):
    file = tmp_path / "a.log"
    file.write_bytes(b"a\n" + b"x" * 3_000_000 + b"\nb\n")
    lines = list(read_lines(file, max_line_bytes=1000))
    assert [(line.number, line.size, line.oversized) for line in lines] == [
        (1, 1, False),
        (2, 3_000_000, True),
        (3, 1, False),
    ]
    assert len(lines[1].data) == 1024 * 1024


def test_a_folder_is_read_in_order_of_age(tmp_path):
    stored = {
        "audit-2026-01-01T00-00-00.000.log.gz": gzip.compress(b"1\n"),
        "audit-2026-01-02T00-00-00.000.log": b"2\n",
        "audit-2026-01-02T00-00-00.000.log.gz": b"a twin that is being written",
        "audit.log.10": b"3\n",
        "audit.log.9.zst": zstd(b"4\n"),
        "audit.log": b"5\n",
        "other.log-20260101": b"6\n",
        ".hidden": b"7\n",
    }
    for name, data in stored.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder").mkdir()
    lines = list(read_lines(tmp_path))
    assert [line.data for line in lines] == [b"1", b"2", b"3", b"4", b"5", b"6"]
    assert [line.number for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[0].file.endswith("000.log.gz")


def test_folders_are_read_after_the_files_beside_them(tmp_path):
    """The layout of CloudWatch's export tasks: a folder a stream, and a file that only tries the rights."""
    stream = "kube-apiserver-audit-0123456789abcdef0123456789abcdef"
    stored = {
        f"task/{stream}/000000.gz": gzip.compress(b"2\n"),
        f"task/{stream}/000001.gz": gzip.compress(b"3\n"),
        f"task/{stream.replace('-audit', '')}/000000.gz": gzip.compress(b"no audit\n"),
        f"task/{stream.replace('kube-apiserver-audit', 'authenticator')}/000000.gz": gzip.compress(b"no audit\n"),
        "aws-logs-write-test": b"Permission Check Successful",
        "audit.log": b"1\n",
        ".hidden/a": b"no\n",
    }
    for name, data in stored.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "loop").symlink_to(tmp_path)
    assert [line.data for line in read_lines(tmp_path)] == [b"1", b"2", b"3"]


def test_what_cannot_be_read_is_said(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        list(read_lines(tmp_path / "none"))
    with pytest.raises(SourceError, match="holds no files"):
        list_files(tmp_path)
    if os.getuid():
        (tmp_path / "a").touch(mode=0)
        with pytest.raises(GroundError, match="cannot read"):
            list(read_lines(tmp_path / "a"))
    with pytest.raises(GroundError, match="reading failed after byte 0"):
        list(read_lines(Path("/proc/self/mem")))


def test_standard_input_is_read_by_a_dash():
    code = "from pathlib import Path\nfrom lanner.sources.history import read_lines\n"
    code += "print([line.data for line in read_lines(Path('-'))])"
    done = subprocess.run([sys.executable, "-c", code], input=gzip.compress(b"a\nb"), capture_output=True, check=True)
    assert done.stdout == b"[b'a', b'b']\n"
    assert stored_bytes(Path("-")) is None


@pytest.mark.shared
def test_the_real_log_is_read_whole():
    file = Path(__file__).parents[2].parent / "shared" / "data" / "audit" / "full.jsonl.zst"
    if not file.exists():
        pytest.skip("../shared/data is absent")
    assert sum(1 for _ in read_lines(file)) == 22507
