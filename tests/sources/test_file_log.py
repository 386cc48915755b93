"""The follower under random scripts of a writer and of restarts: each line once, in order."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import tempfile
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from lanner.sources.file_log import LogFollower
from lanner.sources.file_settings import FileSettings
from lanner.sources.file_state import LogState, load, save

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

    def __init__(self, folder: Path) -> None:
        self.live = folder / "audit.log"
        self.live.touch()
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
        self.stamp += 1
        return self.live.with_name(f"audit-2026-01-01T00-00-{self.stamp:02}.000.log")

    def rotate(self, _: int) -> None:
        self.live.rename(self.rotated())
        self.live.touch()

    def copytruncate(self, _: int) -> None:
        shutil.copy(self.live, self.rotated())
        os.truncate(self.live, 0)

    def pack(self, which: int) -> None:
        plain = sorted(self.live.parent.glob("audit-*.log"))
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
@given(STEPS)
def test_any_script_of_appends_rotations_and_restarts_gives_each_line_once_in_order(steps):
    with tempfile.TemporaryDirectory() as folder:
        script = Script(Path(folder))
        for name, argument in steps:
            getattr(script, name)(argument)
        script.finish()
        assert script.got == script.expected, script.notes
