"""Sigma's regular expressions (Perl's, found anywhere in a value) in RE2's POSIX syntax, which `regex` has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

ANYTHING = "(.|\n)*"
DEPTH = 32
_FLAGS = re.compile(r"\(\?([ims]+)\)")
_REPEAT = re.compile(r"[*+?]|\{\d*,?\d*\}")
_COUNT = re.compile(r"\{(\d+)(,\d*)?\}")
_POSIX = re.compile(r"\[:\^?[a-z]+:\]")
_TOP = 0x10FFFF
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = ((9, 13), (32, 32))
_DIGIT = ((48, 57),)
_SETS = {"w": _WORD, "s": _SPACE, "d": _DIGIT}
_CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7, "0": 0}
_SPECIAL = frozenset("\\.^$|()[]{}*+?-")

Ranges = tuple[tuple[int, int], ...]


class RegexError(ValueError):
    """A regular expression that cannot be said in RE2's POSIX syntax."""


def translate(pattern: str, flags: Iterable[str] = (), *, mark: str = "") -> str:
    """Return a pattern of the whole text that holds where this one is found somewhere in it; raises RegexError.

    `flags` are i, m and s; with i the text that is tried must be in small letters. With a `mark` the text is several
    values with marks between and around them, and the pattern is to be found in one of them.
    """
    start, chosen = _leading(pattern, flags)
    if mark and "m" in chosen:
        raise RegexError("the flag m on a field with several values")
    return _Translator(pattern, start, chosen, mark).whole()


def ignores_case(pattern: str, flags: Iterable[str] = ()) -> bool:
    """Say whether the text that is tried must be in small letters."""
    return "i" in _leading(pattern, flags)[1]


def _leading(pattern: str, flags: Iterable[str]) -> tuple[int, set[str]]:
    """Return where the pattern itself begins, and all flags."""
    found = _FLAGS.match(pattern)
    return (found.end(), {*flags, *found[1]}) if found else (0, set(flags))


