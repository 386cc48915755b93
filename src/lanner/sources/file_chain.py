"""The files of one log in order of age, and finding among them the one that a position speaks of."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import msgspec

from lanner.sources.file_reader import read_head
from lanner.sources.file_state import LogState, Position
from lanner.sources.packed import is_packed
from lanner.sources.rotation import PACKED_SUFFIXES, in_order, parse_name

_LISTINGS = 8


class Member(msgspec.Struct, frozen=True):
    """One file of a log as it stood when listed; size is the stored one, packed when compressed."""

    path: str
    inode: int
    size: int
    changed_ns: int
    packed: bool


def folder_and_base(live: str) -> tuple[str, str]:
    """Return where a log's files lie and the name of the live one, behind symbolic links (as kubelet makes them)."""
    folder, base = os.path.split(os.path.realpath(live))
    return folder, base


def members(live: str) -> list[Member]:
    """List a log's files, oldest first; none when the folder is missing; raises OSError.

    A listing is not atomic: a file renamed meanwhile may be missed, so it counts only when it came out twice alike.
    """
    folder, base = folder_and_base(live)
    before = _listing(folder, base)
    for _ in range(_LISTINGS):
        after = _listing(folder, base)
        if [(m.path, m.inode) for m in before] == [(m.path, m.inode) for m in after]:
            break
        before = after
    return before


def locate(position: Position, found: Sequence[Member]) -> int | None:
    """Return the index of the file that the position speaks of: by its mark, else None; raises OSError.

    Of several with the same first bytes (a copy that copytruncate made) the one that was read is preferred, then one
    that holds what is still to be read.
    """
    too_short = None
    for index in _likely_first(position, found):
        if position.mark.matches(read_head(found[index].path)):
            if _holds(found[index], position):
                return index
            too_short = index
    return too_short


def successor(index: int, found: Sequence[Member], state: LogState) -> tuple[Member, int] | None:
    """Return the next younger file with something unread, and where to begin in it; raises OSError."""
    for member in found[index + 1 :]:
        begin = _unread(member, state)
        if begin is not None:
            return member, begin
    return None


def changed_since(position: Position, found: Sequence[Member], state: LogState) -> tuple[Member, int] | None:
    """Return the oldest unread file that was written to after the position's file, which is gone; raises OSError."""
    return successor(-1, [member for member in found if member.changed_ns >= position.changed_ns], state)


def _unread(member: Member, state: LogState) -> int | None:
    if not member.size:
        return None
    head = read_head(member.path)
    if not head:
        return None
    begin = state.done_offset(head)
    if begin and (member.packed or member.size <= begin):
        return None
    return begin


def _holds(member: Member, position: Position) -> bool:
    return member.packed or member.size >= position.offset


def _likely_first(position: Position, found: Sequence[Member]) -> list[int]:
    """The file of the same inode, then the younger before the older: each look at a head costs a read."""
    return sorted(range(len(found)), key=lambda index: (found[index].inode != position.inode, -index))


def _listing(folder: str, base: str) -> list[Member]:
    try:
        names = [path.name for path in Path(folder).iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    mine = [name for name in names if name == base or parse_name(name).base == base]
    return [member for name in in_order(mine) if (member := _member(Path(folder, name)))]


def _member(path: Path) -> Member | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Member(str(path), found.st_ino, found.st_size, found.st_mtime_ns, _packed(path))


def _packed(path: Path) -> bool:
    try:
        with path.open("rb", buffering=0) as file:
            return is_packed(file.read(4))
    except OSError:
        return path.name.endswith(PACKED_SUFFIXES)
