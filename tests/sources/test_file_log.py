"""The follower under random scripts of a writer and of restarts: each line once, in order."""

from __future__ import annotations

import contextlib
import ctypes
import gzip
import json
import os
import shutil
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.sources.file_log import LogFollower
from lanner.sources.file_settings import FileSettings
from lanner.sources.file_state import LogState, load, mark_of, save

# Lines differ within the first write of a file, as audit events (auditID) do: that tells files apart.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(16, 400)),
        st.tuples(st.sampled_from(["rotate", "copytruncate", "pack", "restart", "crash"]), st.integers(0, 3)),
        st.tuples(st.just("read"), st.integers(1, 6)),
    ),
    max_size=40,
)


class Script:
    """A writer whose bytes are cut at random points, and a reader that is restarted at random points."""

    def __init__(self, folder: Path, *, numbered: bool = False) -> None:
        self.live = folder / "audit.log"
        self.live.touch()
        self.numbered = numbered
        self.written = self.number = self.stamp = 0
        self.unwritten = b""
        self.part = b""
        self.expected: list[bytes] = []
        self.got: list[bytes] = []
        self.notes: list[str] = []
        self.saved = save({})
        self.durable = [(self.saved, 0)]
        self.settings = FileSettings(path=str(self.live), batch_lines=3, batch_bytes=4096)
        self.follower = self.begin()

    def begin(self) -> LogFollower:
        state = load(json.loads(json.dumps(self.saved))).get("log", LogState())
        return LogFollower(str(self.live), self.settings, self.notes.append, state=state, history=True)

    def append(self, size: int) -> None:
        while len(self.unwritten) < size:
            self.unwritten += b'%06d,"pad":"%s"}\n' % (self.number, b"p" * (self.number * 37 % 90))
            self.number += 1
        piece, self.unwritten = self.unwritten[:size], self.unwritten[size:]
        with self.live.open("ab") as file:
            file.write(piece)
        *whole, self.part = (self.part + piece).split(b"\n")
        self.expected += [line for line in whole if line]

    def rotated(self) -> Path:
        """Name the next rotated file; the live one then ends in a newline or in a whole line without its own."""
        if self.part:
            self.append(self.unwritten.index(b"\n"))
            self.unwritten = self.unwritten[1:]
            self.expected.append(self.part)
            self.part = b""
        return self.numbered_name() if self.numbered else self.dated_name()

    def dated_name(self) -> Path:
        self.stamp += 1
        return self.live.with_name(f"audit-2026-01-01T00-00-{self.stamp:02}.000.log")

    def numbered_name(self) -> Path:
        """Move the older files on first, as logrotate does."""
        for file in sorted(self.live.parent.glob("audit.log.*"), key=lambda file: -int(file.name.split(".")[2])):
            number, *packed = file.name.split(".")[2:]
            file.rename(file.with_name(".".join(["audit.log", str(int(number) + 1), *packed])))
        return self.live.with_name("audit.log.1")

    def rotate(self, _: int) -> None:
        self.live.rename(self.rotated())
        self.live.touch()

    def copytruncate(self, _: int) -> None:
        shutil.copy(self.live, self.rotated())
        os.truncate(self.live, 0)

    def pack(self, which: int) -> None:
        plain = sorted(file for file in self.live.parent.glob("audit[-.]*[0-9g]") if file != self.live)
        if plain:
            file = plain[which % len(plain)]
            file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes()))
            file.unlink()

    def read(self, count: int) -> None:
        for _ in range(count):
            if batch := self.follower.next():
                self.got += batch.lines
                self.saved = save({"log": msgspec.to_builtins(self.follower.state)})
                self.durable.append((self.saved, len(self.got)))

    def restart(self, _: int) -> None:
        self.follower.close()
        self.follower = self.begin()

    def crash(self, lost: int) -> None:
        """Begin again where the last batches are not durable: they come once more."""
        del self.durable[max(1, len(self.durable) - lost) :]
        self.saved, count = self.durable[-1]
        del self.got[count:]
        self.restart(0)

    def finish(self) -> None:
        self.append(100)
        self.append(len(self.unwritten))
        idle = 0
        while idle < 5:
            before = len(self.got)
            self.read(5)
            idle = idle + 1 if len(self.got) == before else 0
        self.follower.close()


@settings(max_examples=150, deadline=None)
@given(STEPS, st.booleans())
def test_any_script_of_appends_rotations_and_restarts_gives_each_line_once_in_order(steps, numbered):
    with tempfile.TemporaryDirectory() as folder:
        script = Script(Path(folder), numbered=numbered)
        for name, argument in steps:
            getattr(script, name)(argument)
        script.finish()
        assert script.got == script.expected, script.notes


