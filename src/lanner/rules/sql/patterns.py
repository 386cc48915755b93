"""Falco's patterns as regular expressions of whole texts: globs and path prefixes over bytes that are characters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lanner.rules.glob import LONGEST, translate
from lanner.rules.patterns import split_path
from lanner.rules.sql.reading import UnreadError

_MAGIC = re.compile(r"[*?\[\\]")
_PATH_MAGIC = re.compile(r"[?*\[]")
_NAMED = re.compile(r"[\w/: @%,=<>!&~#;\"'-]", re.ASCII)


def plain_glob(pattern: str) -> tuple[str, bool, bool] | None:
    """Return the text of `text`, `text*`, `*text` or `*text*`, and whether more may stand before and after it."""
    body = pattern.strip("*")
    if _MAGIC.search(body):
        return None
    return body, pattern.startswith("*"), pattern.endswith("*")


def has_patterns(paths: Sequence[str]) -> bool:
    """Say whether one of pmatch's paths is a shell pattern."""
    return any(_PATH_MAGIC.search(path) for path in paths)


def glob_expression(pattern: str, *, fold: bool) -> str:
    """Write a shell pattern as a regular expression; right for texts in ASCII."""
    if len(pattern) > LONGEST:
        raise UnreadError("a shell pattern that is too long")
    if not pattern.isascii():
        raise UnreadError(f"the shell pattern {pattern!r}, which is not ASCII")
    return readable(translate(pattern, fold=fold))


def paths_expression(paths: Sequence[str]) -> str | None:
    """Write pmatch's right-hand side as a regular expression of the whole path; None where every path fits."""
    split = [split_path(path) for path in paths]
    if () in split:
        return None
    return "/*(?:" + "|".join("/+".join(map(_part, parts)) for parts in split) + ")(?:/.*)?"


def _part(part: str) -> str:
    if not part.isascii():
        raise UnreadError(f"the path {part!r}, which is not ASCII")
    if not _PATH_MAGIC.search(part):
        return "".join(map(_escaped, part))
    if not part.strip("*"):
        return "[^/]+"
    return _within(readable(translate(part, fold=False)))


def _escaped(character: str) -> str:
    return character if _NAMED.fullmatch(character) else f"[\\x{ord(character):02x}]"


_SINGLE = re.compile(r"\[\\x([0-9a-f]{2})-\\x\1\]")


def readable(pattern: str) -> str:
    """Write sets of one usual character as that character."""
    return _SINGLE.sub(lambda found: _escaped(chr(int(found[1], 16))), pattern)


def _within(pattern: str) -> str:
    """Keep a pattern of one part from taking a slash."""
    parts = re.split(r"(\[[^]]*\])", pattern)
    return "".join(_without_slash(part) if part.startswith("[") else part.replace(".", "[^/]") for part in parts)


def _without_slash(chosen: str) -> str:
    """Take the slash out of a set that is written as ranges of bytes; what it is then matches no part."""
    ranges = re.findall(r"\\x([0-9a-f]{2})-\\x([0-9a-f]{2})", chosen)
    if not ranges or not any(int(low, 16) <= ord("/") <= int(high, 16) for low, high in ranges):
        return chosen
    if chosen.startswith("[^"):
        return chosen
    pieces = [piece for low, high in ranges for piece in _around(int(low, 16), int(high, 16))]
    return "[" + "".join(f"\\x{low:02x}-\\x{high:02x}" for low, high in pieces) + "]" if pieces else "[^\\x00-\\xff]"


def _around(low: int, high: int) -> list[tuple[int, int]]:
    slash = ord("/")
    if not low <= slash <= high:
        return [(low, high)]
    return [(a, b) for a, b in ((low, slash - 1), (slash + 1, high)) if a <= b]
