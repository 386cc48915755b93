"""One quick search over an event's text for the few words behind which secrets stand outside of secrets themselves."""

from __future__ import annotations

import re
from collections.abc import Collection

import msgspec
import re2

from lanner.audit.redaction.escaped import Span
from lanner.audit.redaction.values import IN_LINES

_LIST = re.compile(rb'"(\w++)"[ \t\r\n]*+:[ \t\r\n]*+\[')
_TEXT = re.compile(rb'"[^"\\]++"[ \t\r\n]*+:[ \t\r\n]*+("[^"\\]*+(?:\\.[^"\\]*+)*+")', re.DOTALL)
# Go escapes <, > and &, nobody needs to escape other letters: then words cannot be searched for as they are.
_ODD_ESCAPES = rb"\\u00(?:2[0-57-9a-fA-F]|3[0-9abdfABDF]|[4-7][0-9a-fA-F])|\\/"
_ESCAPE = re2.compile(_ODD_ESCAPES)
_RUN = re.compile(rb"[A-Za-z0-9_-]*+")
_TOKENS = (b"eyJ", b"LS0tLS1CRUdJTi", b"-----BEGIN ")
_LISTS = {"environment": (b'"env"', b'"httpHeaders"'), "arguments": (b'"args"', b'"command"')}
_SECRET = b'"Secret'


class Anchored(msgspec.Struct):
    """What was found: lists to read with their keys, values of annotations, tokens.

    `passed` is how far tokens were looked for, so that many beginnings in one word cost no more than one. `whole` says
    that words are not enough: a Secret may stand in the event, or it is written in an odd way.
    """

    places: list[tuple[int, bytes]] = []
    annotations: list[Span] = []
    tokens: list[Span] = []
    whole: bool = False
    passed: int = 0

    def __bool__(self) -> bool:
        return bool(self.whole or self.places or self.annotations or self.tokens)


class Anchors:
    """The search for some parts of the settings and some annotations."""

    def __init__(self, parts: Collection[str], annotations: Collection[bytes]) -> None:
        self._names = [b'"' + name + b'"' for name in annotations] if "annotations" in parts else []
        named = list(map(re2.escape, self._names))
        words = [re.escape(word) for part, words in _LISTS.items() if part in parts for word in words]
        words += list(_TOKENS) if "patterns" in parts else []
        words += [_SECRET] if "secrets" in parts else []
        self._calm = re2.compile(b"|".join([*named, _ODD_ESCAPES]))
        self._busy = re2.compile(b"|".join([*named, *words, _ODD_ESCAPES]))

    def find(self, text: bytes, *, calm: bool) -> Anchored:
        """Search an event's text; `calm`: only for annotations."""
        found = Anchored()
        if calm and not self._is_named(text) and _ESCAPE.search(text) is None:
            return found
        pattern = self._calm if calm else self._busy
        for anchor in pattern.finditer(text):
            self._sort(found, text, anchor.start(), anchor[0])
        return found

    def _is_named(self, text: bytes) -> bool:
        return any(name in text for name in self._names)

    @staticmethod
    def _token(found: Anchored, text: bytes, start: int) -> None:
        """Take a token that begins here; where there is none, none begins further on in the same word either."""
        token = IN_LINES.match(text, start)
        if token is not None:
            found.tokens.append(token.span())
            found.passed = token.end()
        elif text.startswith(b"eyJ", start):
            found.passed = _RUN.match(text, start).end()  # type: ignore[union-attr]  # it fits everywhere

    def _sort(self, found: Anchored, text: bytes, start: int, word: bytes) -> None:
        if word in _TOKENS:
            if start >= found.passed:
                self._token(found, text, start)
        elif word == _SECRET or word.startswith(b"\\"):
            found.whole = True
        elif place := _LIST.match(text, start):
            found.places.append((place.end() - 1, place[1]))
        elif value := _TEXT.match(text, start):
            found.annotations.append(value.span(1))
