"""The lexer of Falco's condition language: a cursor over one text that takes tokens by kind.

Rules follow Falco 0.45 (libsinsp's filter language): tokens need no word boundary and the order of spellings counts.
Every pattern is possessive or fails within one pass, so that no text costs more than a few looks at each character.
"""

from __future__ import annotations

import re

from lanner.rules.ir import ConditionError

RECURSION = 1000
"""Falco's limit for the depth of its own calls; a parenthesis costs five of them, a transformer two."""

_BLANK = r"[ \t\x08\r\n]*+"
_BARE = r"[^()\"' \t\n\r\v\f=,]++"
_DOUBLE, _SINGLE = r"[^\"\\\x00]*+", r"[^'\\\x00]*+"

BLANKS = re.compile(_BLANK)
IDENTIFIER = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*+")
FIELD_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*+(?:\.[a-zA-Z][a-zA-Z0-9_]*+)++")
FIELD_ARGUMENT = re.compile(r"[^\]\[\"' \t\n\r\v\f]++")
HEX_NUMBER = re.compile(r"0[xX][0-9a-fA-F]++")
NUMBER = re.compile(r"[+\-]?[0-9]++\.?[0-9]*+(?:[eE][+\-][0-9]++)?")
BARE_TEXT = re.compile(_BARE)
_LEAD = re.compile(rf"{_BLANK}((?:not[ \t\n\r\v\f]++)*+)(?:(not\()|{_BLANK}(\()?)")
MODIFIERS = ("oneof", "anyof", "allof")
MODIFIER = re.compile(rf"(?:{'|'.join(MODIFIERS)})(?={_BLANK}\()")
_ITEM = re.compile(rf"{_BLANK}(?:({_BARE})|\"({_DOUBLE})\"|'({_SINGLE})'){_BLANK},")
# Without groups: Python's re fails with SystemError on groups inside a possessive repetition.
_ITEMS = re.compile(rf"(?:{_BLANK}(?:{_BARE}|\"{_DOUBLE}\"|'{_SINGLE}'){_BLANK},)*+")

NUMBER_OPERATORS = ("<=", "<", ">=", ">")
SYMBOLS = ("==", "=", "!=")
WORD_OPERATORS = (
    "glob", "iglob", "contains", "icontains", "bcontains", "startswith", "bstartswith", "endswith", "regex",
)  # fmt: skip
LIST_OPERATORS = ("intersects", "in", "pmatch")
TRANSFORMERS = ("tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt")
_TRANSFORMER = re.compile(rf"({'|'.join(TRANSFORMERS)})\(")
_OPERATOR = re.compile(
    "(?P<exists>exists)"
    f"|(?P<number>{'|'.join(NUMBER_OPERATORS)})"
    f"|(?P<text>{'|'.join(SYMBOLS)})"
    f"|(?P<word>{'|'.join(WORD_OPERATORS)})"
    f"|(?P<list>{'|'.join(LIST_OPERATORS)})"
)

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", " ": "\\", "\\": "\\", "/": "/"}


def unescape(body: str, quote: str, offset: int) -> str:
    """Resolve the escapes of a quoted text's body; raise ConditionError at `offset` on one that Falco refuses."""
    if "\\" not in body:
        return body
    characters = iter(body)
    return "".join(
        _escaped(next(characters), quote, offset) if character == "\\" else character for character in characters
    )


def _escaped(character: str, quote: str, offset: int) -> str:
    if character in "\"'":
        if character != quote:
            raise ConditionError(f"invalid \\{character} escape in {quote}-quoted string", offset)
        return character
    if character not in _ESCAPES:
        raise ConditionError(f"unsupported string escape sequence: \\{character}", offset)
    return _ESCAPES[character]


class Lexer:
    """A cursor over a condition; every take_* method moves on and sets `token` on success."""

    def __init__(self, text: str) -> None:
        self.text, self.position, self.token = text, 0, ""

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.text)

    def error(self, message: str) -> ConditionError:
        return ConditionError(message, self.position)

    def enter(self, depth: int) -> None:
        """Raise ConditionError where Falco's parser would call itself too deep."""
        if depth >= RECURSION:
            raise self.error(f"exceeded max depth limit of {RECURSION}")

    def skip_blank(self) -> bool:
        """Move over blanks and say whether there were any."""
        start = self.position
        found = BLANKS.match(self.text, start)
        self.position = found.end() if found is not None else start
        return self.position > start

    def take(self, literal: str) -> bool:
        if not self.text.startswith(literal, self.position):
            return False
        self.token = literal
        self.position += len(literal)
        return True

    def take_pattern(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self.text, self.position)
        if found is None:
            return False
        self.token, self.position = found.group(), found.end()
        return True

    def take_number(self) -> bool:
        return self.take_pattern(HEX_NUMBER) or self.take_pattern(NUMBER)

    def take_lead(self) -> tuple[bool, str]:
        """Take what may stand before a check; return whether it negates, and the opening token behind it, if any."""
        found = _LEAD.match(self.text, self.position)
        if found is None:
            return False, ""
        self.position = found.end()
        opening = found[2] or found[3] or ""
        return (found[1].count("not") + (opening == "not(")) % 2 == 1, opening

    def take_operator(self) -> str:
        """Take an operator; return what follows it: nothing ("exists"), a "number", a "text" or a "list", or "".

        A word operator needs a blank behind it. Without the blank the word is passed over all the same, as in Falco:
        `containsin (x)` reads as `in (x)`.
        """
        found = _OPERATOR.match(self.text, self.position)
        if found is None:
            return ""
        self.token, self.position = found.group(), found.end()
        if found.lastgroup != "word":
            return found.lastgroup or ""
        if self.skip_blank():
            return "text"
        return "list" if any(map(self.take, LIST_OPERATORS)) else ""

    def take_transformer(self) -> bool:
        """Take a transformer's name together with its opening parenthesis; `token` is the name alone."""
        found = _TRANSFORMER.match(self.text, self.position)
        if found is None:
            return False
        self.token, self.position = found[1], found.end()
        return True

    def take_text(self) -> bool:
        return self.take_quoted() or self.take_pattern(BARE_TEXT)

    def take_quoted(self) -> bool:
        """Take a quoted text; `token` is its unescaped body; raises ConditionError behind a text with a wrong escape.

        A quote ends the text unless the character before it is a backslash, even an escaped one, as in Falco.
        """
        quote = self.text[self.position : self.position + 1]
        if quote not in ("'", '"'):
            return False
        start = self.position + 1
        end = self.text.find(quote, start)
        while end != -1 and self.text[end - 1] == "\\":
            end = self.text.find(quote, end + 1)
        if end == -1 or self.text.find("\0", start, end) != -1:
            return False
        self.position = end + 1
        self.token = unescape(self.text[start:end], quote, self.position)
        return True

    def take_items(self) -> list[str]:
        """Take items of a list, each with the comma behind it, as long as they are bare or without escapes."""
        found = _ITEMS.match(self.text, self.position)
        if found is None:
            return []
        start, self.position = self.position, found.end()
        return [bare or double or single for bare, double, single in _ITEM.findall(self.text, start, self.position)]
