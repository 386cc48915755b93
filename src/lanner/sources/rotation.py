"""Names of rotated logs: which log a file belongs to and which of its files is older."""

from __future__ import annotations

import re

import msgspec

# kube-apiserver (lumberjack): audit-2026-01-31T10-00-00.000.log; logrotate with `extension`: audit-20260131.log
_STAMP_INSIDE = re.compile(r"^(?P<stem>.+)-(?P<stamp>\d{4}-?\d\d-?\d\d[T_-]?[\d.:-]*)(?P<suffix>\.[A-Za-z]\w*)$")
# logrotate with dateext: audit.log-20260131; kubelet: 0.log.20260131-100000
_STAMP_AFTER = re.compile(r"^(?P<stem>.+)[.-](?P<stamp>\d{4}-?\d\d-?\d\d[T_-]?[\d.:-]*)$")
# logrotate: audit.log.1 is younger than audit.log.2
_NUMBER_AFTER = re.compile(r"^(?P<stem>.+\.[A-Za-z]\w*)\.(?P<number>\d{1,6})$")
PACKED_SUFFIXES = (".gz", ".zst", ".zstd", ".xz", ".bz2")


class RotatedName(msgspec.Struct, frozen=True, order=True):
    """The order of files of one log: dated ones, then numbered ones from high to low, then the live one."""

    base: str
    kind: int
    stamp: str
    number: int
    packed: bool

    @property
    def live(self) -> bool:
        """Whether this is the file that the writer appends to."""
        return self.kind == _LIVE


_DATED, _NUMBERED, _LIVE = range(3)


def parse_name(name: str) -> RotatedName:
    """Read a file's name; a name without any mark of rotation is a live log's."""
    plain = name
    for suffix in PACKED_SUFFIXES:
        plain = plain.removesuffix(suffix)
    packed = plain != name
    if found := _STAMP_INSIDE.match(plain):
        return RotatedName(found["stem"] + found["suffix"], _DATED, _digits(found["stamp"]), 0, packed)
    if found := _STAMP_AFTER.match(plain):
        return RotatedName(found["stem"], _DATED, _digits(found["stamp"]), 0, packed)
    if found := _NUMBER_AFTER.match(plain):
        return RotatedName(found["stem"], _NUMBERED, "", -int(found["number"]), packed)
    return RotatedName(plain, _LIVE, "", 0, packed)


def in_order(names: list[str]) -> list[str]:
    """Sort files of a folder, oldest first within each log; of a plain file and its packed twin only the plain stays.

    While a twin exists the packed one may still be being written (lumberjack and gzip delete the plain one last).
    """
    chosen: dict[tuple[str, int, str, int], tuple[RotatedName, str]] = {}
    for name in sorted(names):
        parsed = parse_name(name)
        key = (parsed.base, parsed.kind, parsed.stamp, parsed.number)
        if key not in chosen or not parsed.packed:
            chosen[key] = (parsed, name)
    return [name for _, name in sorted(chosen.values())]


def _digits(stamp: str) -> str:
    return re.sub(r"\D", "", stamp).ljust(20, "0")