@pytest.fixture
def script(tmp_path):
    made = Script(tmp_path)
    yield made
    made.follower.close()


def rows(first: int, last: int) -> bytes:
    return b"".join(b"%06d some event\n" % number for number in range(first, last))


def numbers(script: Script) -> list[int]:
    return [int(line[:6]) for line in script.got]


def test_a_lost_file_is_said_and_only_younger_ones_are_read(script):
    old = script.live.with_name("audit-2026-01-01T00-00-00.000.log")
    old.write_bytes(rows(0, 3))
    os.utime(old, (1_000_000, 1_000_000))
    script.follower._history = False
    script.live.write_bytes(rows(3, 6))
    script.read(3)
    script.live.unlink()
    script.live.with_name("audit-2026-01-01T00-00-09.000.log").write_bytes(rows(9, 11))
    script.live.write_bytes(rows(11, 13))
    script.restart(0)
    script.read(9)
    assert numbers(script) == [3, 4, 5, 9, 10, 11, 12]
    assert "is gone" in script.notes[0]


def test_a_file_cut_to_a_shorter_beginning_of_itself_starts_over(script):
    script.live.write_bytes(rows(0, 6))
    script.read(5)
    script.durable.append((script.saved, len(script.got)))
    state = script.follower.state
    mark = mark_of(rows(0, 2), 20)
    short = msgspec.structs.replace(state.position, mark=mark)
    script.saved = save({"log": msgspec.to_builtins(LogState(short))})
    os.truncate(script.live, len(rows(0, 3)))
    script.restart(0)
    script.read(5)
    assert numbers(script) == [0, 1, 2, 3, 4, 5, 0, 1, 2]
    assert "shorter than when it was read" in script.notes[0]


def test_a_copy_shorter_than_what_was_read_is_passed_over(script):
    script.live.write_bytes(rows(0, 300))
    script.read(150)
    script.live.with_name("audit.log.1").write_bytes(rows(0, 280))
    script.live.unlink()
    script.live.write_bytes(rows(300, 303))
    script.restart(0)
    script.read(9)
    assert numbers(script) == list(range(303))
    assert script.notes == []


def test_a_truncation_before_anything_was_handed_on(script):
    script.live.write_bytes(b"000000 begins")
    script.read(2)
    script.live.write_bytes(rows(1, 3))
    script.read(3)
    assert numbers(script) == [1, 2]


def test_a_damaged_packed_file_gives_what_is_readable_and_the_next_is_read(script):
    packed = gzip.compress(os.urandom(300_000).hex().encode().replace(b"a", b"\n"))
    script.live.with_name("audit-2026-01-01T00-00-00.000.log.gz").write_bytes(packed[: len(packed) // 2])
    script.live.write_bytes(rows(7, 8))
    for _ in range(10_000):
        script.read(1)
    assert len(script.got) > 1000
    assert script.got[-1] == b"000007 some event"
    assert any("cut off" in note for note in script.notes)


@contextlib.contextmanager
def as_nobody():
    """Look at files as another user in this thread, when this one is root (Linux: setfsuid)."""
    libc = ctypes.CDLL(None)
    libc.setfsuid(65534)
    try:
        yield
    finally:
        libc.setfsuid(os.getuid())


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_unreadable_is_said_once_and_read_when_the_mode_changes(what):
    with tempfile.TemporaryDirectory() as folder:
        script = Script(Path(folder))
        script.live.write_bytes(rows(0, 2))
        Path(folder).chmod(0o755)
        (script.live if what == "file" else Path(folder)).chmod(0)
        with as_nobody():
            script.read(3)
        assert script.got == []
        assert len(script.notes) == 1
        assert f"Permission denied; trying again every {script.settings.poll_seconds:g} s" in script.notes[0]
        Path(folder).chmod(0o755)
        script.live.chmod(0o644)
        with as_nobody():
            script.read(3)
        script.follower.close()
        assert numbers(script) == [0, 1]
        assert "readable again" in script.notes[1]


def test_skipping_to_the_end_begins_at_the_last_newline(script):
    script.live.write_bytes(rows(0, 3) + b"000003 so")
    assert script.follower.skip_to_end()
    script.read(2)
    with script.live.open("ab") as file:
        file.write(b"me event\n")
    script.read(2)
    assert numbers(script) == [3]


def test_there_is_nothing_to_skip_in_a_missing_empty_or_unfinished_file(script):
    assert not script.follower.skip_to_end()
    script.live.write_bytes(b"x" * 3_000_000)
    assert not script.follower.skip_to_end()
    script.live.unlink()
    assert not script.follower.skip_to_end()
