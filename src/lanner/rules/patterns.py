"""Regular expressions and path prefixes as Falco's `regex` and `pmatch` read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import re2

from lanner.rules.glob import glob_matcher
from lanner.rules.text import to_bytes

_GLOB = re.compile(r"[?*\[]")
_REGEX_MEMORY = 8 * 1024 * 1024


def regex_matcher(pattern: str) -> Callable[[str], bool]:
    """Compile an RE2 pattern to a test of a whole text, in POSIX syntax as Falco; raise ValueError with RE2's words.

    A byte of the text that is no UTF-8 is the replacement character U+FFFD (libsinsp's sanitising before regex).
    """
    options = re2.Options()
    options.posix_syntax = True
    options.longest_match = True
    options.log_errors = False
    options.max_mem = _REGEX_MEMORY
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        words = error.args[0]
        raise ValueError(words.decode() if isinstance(words, bytes) else str(words)) from None
    fullmatch = compiled.fullmatch

    def matches(text: str) -> bool:
        try:
            return fullmatch(text) is not None
        except UnicodeEncodeError:
            return fullmatch(to_bytes(text).decode("utf-8", "replace")) is not None

    return matches


def split_path(path: str) -> tuple[str, ...]:
    """Split at slashes and drop empty parts, so that `/var//run/` and `var/run` are one path."""
    return tuple(part for part in path.split("/") if part)


class PathPrefixes:
    """The right-hand side of pmatch: holds where a path is one of these or below it, part by part.

    A part with `?`, `*` or `[` is a shell pattern; the path `/` holds for everything (libsinsp's prefix search).
    """

    def __init__(self, paths: Iterable[str]) -> None:
        split = [split_path(path) for path in paths]
        self._plain = frozenset(parts for parts in split if not any(_GLOB.search(part) for part in parts))
        self._lengths = tuple(sorted({len(parts) for parts in self._plain}))
        self._globs = [
            tuple(glob_matcher(part) if _GLOB.search(part) else part.__eq__ for part in parts)
            for parts in split
            if parts not in self._plain
        ]

    def match(self, path: str) -> bool:
        parts = split_path(path)
        for length in self._lengths:
            if length > len(parts):
                break
            if parts[:length] in self._plain:
                return True
        return any(
            len(matchers) <= len(parts) and all(matches(part) for matches, part in zip(matchers, parts, strict=False))
            for matchers in self._globs
        )
