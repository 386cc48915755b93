"""The lexer of Falco's condition language: a cursor over one text that takes tokens by kind.

Rules follow Falco 0.45 (libsinsp's filter language): tokens need no word boundary, longer spellings are
listed first.
"""

from __future__ import annotations

import re

from lanner.rules.ir import ConditionError

BLANKS = " \t\b\r\n"

IDENTIFIER = re.compile(r"[a-zA-Z]+[a-zA-Z0-9_]*")
FIELD_NAME = re.compile(r"[a-zA-Z]+[a-zA-Z0-9_]*(?:\.[a-zA-Z]+[a-zA-Z0-9_]*)+")
FIELD_ARGUMENT = re.compile(r"[^\]\[\"' \t\n\r\v\f]+")
HEX_NUMBER = re.compile(r"0[xX][0-9a-zA-Z]+")
NUMBER = re.compile(r"[+\-]?[0-9]+\.?[0-9]*(?:[eE][+\-][0-9]+)?")
BARE_TEXT = re.compile(r"[^()\"' \t\n\r\v\f=,]+")
NOT = re.compile(r"not[ \t\n\r\v\f]+")

NUMBER_OPERATORS = ("<=", "<", ">=", ">")
TEXT_OPERATORS = (
    "==", "=", "!=", "glob ", "iglob ", "contains ", "icontains ", "bcontains ",
    "startswith ", "bstartswith ", "endswith ", "regex ",
)  # fmt: skip
LIST_OPERATORS = ("intersects", "in", "pmatch")
TRANSFORMERS = ("tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt")

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", " ": "\\", "\\": "\\", "/": "/"}


def unescape(body: str, quote: str, offset: int) -> str:
    """Resolve the escapes of a quoted text's body; raise ConditionError at `offset` on one that Falco refuses."""
    out: list[str] = []
    characters = iter(body)
    for character in characters:
        if character != "\\":
            out.append(character)
            continue
        escaped = next(characters, None)
        if escaped is None:
            break
        if escaped in "\"'":
            if escaped != quote:
                raise ConditionError(f"invalid \\{escaped} escape in {quote}-quoted string", offset)
            out.append(escaped)
        elif escaped in _ESCAPES:
            out.append(_ESCAPES[escaped])
        else:
            raise ConditionError(f"unsupported string escape sequence: \\{escaped}", offset)
    return "".join(out)


class Lexer:
    """A cursor over a condition; every take_* method moves on and sets `token` on success, else leaves both alone."""

    def __init__(self, text: str) -> None:
        self.text, self.position, self.token = text, 0, ""

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.text)

    def error(self, message: str) -> ConditionError:
        return ConditionError(message, self.position)

    def skip_blank(self) -> bool:
        """Move over blanks and say whether there were any."""
        start = self.position
        while not self.at_end and self.text[self.position] in BLANKS:
            self.position += 1
        return self.position > start

    def take(self, literal: str) -> bool:
        if not self.text.startswith(literal, self.position):
            return False
        self.token = literal
        self.position += len(literal)
        return True

    def take_any(self, literals: tuple[str, ...]) -> bool:
        return any(self.take(literal) for literal in literals)

    def take_pattern(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self.text, self.position)
        if found is None:
            return False
        self.token, self.position = found.group(), found.end()
        return True

    def take_transformer(self) -> bool:
        """Take a transformer's name together with its opening parenthesis; `token` is the name alone."""
        for name in TRANSFORMERS:
            if self.take(name + "("):
                self.token = name
                return True
        return False

    def take_quoted(self) -> bool:
        """Take a quoted text; `token` is its unescaped body.

        A quote ends the text unless the character before it is a backslash, even an escaped one, as in Falco.
        """
        quote = self.text[self.position : self.position + 1]
        if quote not in ("'", '"'):
            return False
        start = self.position + 1
        end = self.text.find(quote, start)
        while end != -1 and self.text[end - 1] == "\\":
            end = self.text.find(quote, end + 1)
        if end == -1:
            return False
        self.position = end + 1
        self.token = unescape(self.text[start:end], quote, self.position)
        return True
