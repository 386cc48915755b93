"""Scalars of YAML as yaml-cpp reads them: plain, quoted and block text, folding, chomping, escapes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lanner.rules.falco.yaml_stream import Stream, YamlCppError

_CODES = {"x": 2, "u": 4, "U": 8}
_ESCAPES = {
    "0": "\x00", "a": "\x07", "b": "\x08", "t": "\t", "\t": "\t", "n": "\n", "v": "\x0b", "f": "\x0c", "r": "\r",
    "e": "\x1b", " ": " ", '"': '"', "'": "'", "\\": "\\", "/": "/", "N": "\xc2\x85", "_": "\xc2\xa0",
    "L": "\xe2\x80\xa8", "P": "\xe2\x80\xa9",
}  # fmt: skip
_ORDINARY = re.compile(r"[^ \t\r\n:#,?\[\]{}'\"\\.-]+")
"""Characters that end no scalar of any kind and need no second look."""

_FLOW, _BLOCK, _LITERAL = "flow", "folded", "literal"


@dataclass(slots=True)
class Style:
    """How one kind of scalar is read."""

    end: str = "nothing"
    eats_end: bool = False
    escape: str = ""
    indent: int = 0
    detects_indent: bool = False
    fold: str = _FLOW
    eats_blanks: bool = True
    trims: bool = False
    chomp: str = "strip"
    at_document: str = ""
    """What a document marker in column 0 does: "break" ends the scalar, "refuse" is a mistake."""
    refuses_tabs: bool = False
    ended_by_indent: bool = False
    """Set by the reading: the scalar ended because a line stands further left."""


def plain(*, flow: bool, indent: int) -> Style:
    """Return the style of text without quotes."""
    end = "scalar end in flow" if flow else "scalar end"
    return Style(end, indent=indent, trims=True, at_document="break", refuses_tabs=True)


def quoted(quote: str) -> Style:
    """Return the style of text in quotes."""
    end, escape = ("single quote", "'") if quote == "'" else ("double quote", "\\")
    return Style(end, eats_end=True, escape=escape, chomp="clip", at_document="refuse")


def block(indicator: str, chomp: str, indent: int, *, detects_indent: bool) -> Style:
    """Return the style of text behind | or >."""
    fold = _BLOCK if indicator == ">" else _LITERAL
    return Style(
        fold=fold, chomp=chomp, indent=indent, detects_indent=detects_indent, eats_blanks=False, refuses_tabs=True
    )


class ScalarReader:
    """Reads one scalar: line after line, the break between them, the blanks before the next."""

    def __init__(self, stream: Stream, style: Style) -> None:
        self._stream, self._style = stream, style
        self._text = ""
        self._escaped = -1
        """Where the last escape ended: what is before it is never trimmed."""
        self._found_text = False
        self._past_opening = style.fold == _FLOW
        self._empty = self._indented = self._broken = False
        self._folded = 0
        self._folded_from_indented = False

    def read(self) -> str:
        """Return the text; raises YamlCppError."""
        stream = self._stream
        while stream and self._line() and self._next_line():
            pass
        if self._style.trims:
            self._keep(len(self._text.rstrip(" \t")) - 1, 1)
        if self._style.chomp in ("clip", "strip"):
            self._keep(len(self._text.rstrip("\n")) - 1, 2 if self._style.chomp == "clip" else 1)
        return self._text

    def _keep(self, last: int, more: int) -> None:
        """Cut behind the last character to keep, which an escape may move on."""
        last = max(last, self._escaped)
        self._text = self._text[: last + more] if last >= 0 else ""

    def _line(self) -> bool:
        """Read to the end of the line; return False when the scalar is over."""
        stream, style = self._stream, self._style
        kept, self._broken = self._characters()
        if not stream:
            if style.eats_end:
                raise YamlCppError(stream.mark(), "illegal EOF in scalar")
            return False
        if style.at_document == "break" and stream.begins_line and stream.at("document"):
            return False
        length = stream.match(style.end)
        if length >= 0:
            if style.eats_end:
                stream.get(length)
            return False
        if style.fold == _FLOW:
            self._text = self._text[:kept]
        return True

    def _characters(self) -> tuple[int, bool]:
        """Read to a break or the end; return the text's length without blanks, and whether an escape broke it."""
        stream, style = self._stream, self._style
        kept = len(self._text)
        while stream and not stream.at(style.end) and not stream.at("break"):
            if stream.begins_line and style.at_document and stream.at("document"):
                if style.at_document == "refuse":
                    raise YamlCppError(stream.mark(), "illegal document indicator in scalar")
                break
            self._found_text = self._past_opening = True
            if style.escape == "\\" and stream.at("escaped break"):
                stream.get()
                self._escaped = len(self._text)
                return len(self._text), True
            if style.escape and stream.peek() == style.escape:
                self._text += _unescaped(stream)
                self._escaped = kept = len(self._text)
                continue
            run = _ORDINARY.match(stream.text, stream.position)
            piece = stream.get(run.end() - run.start() if run else 1)
            self._text += piece
            if piece not in (" ", "\t"):
                kept = len(self._text)
        return kept, False

    def _next_line(self) -> bool:
        """Read the break and the blanks behind it; return False when the next line is not the scalar's."""
        stream, style = self._stream, self._style
        stream.take("break")
        self._indent()
        empty, indented = stream.at("break"), stream.at("blank")
        if style.fold == _BLOCK and self._folded == 0 and empty:
            self._folded_from_indented = self._indented
        if self._past_opening:
            self._join(empty=empty, indented=indented)
        self._empty, self._indented, self._past_opening = empty, indented, True
        if not empty and stream.column < style.indent:
            style.ended_by_indent = True
            return False
        return True

    def _indent(self) -> None:
        stream, style = self._stream, self._style
        detecting = style.detects_indent and not self._found_text
        while stream.peek() == " " and (stream.column < style.indent or detecting) and not stream.at(style.end):
            stream.get()
        if detecting:
            style.indent = max(style.indent, stream.column)
        while stream.at("blank"):
            if stream.peek() == "\t" and stream.column < style.indent and style.refuses_tabs:
                raise YamlCppError(stream.mark(), "illegal tab when looking for indentation")
            if not style.eats_blanks or stream.at(style.end):
                break
            stream.get()

    def _join(self, *, empty: bool, indented: bool) -> None:
        """Put between two lines what stands for their break."""
        if self._style.fold == _LITERAL:
            self._text += "\n"
        elif self._style.fold == _FLOW:
            self._text += "\n" if empty else "" if self._empty or self._broken else " "
        else:
            self._fold(empty=empty, indented=indented)

    def _fold(self, *, empty: bool, indented: bool) -> None:
        inside = self._stream.column >= self._style.indent
        if not (self._empty or empty or self._indented or indented) and inside:
            self._text += " "
        elif empty:
            self._folded += 1
        else:
            self._text += "\n"
        if not empty and self._folded:
            self._text += "\n" * (self._folded - 1)
            if self._folded_from_indented or indented or not self._found_text:
                self._text += "\n"
            self._folded = 0


def _unescaped(stream: Stream) -> str:
    """Read an escape and return what it stands for, in bytes."""
    escape, sign = stream.get(), stream.get()
    if escape == "'" and sign == "'":
        return "'"
    if sign in _CODES:
        return _code(stream, _CODES[sign])
    if sign not in _ESCAPES:
        raise YamlCppError(stream.mark(), f"unknown escape character: {sign}")
    return _ESCAPES[sign]


def _code(stream: Stream, length: int) -> str:
    digits = stream.get(length)
    if len(digits) < length or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        raise YamlCppError(stream.mark(), "bad character found while scanning hex number")
    value = int(digits, 16)
    if 0xD800 <= value <= 0xDFFF or value > 0x10FFFF:
        raise YamlCppError(stream.mark(), f"invalid unicode: {value}")
    return chr(value).encode().decode("latin-1")
