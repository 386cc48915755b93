r"""Shell patterns as fnmatch(3) of the GNU C library reads them without flags in the C locale, as Falco's glob does.

Known forms: `*`, `?`, `[set]` and `\x`; a slash or a leading period is a character like others. Texts are bytes: `?`
takes one byte of a character that has several.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator

import re2

from lanner.rules.text import ascii_lower, to_bytes

LONGEST = 512
"""A longer pattern, which only a right-hand field can give, is compared as it stands: compiling it would take long."""

_MAGIC = re.compile(r"[*?\[\\]")
_ALL = frozenset(range(256))
_CLASSES = {
    "alnum": string.ascii_letters + string.digits,
    "alpha": string.ascii_letters,
    "blank": " \t",
    "cntrl": "".join(map(chr, [*range(32), 127])),
    "digit": string.digits,
    "graph": "".join(map(chr, range(33, 127))),
    "lower": string.ascii_lowercase,
    "print": "".join(map(chr, range(32, 127))),
    "punct": string.punctuation,
    "space": string.whitespace,
    "upper": string.ascii_uppercase,
    "xdigit": string.hexdigits,
}
_CLASS = re.compile(r"\[:([a-z]*):\]")
_COLLATING = re.compile(r"\[([.=])(.)\1\]", re.DOTALL)

Bytes = frozenset[int]


def glob_matcher(pattern: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """Compile a pattern to a test of a whole text; with `ignore_case` ASCII letters match in either case."""
    if not ignore_case:
        return _plain_matcher(pattern) or _pattern_matcher(pattern, fold=False)
    lowered = ascii_lower(pattern)
    inner = _plain_matcher(lowered)
    if inner is None:
        return _pattern_matcher(pattern, fold=True)
    return lambda text: inner(ascii_lower(text))


def _plain_matcher(pattern: str) -> Callable[[str], bool] | None:
    """Compile `text`, `text*`, `*text` and `*text*` without a regular expression; None for anything else."""
    body = pattern.strip("*")
    if _MAGIC.search(body):
        return None
    if not body:
        return (lambda _text: True) if pattern else (lambda text: not text)
    opened, closed = pattern.startswith("*"), pattern.endswith("*")
    if opened and closed:
        return lambda text: body in text
    if opened:
        return lambda text: text.endswith(body)
    if closed:
        return lambda text: text.startswith(body)
    return lambda text: text == body


def _pattern_matcher(pattern: str, *, fold: bool) -> Callable[[str], bool]:
    if len(pattern) > LONGEST:
        return lambda text: text == pattern
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    options.encoding = re2.Options.Encoding.LATIN1
    fullmatch = re2.compile(translate(pattern, fold=fold).encode("ascii"), options).fullmatch
    return lambda text: fullmatch(to_bytes(text)) is not None


def translate(pattern: str, *, fold: bool) -> str:
    """Write a pattern as a regular expression of RE2 over bytes, in ASCII; `fold` ignores the case of ASCII letters."""
    return "".join(_pieces(to_bytes(pattern).decode("latin-1"), fold))


def _pieces(pattern: str, fold: bool) -> Iterator[str]:
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            yield ".*"
        elif character == "?":
            yield "."
        elif character == "[" and (found := _bracket(pattern, position, fold)) is not None:
            chosen, position = found
            yield _write(chosen)
        elif character == "\\":
            # A backslash that ends the pattern matches nothing.
            yield _write(_single(pattern[position : position + 1], fold))
            position += 1
        else:
            yield _write(_single(character, fold))


def _single(character: str, fold: bool) -> Bytes:
    both = character.lower() + character.upper() if fold and character.isascii() else character
    return frozenset(map(ord, both))


def _write(chosen: Bytes) -> str:
    if not chosen:
        return "[^\\x00-\\xff]"
    starts = sorted(byte for byte in chosen if byte - 1 not in chosen)
    ends = sorted(byte for byte in chosen if byte + 1 not in chosen)
    return "[" + "".join(f"\\x{start:02x}-\\x{end:02x}" for start, end in zip(starts, ends, strict=True)) + "]"


def _bracket(pattern: str, position: int, fold: bool) -> tuple[Bytes, int] | None:
    """Read a set whose bracket was at `position - 1`: its bytes and where it ends; None where it is not closed."""
    negated = pattern[position : position + 1] in ("!", "^")
    position += negated
    chosen: set[int] = set()
    valid, first = True, True
    while first or pattern[position : position + 1] != "]":
        named = _CLASS.match(pattern, position)
        if named is not None:
            valid = valid and named[1] in _CLASSES
            chosen.update(map(ord, _CLASSES.get(named[1], "")))
            position = named.end()
        else:
            low = _member(pattern, position)
            if low is None:
                # A collating symbol that is not closed matches nothing; a set that is not closed is a bracket.
                return (frozenset(), len(pattern)) if pattern.startswith("[.", position) else None
            start, position = low
            end = start
            if pattern[position : position + 1] == "-" and pattern[position + 1 : position + 2] != "]":
                high = _member(pattern, position + 1)
                if high is None:
                    # A range that the pattern's end cuts off matches nothing.
                    return frozenset(), len(pattern)
                end, position = high
            chosen.update(range(ord(start), ord(end) + 1))
        first = False
    if fold:
        chosen |= {ord(chr(byte).swapcase()) for byte in chosen if chr(byte).isascii()}
    if not valid:
        return frozenset(), position + 1
    return (_ALL - chosen if negated else frozenset(chosen)), position + 1


def _member(pattern: str, position: int) -> tuple[str, int] | None:
    """Read one character of a set, which a backslash or `[.x.]` may write; None where the pattern ends."""
    written = _COLLATING.match(pattern, position)
    if written is not None:
        return written[2], written.end()
    if pattern.startswith("[.", position):
        return None
    if pattern[position : position + 1] == "\\":
        position += 1
    return (pattern[position], position + 1) if position < len(pattern) else None
