"""JSON text to values with places, and Go's messages for what is no JSON (encoding/json's scanner)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from lanner.config.yamltext import MAX_BYTES, BoundError
from lanner.policy.decoding.quoting import quote
from lanner.policy.decoding.value import GoError, Key, Value

MAX_DEPTH = 200
_BLANK = " \t\r\n"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_LONE = re.compile("[\ud800-\udfff]")


def is_json(data: bytes) -> bool:
    """Say whether kube-apiserver takes a text for JSON: its first character is a brace (IsJSONBuffer)."""
    return data.decode("utf-8", "replace").lstrip().startswith("{")


def read_json(data: bytes) -> Value:
    """Read one JSON value; raises GoError with Go's message, BoundError past a bound of ours."""
    if len(data) > MAX_BYTES:
        raise BoundError(f"the file is larger than {MAX_BYTES} bytes")
    reader = _Reader(data.decode("utf-8", "replace"))
    value = reader.value(0)
    reader.skip()
    if reader.at < len(reader.text):
        raise reader.wrong("after top-level value")
    return value


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0
    line: int = 1
    start: int = 0

    def skip(self) -> None:
        """Go to the next character that is no blank."""
        while self.at < len(self.text) and self.text[self.at] in _BLANK:
            if self.text[self.at] == "\n":
                self.line, self.start = self.line + 1, self.at + 1
            self.at += 1

    def place(self) -> tuple[int, int]:
        """Return the line and column of where it stands."""
        return self.line, self.at - self.start + 1

    def wrong(self, where: str, at: int | None = None) -> GoError:
        """Return Go's error for the character it stands at."""
        self.at = self.at if at is None else at
        line, column = self.place()
        if self.at >= len(self.text):
            return GoError("unexpected end of JSON input", line=line, column=column)
        char = chr(self.text[self.at].encode("utf-8", "replace")[0])
        shown = {"'": r"'\''", '"': "'\"'"}.get(char) or f"'{quote(char)[1:-1]}'"
        return GoError(f"invalid character {shown} {where}", line=line, column=column)

    def peek(self) -> str:
        """Return the next character that is no blank, empty at the end."""
        self.skip()
        return self.text[self.at : self.at + 1]

    def value(self, depth: int) -> Value:
        """Read a value."""
        if depth > MAX_DEPTH:
            raise BoundError(f"more than {MAX_DEPTH} levels deep", line=self.line)
        char = self.peek()
        line, column = self.place()
        if char == "{":
            return Value("object", line, column, entries=tuple(self._entries(depth)))
        if char == "[":
            return Value("array", line, column, items=tuple(self._items(depth)))
        if char == '"':
            return Value("string", line, column, self._string())
        if char and char in "-0123456789":
            return Value("number", line, column, self._number())
        for word in ("true", "false", "null"):
            if char == word[0]:
                return Value("null" if word == "null" else "bool", line, column, self._word(word))
        raise self.wrong("looking for beginning of value")

    def _word(self, word: str) -> str:
        for offset, char in enumerate(word):
            if self.text[self.at + offset : self.at + offset + 1] != char:
                raise self.wrong(f"in literal {word} (expecting '{char}')", self.at + offset)
        self.at += len(word)
        return word

    def _number(self) -> str:
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise self.wrong("in numeric literal", self.at + 1)
        following = self.text[found.end() : found.end() + 1]
        if following == "." and "." not in found[0] and "e" not in found[0].lower():
            raise self.wrong("after decimal point in numeric literal", found.end() + 1)
        if following in ("e", "E") and "e" not in found[0].lower():
            sign = self.text[found.end() + 1 : found.end() + 2] in ("+", "-")
            raise self.wrong("in exponent of numeric literal", found.end() + 1 + sign)
        self.at = found.end()
        return found[0]

    def _string(self) -> str:
        begin = self.at
        self.at += 1
        while (char := self.text[self.at : self.at + 1]) != '"':
            if not char or ord(char) < 0x20:
                raise self.wrong("in string literal")
            self.at += self._escape() if char == "\\" else 1
        self.at += 1
        return _LONE.sub("\ufffd", json.loads(self.text[begin : self.at]))

    def _escape(self) -> int:
        letter = self.text[self.at + 1 : self.at + 2]
        if letter == "u":
            for offset in range(2, 6):
                if self.text[self.at + offset : self.at + offset + 1] not in tuple("0123456789abcdefABCDEF"):
                    raise self.wrong(r"in \u hexadecimal character escape", self.at + offset)
            return 6
        if letter not in tuple('"\\/bfnrt'):
            raise self.wrong("in string escape code", self.at + 1)
        return 2

    def _items(self, depth: int) -> list[Value]:
        self.at += 1
        items: list[Value] = []
        if self.peek() != "]":
            items.append(self.value(depth + 1))
            while self.peek() == ",":
                self.at += 1
                items.append(self.value(depth + 1))
        if self.peek() != "]":
            raise self.wrong("after array element")
        self.at += 1
        return items

    def _entries(self, depth: int) -> list[tuple[Key, Value]]:
        self.at += 1
        entries: list[tuple[Key, Value]] = []
        if self.peek() != "}":
            entries.append(self._entry(depth))
            while self.peek() == ",":
                self.at += 1
                entries.append(self._entry(depth))
        if self.peek() != "}":
            raise self.wrong("after object key:value pair")
        self.at += 1
        return entries

    def _entry(self, depth: int) -> tuple[Key, Value]:
        if self.peek() != '"':
            raise self.wrong("looking for beginning of object key string")
        line, column = self.place()
        key = Key(self._string(), line, column)
        if self.peek() != ":":
            raise self.wrong("after object key")
        self.at += 1
        return key, self.value(depth + 1)
