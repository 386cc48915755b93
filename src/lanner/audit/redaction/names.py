"""Names behind which values are secret, and words with a star at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import re2

_MEMORY = 8 * 1024 * 1024
LONGEST_NAME = 1024
"""What is longer is no name but a text."""


def compiled(patterns: Sequence[str]) -> Any:
    """Compile regular expressions to one RE2 over bytes that fits where one of them does; raises ValueError.

    Without patterns it fits nowhere.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY
    for pattern in patterns:
        _compile(pattern, options)
    return _compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"[^\x00-\x{10FFFF}]", options)


def _compile(pattern: str, options: Any) -> Any:
    try:
        return re2.compile(pattern.encode(), options)
    except re2.error as error:
        words = error.args[0]
        said = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        raise ValueError(f"{pattern!r} is no regular expression of RE2: {said}") from None


def name_test(secret: Sequence[str], plain: Sequence[str]) -> Callable[[bytes], bool]:
    """Return a test of names: one of the first patterns fits and none of the second."""
    wanted, unwanted = compiled(secret).search, compiled(plain).search

    def test(name: bytes) -> bool:
        return len(name) <= LONGEST_NAME and wanted(name) is not None and unwanted(name) is None

    return test


def word_test(words: Sequence[str]) -> Callable[[str | None], bool]:
    """Return a test for words of which those with a `*` at the end match by prefix; without words all fit."""
    exact = frozenset(words)
    prefixes = tuple(word[:-1] for word in words if word.endswith("*"))

    def test(value: str | None) -> bool:
        return not words or (value is not None and (value in exact or value.startswith(prefixes)))

    return test
