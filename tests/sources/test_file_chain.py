"""The files of one log and their order."""

from __future__ import annotations

from pathlib import Path

from lanner.sources.file_chain import changed_since, locate, members, successor
from lanner.sources.file_state import LogState, Position, mark_of


def test_members_are_the_logs_own_files_oldest_first(tmp_path):
    for name in ("audit.log", "audit.log.2.gz", "audit.log.1", "other.log", "audit.log.bak"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "audit.log.3").mkdir()
    found = members(str(tmp_path / "audit.log"))
    assert [Path(member.path).name for member in found] == ["audit.log.2.gz", "audit.log.1", "audit.log"]
    assert members(str(tmp_path / "none" / "a.log")) == []


def test_of_equal_beginnings_the_same_inode_is_preferred(tmp_path):
    for name in ("a.log.1", "a.log"):
        (tmp_path / name).write_bytes(b"same\n")
    found = members(str(tmp_path / "a.log"))
    for index in (0, 1):
        position = Position("a.log", found[index].inode, 5, 0, mark_of(b"same\n", 5))
        assert locate(position, found) == index


def test_empty_files_and_twins_are_passed_over(tmp_path):
    for name, data in (("a.log.3", b"one\n"), ("a.log.2", b""), ("a.log.1", b"one\n"), ("a.log", b"one\nmore\n")):
        (tmp_path / name).write_bytes(data)
    found = members(str(tmp_path / "a.log"))
    state = LogState().leave(mark_of(b"one\n", 4), 4)
    assert successor(0, found, state) == (found[3], 4)
    position = Position("gone", 0, 4, found[3].changed_ns + 10**12, mark_of(b"gone", 4))
    assert changed_since(position, found, state) is None