class _Translator:
    """Reads the pattern once, left to right."""

    def __init__(self, pattern: str, start: int, flags: set[str], mark: str) -> None:
        self._pattern, self._at = pattern, start
        self._fold, self._multiline, self._dotall = "i" in flags, "m" in flags, "s" in flags
        self._mark = mark
        self._depth = 0

    def whole(self) -> str:
        inside = f"[^{self._mark}]*" if self._mark else ANYTHING
        branches = [self._anchored(branch, inside) for branch in self._branches()]
        if self._at < len(self._pattern):
            raise RegexError("a closing parenthesis too many")
        joined = branches[0] if len(branches) == 1 else f"({'|'.join(branches)})"
        return f"{ANYTHING}{self._mark}{joined}{self._mark}{ANYTHING}" if self._mark else joined

    def _anchored(self, pieces: list[str], inside: str) -> str:
        """Take the anchors at a branch's ends away, and let anything stand where there is none."""
        begins, ends = pieces[:1] == ["^"], pieces[-1:] == ["$"]
        middle = pieces[begins : len(pieces) - ends]
        if any(piece in ("^", "$") for piece in middle):
            raise RegexError("an anchor that is not at an end of the pattern or of one of its alternatives")
        return ("" if begins else inside) + "".join(middle) + ("" if ends else inside)

    def _branches(self) -> list[list[str]]:
        branches = [self._branch()]
        while self._peek() == "|":
            self._at += 1
            branches.append(self._branch())
        return branches

    def _branch(self) -> list[str]:
        pieces: list[str] = []
        while (character := self._peek()) and character not in "|)":
            pieces.append(self._piece())
        return pieces

    def _piece(self) -> str:
        atom = self._atom()
        repeat = _REPEAT.match(self._pattern, self._at)
        if repeat is None or (repeat[0].startswith("{") and not _COUNT.fullmatch(repeat[0])):
            return atom
        if atom in ("^", "$"):
            raise RegexError("an anchor that is repeated")
        self._at = repeat.end()
        if self._peek() == "?":  # lazy or greedy, the same texts fit
            self._at += 1
        elif self._peek() == "+":
            raise RegexError("a possessive repetition")
        return atom + repeat[0]

    def _atom(self) -> str:
        character = self._take()
        if character == "(":
            return self._group()
        if character == "[":
            return self._class()
        if character == ".":
            return self._any()
        if character in "^$":
            return self._anchor(character)
        if character == "\\":
            return self._escape()
        return _literal(character.lower() if self._fold and character.isascii() else character)

    def _anchor(self, character: str) -> str:
        if self._multiline:
            return f"({character})"  # RE2 in POSIX syntax takes it for the edge of a line
        if self._depth:
            raise RegexError("an anchor in a group: write the alternatives out, such as ^a|^b")
        return character

    def _any(self) -> str:
        if self._dotall:
            return f"[^{self._mark}]" if self._mark else "(.|\n)"
        return f"[^\n{self._mark}]"

    def _group(self) -> str:
        if self._peek() == "?":
            named = re.compile(r"\?(?::|P<\w+>)").match(self._pattern, self._at)
            if named is None:
                raise RegexError("a group with a question mark that is neither (?:...) nor (?P<name>...)")
            self._at = named.end()
        self._depth += 1
        if self._depth > DEPTH:
            raise RegexError(f"groups nested deeper than {DEPTH}")
        branches = ["".join(branch) for branch in self._branches()]
        self._depth -= 1
        if self._take() != ")":
            raise RegexError("a group that is not closed")
        return f"({'|'.join(branches)})"

    def _escape(self) -> str:
        character = self._take()
        if character.lower() in _SETS:
            return self._written(_SETS[character.lower()], negated=character.isupper())
        if character in "AZz":
            return self._anchor("^" if character == "A" else "$")
        point = self._point(character)
        return _literal(self._lowered(chr(point)))

    def _point(self, character: str) -> int:
        """Return the character that an escape stands for."""
        if character in "xuU":
            length = {"x": 2, "u": 4, "U": 8}[character]
            digits = self._pattern[self._at : self._at + length]
            self._at += length
            try:
                return ord(chr(int(digits, 16)))
            except (ValueError, OverflowError):
                raise RegexError(f"the escape \\{character}{digits}") from None
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character.isalnum():
            raise RegexError(f"the escape \\{character}")
        return ord(character)

    def _class(self) -> str:
        negated = self._peek() == "^"
        self._at += negated
        ranges: list[tuple[int, int]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            ranges.extend(self._member())
        self._at += 1
        return self._written(tuple(ranges), negated=negated)

    def _member(self) -> Iterator[tuple[int, int]]:
        if _POSIX.match(self._pattern, self._at):
            raise RegexError("a named class of characters")
        character = self._take()
        if character == "\\" and self._peek().lower() in _SETS:
            kind = self._take()
            yield from _complement(_SETS[kind.lower()]) if kind.isupper() else _SETS[kind.lower()]
            return
        low = self._single(character)
        if self._peek() == "-" and self._pattern[self._at + 1 : self._at + 2] not in ("]", ""):
            self._at += 1
            high = self._single(self._take())
            if high < low:
                raise RegexError("a range that ends before it begins")
            yield low, high
        else:
            yield low, low

    def _single(self, character: str) -> int:
        if character == "\\":
            escaped = self._take()
            return 8 if escaped == "b" else self._point(escaped)
        return ord(character)

    def _written(self, ranges: Ranges, *, negated: bool) -> str:
        """Write a set of characters; the mark is in none."""
        if self._fold:
            ranges = tuple(_folded(ranges))
        mark = ord(self._mark) if self._mark else None
        if negated:
            more = ((mark, mark),) if mark is not None else ()
            return "[^" + "".join(map(_range, (*ranges, *more))) + "]"
        if mark is not None and any(low <= mark <= high for low, high in ranges):
            ranges = tuple(_complement((*_complement(ranges), (mark, mark))))
        return "[" + "".join(map(_range, ranges)) + "]"

    def _lowered(self, character: str) -> str:
        return character.lower() if self._fold and character.isascii() else character

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise RegexError("an end that comes too early")
        self._at += 1
        return character


def _literal(character: str) -> str:
    return f"\\{character}" if character in _SPECIAL else character


def _range(pair: tuple[int, int]) -> str:
    low, high = map(_in_set, pair)
    return low if low == high else f"{low}-{high}"


def _in_set(point: int) -> str:
    character = chr(point)
    if character in "\\]^-[":
        return f"\\{character}"
    return character if character.isprintable() else f"\\x{{{point:x}}}"


def _folded(ranges: Ranges) -> Iterator[tuple[int, int]]:
    """Give the ranges, and in small letters what of them is in capitals."""
    for low, high in ranges:
        yield low, high
        if low <= ord("Z") and high >= ord("A"):
            yield max(low, 65) + 32, min(high, 90) + 32


def _complement(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    below = 0
    for low, high in sorted(ranges):
        if low > below:
            yield below, low - 1
        below = max(below, high + 1)
    if below <= _TOP:
        yield below, _TOP
