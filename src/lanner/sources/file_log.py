"""Follows one log through its files: reads on, notices rotation and truncation, goes to the next file."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

from lanner.audit.batch import Batch
from lanner.sources.file_chain import Member, changed_since, locate, members, successor
from lanner.sources.file_reader import Reader, TruncatedError, last_line_start, open_reader, read_head
from lanner.sources.file_settings import FileSettings
from lanner.sources.file_state import LogState, Mark, Position, mark_of
from lanner.sources.lines import Line, LineSplitter, to_batch
from lanner.sources.source import Note

# Turns without a finished line (a growing line, files skipped) before other logs have their turn.
_TURNS = 16


class LogFollower:
    """One log; `state` is where it goes on after the lines that `next` has given."""

    def __init__(self, live: str, settings: FileSettings, note: Note, *, state: LogState, history: bool) -> None:
        self.live, self.state = live, state
        self._settings, self._note, self._history = settings, note, history
        self._reader: Reader | None = None
        self._splitter = LineSplitter(settings.max_line_bytes)
        self._ready: deque[Line] = deque()
        self._behind_bytes = 0
        self._trouble = ""

    def skip_to_end(self) -> bool:
        """Begin behind what is there now; says whether there was anything to skip."""
        try:
            offset = last_line_start(self.live)
            head, found = read_head(self.live), Path(self.live).stat()
        except OSError:
            return False
        if offset:
            name = Path(self.live).name
            self.state = LogState(Position(name, found.st_ino, offset, found.st_mtime_ns, mark_of(head, offset)))
        return offset > 0

    def next(self) -> Batch | None:
        """Return the next lines, or None when there are none for now; trouble is noted once and tried again later."""
        try:
            batch = self._next()
        except FileNotFoundError:
            return None  # renamed or removed between two looks
        except OSError as error:
            self._say_trouble(f"{error.filename or self.live}: {error.strerror}")
            return None
        if self._trouble and self._reader:
            self._note(f"{self._reader.path}: readable again")
            self._trouble = ""
        return batch

    def close(self) -> None:
        """Let go of the open file."""
        if self._reader:
            self._reader.close()
            self._reader = None

    def _next(self) -> Batch | None:
        for _ in range(_TURNS):
            if self._ready:
                return self._batch()
            if not (self._reader or self._attach()) or not self._fill():
                break
        return self._batch() if self._ready else None

    def _fill(self) -> bool:
        """Read on; says whether another turn is worth while."""
        assert self._reader
        try:
            chunk = self._reader.read(self._settings.batch_bytes)
            if not self._splitter.end and self._overtaken(self._reader):
                return self._attach()
            if not chunk:
                return self._at_end(self._reader)
            self._ready.extend(self._splitter.feed(chunk))
        except TruncatedError:
            return self._restart()
        return True

    # ---- where to go on

    def _attach(self) -> bool:
        """Open the file to go on with; says whether there is one."""
        found = members(self.live)
        position = self.state.position
        if position is None:
            return self._open(self._first(found))
        index = locate(position, found)
        if index is None:
            return self._open(self._after_loss(position, found))
        member = found[index]
        if member.packed or member.size >= position.offset:
            return self._open((member, position.offset), found[index + 1 :])
        return self._shorter(position, member, index, found)

    def _first(self, found: list[Member]) -> tuple[Member, int] | None:
        """Choose where a log begins that nothing was read of: a folder's oldest file, else the live one."""
        if self._history:
            return successor(-1, found, self.state)
        real = os.path.realpath(self.live)
        return next(((member, 0) for member in found if member.path == real), None)

    def _after_loss(self, position: Position, found: list[Member]) -> tuple[Member, int] | None:
        chosen = changed_since(position, found, self.state)
        if chosen:
            self._note(
                f"{self.live}: {position.name}, read to byte {position.offset}, is gone; what was appended to it since "
                f"is lost; going on with {chosen[0].path}, the oldest file written to after it"
            )
        return chosen

    def _shorter(self, position: Position, member: Member, index: int, found: list[Member]) -> bool:
        """Handle a file that begins as ours but ends before our place: a copy cut short, or the live file cut."""
        following = successor(index, found, self.state.leave(position.mark, position.offset))
        if following or member.inode != position.inode:
            self.state = self.state.leave(position.mark, position.offset)
            return self._open(following)
        self._note(f"{member.path}: shorter than when it was read (byte {position.offset}); starting over at 0")
        return self._open((member, 0))

    def _restart(self) -> bool:
        """Go on after the open file was cut in place: with the copy that copytruncate left, else at its beginning."""
        assert self._reader
        mark, offset = self._mark(), self._splitter.offset
        path, inode = self._reader.path, self._reader.inode
        changed = self.state.position.changed_ns if self.state.position else 0
        found = members(self.live)
        self.close()
        if not offset:
            return self._attach()
        self.state = LogState(Position(Path(path).name, inode, offset, changed, mark), self.state.done)
        index = locate(self.state.position, found) if self.state.position else None
        if index is not None and found[index].inode != inode:
            return self._open((found[index], offset), found[index + 1 :])
        if index is None:
            self.state = self.state.leave(mark, offset)
        self._note(f"{path}: was truncated at byte {offset} of our reading; starting over at 0")
        member = next((member for member in found if member.inode == inode), None)
        return self._open((member, 0) if member else None)

    def _overtaken(self, reader: Reader) -> bool:
        """Say, before the first byte of a file is taken, whether an older one is unread; if so let go of this one.

        Copytruncate may carry a file's whole content away between two looks.
        """
        found = members(self.live)
        index = locate(self.state.position, found) if self.state.position else -1
        if index is None or (index < 0 and not self._history):
            return False
        chosen = successor(index, found, self.state)
        if chosen is None or chosen[0].inode == reader.inode:
            return False
        self.close()
        return True

    def _at_end(self, reader: Reader) -> bool:
        """Decide at the end of a file: wait, or finish it and open its successor."""
        if reader.finite:
            self._ready.extend(self._splitter.finish())
        if self._ready:
            return True
        if self._is_live(reader):
            return False
        found = members(self.live)
        following = self._following(reader, found)
        if following is None:
            return False
        # The writer has begun the next file, so one more look finds all it ever wrote here.
        if chunk := reader.read(self._settings.batch_bytes):
            self._ready.extend(self._splitter.feed(chunk))
            return True
        self._ready.extend(self._splitter.finish())
        return bool(self._ready) or self._switch(following, found)

    def _is_live(self, reader: Reader) -> bool:
        try:
            return Path(self.live).stat().st_ino == reader.inode
        except OSError:
            return False

    def _following(self, reader: Reader, found: list[Member]) -> tuple[Member, int] | None:
        state = self.state.leave(self._mark(), self._splitter.offset) if self._splitter.offset else self.state
        index = next((index for index, member in enumerate(found) if member.inode == reader.inode), None)
        position = self._position(reader)
        if index is None and position.mark.length:
            index = locate(position, found)
        if index is not None:
            return successor(index, found, state)
        return changed_since(position, found, state)

    def _switch(self, following: tuple[Member, int], found: list[Member]) -> bool:
        assert self._reader
        old, mark, offset = self._reader, self._mark(), self._splitter.offset
        index = found.index(following[0])
        if not self._open(following, found[index + 1 :]):
            return False
        old.close()
        if offset:
            self.state = self.state.leave(mark, offset)
        return True

    def _open(self, chosen: tuple[Member, int] | None, younger: list[Member] | None = None) -> bool:
        if chosen is None:
            return False
        member, offset = chosen
        self._reader = open_reader(member.path, offset, self._note)
        self._splitter = LineSplitter(self._settings.max_line_bytes, offset=offset)
        self._behind_bytes = sum(other.size for other in younger or ())
        return True

    # ---- what to hand on

    def _batch(self) -> Batch:
        """Cut a batch off the ready lines; its checkpoint is set by the source, which knows the other logs."""
        assert self._reader
        count = min(len(self._ready), self._settings.batch_lines)
        lines = [self._ready.popleft() for _ in range(count)]
        self.state = LogState(self._position(self._reader), self.state.done)
        batch = to_batch(self._settings.source_id, self._reader.path, lines, self._settings.max_line_bytes)
        batch.backlog_bytes = max(0, self._reader.status()[0] - self._offset()) + self._behind_bytes
        return batch

    def _offset(self) -> int:
        return self._ready[0].offset if self._ready else self._splitter.offset

    def _mark(self) -> Mark:
        assert self._reader
        return mark_of(self._reader.head, self._offset())

    def _position(self, reader: Reader) -> Position:
        _, changed = reader.status()
        return Position(Path(reader.path).name, reader.inode, self._offset(), changed, self._mark())

    def _say_trouble(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._note(f"cannot read {trouble}; trying again every {self._settings.poll_seconds:g} s")
        self._trouble = trouble
