"""What the transformers of a condition make of values: texts, lists and numbers in, None where one is absent."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

from lanner.rules import ir
from lanner.rules.text import ascii_lower, ascii_upper, basename, decode_base64, to_bytes, until_nul

Value = str | int | list[str] | None

TEXT_FUNCTIONS: dict[str, Callable[[str], str | None]] = {
    "tolower": ascii_lower,
    "toupper": ascii_upper,
    "b64": decode_base64,
    "basename": basename,
}


def call_function(call: ir.Call) -> Callable[..., Value]:
    """Return the function of a transformer; it takes the arguments' values and gives None where one is absent."""
    match call.function:
        case "val":
            return lambda value: value
        case "len":
            return _length
        case "concat":
            return lambda *parts: None if None in parts else "".join(map(_c_text, parts))
        case "join":
            return _join
        case "getopt":
            return lambda words, letters: None if words is None or letters is None else options(words, letters)
        case name:
            function = TEXT_FUNCTIONS[name]
            return lambda value: None if value is None else map_text(function, value)


def _length(value: Value) -> int | None:
    """Count a list's items, or a text's bytes up to the first NUL."""
    if value is None:
        return None
    return len(value) if isinstance(value, list) else len(to_bytes(_c_text(value)))


def _join(separator: Value, values: Value) -> str | None:
    if separator is None or values is None:
        return None
    return plain_text(separator).join(map(until_nul, flatten([values]) or ()))


def flatten(values: Iterable[Value]) -> list[str] | None:
    """Put values and lists of values into one list; None where one is absent."""
    flat: list[str] = []
    for value in values:
        if value is None:
            return None
        flat.extend(value if isinstance(value, list) else [plain_text(value)])
    return flat


def map_text(function: Callable[[str], str | None], value: str | int | list[str]) -> Value:
    """Apply a function to a text or to each of a list; None when one of them has no result."""
    if not isinstance(value, list):
        return function(plain_text(value))
    changed = [function(item) for item in value]
    return None if None in changed else [item for item in changed if item is not None]


def options(words: Iterable[str], letters: str) -> list[str]:
    """Return the short options of a command line and their values in order, `?` for one that is not known.

    `letters` are those of getopt(3): one before a colon takes a value, the rest of its word or the next word; an
    option whose value is missing gives an empty text instead of itself. Long options are passed over; `--`, `-` and
    the first word that is no option end the reading (libsinsp).
    """
    known, valued = _letters(letters)
    found: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word in ("--", "-") or not word.startswith("-"):
            break
        if not word.startswith("--"):
            found.extend(_cluster(word[1:], waiting, known, valued))
    return found


def _letters(letters: str) -> tuple[set[str], set[str]]:
    """Return the options that there are, and those that take a value."""
    letters = letters.removeprefix(":")
    known = set(letters) - {":"}
    return known, {letter for letter, after in itertools.pairwise(letters) if after == ":"} - {":"}


def _cluster(word: str, following: Iterator[str], known: set[str], valued: set[str]) -> Iterator[str]:
    for place, letter in enumerate(word):
        if letter not in known:
            yield "?"
        elif letter not in valued:
            yield letter
        else:
            value = word[place + 1 :] or next(following, None)
            if value is None:
                yield ""
            else:
                yield letter
                yield value
            return


def plain_text(value: Value) -> str:
    """Return a value as text; a number in decimal."""
    return value if isinstance(value, str) else str(value)


def _c_text(value: Value) -> str:
    return until_nul(plain_text(value))
