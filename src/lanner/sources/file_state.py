"""The file source's memory: marks that recognise a file by its first bytes, positions, and their JSON."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec

from lanner.audit.batch import Checkpoint

HEAD_BYTES = 4096
"""How much of a file's beginning tells it from others; an audit event's auditID is well within."""

_KEPT_DONE = 16


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """A digest of a file's first `length` bytes, which never change while the file only grows."""

    length: int
    digest: str

    def matches(self, head: bytes) -> bool:
        """Say whether a file that begins with `head` is the marked one; an empty mark matches nothing."""
        return 0 < self.length <= len(head) and _digest(head[: self.length]) == self.digest


class Done(msgspec.Struct, frozen=True, array_like=True):
    """A file that was left behind, and how far it was read: a copy of it is not read again."""

    mark: Mark
    offset: int


class Position(msgspec.Struct, frozen=True):
    """All lines before `offset` of this file were handed on; name and inode are hints, the mark decides."""

    name: str
    inode: int
    offset: int
    changed_ns: int
    mark: Mark


class LogState(msgspec.Struct, frozen=True):
    """Where one log goes on; None when nothing of it was read yet."""

    position: Position | None = None
    done: tuple[Done, ...] = ()

    def leave(self, mark: Mark, offset: int) -> LogState:
        """Return the state after a file was finished."""
        kept = tuple(done for done in self.done if done.mark != mark)
        return LogState(self.position, (*kept, Done(mark, offset))[-_KEPT_DONE:])

    def done_offset(self, head: bytes) -> int:
        """Return how far a file that begins with `head` was already read, in itself or in a twin; 0 if never."""
        return max((done.offset for done in self.done if done.mark.matches(head)), default=0)


class _Saved(msgspec.Struct):
    version: Literal[1]
    logs: dict[str, LogState]


def mark_of(head: bytes, offset: int) -> Mark:
    """Mark a file by what was handed on of it: bytes after `offset` may still be lost in a crash of its host."""
    known = head[: min(offset, HEAD_BYTES)]
    return Mark(len(known), _digest(known))


def save(logs: dict[str, Any]) -> Checkpoint:
    """Return the checkpoint of logs given as builtins, by path."""
    return {"version": 1, "logs": logs}


def load(checkpoint: Checkpoint) -> dict[str, LogState]:
    """Read a checkpoint; raise ValueError when it is damaged or another source's."""
    try:
        return msgspec.convert(checkpoint, _Saved).logs
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
