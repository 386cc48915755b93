"""Cuts a YAML text into tokens as yaml-cpp does: its indents, its simple keys, its mistakes with their words."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from lanner.rules.falco import yaml_scalars as scalars
from lanner.rules.falco.yaml_stream import Mark, Stream, YamlCppError, as_text

VALID, INVALID, OPEN = "valid", "invalid", "open"
_KEY_LENGTH = 1024


@dataclass(slots=True)
class Token:
    """A token; an open one may still turn out not to be there."""

    kind: str
    mark: Mark
    value: str = ""
    state: str = VALID


@dataclass(slots=True)
class _Indent:
    """A level of indentation: its column, "list", "map" or "", and the token that began it."""

    column: int
    kind: str
    start: Token | None = None
    state: str = VALID


@dataclass(slots=True)
class _SimpleKey:
    """What may turn out to be a key when a colon follows, in which flow, and what was begun for it."""

    mark: Mark
    flows: int
    token: Token
    indent: _Indent | None


class Scanner:
    """Gives tokens one by one; raises YamlCppError where yaml-cpp would."""

    def __init__(self, text: str) -> None:
        self._stream = Stream(text)
        self._tokens: deque[Token] = deque()
        self._ended = False
        self._key_allowed = self._scalar_allowed = True
        self._json = False
        self._keys: list[_SimpleKey] = []
        self._indents = [_Indent(-1, "")]
        self._flows: list[str] = []

    def peek(self) -> Token | None:
        """Return the next token, None at the end; what is still open then counts (yaml-cpp up to 0.9)."""
        while True:
            if self._tokens and self._tokens[0].state == INVALID:
                self._tokens.popleft()
            elif self._tokens and (self._ended or self._tokens[0].state == VALID):
                return self._tokens[0]
            elif self._ended:
                return None
            else:
                self._scan()

    def pop(self) -> None:
        """Drop the next token."""
        if self.peek() is not None:
            self._tokens.popleft()

    def mark(self) -> Mark:
        """Return how far the text is read."""
        return self._stream.mark()

    def _scan(self) -> None:
        stream = self._stream
        self._skip()
        self._close_indents()
        if not stream:
            self._end()
        elif stream.begins_line and self._margin():
            return
        elif stream.peek() in "[{":
            self._flow_start()
        elif stream.peek() in "]}":
            self._flow_end()
        elif stream.peek() == ",":
            self._flow_entry()
        elif stream.at("entry"):
            self._entry()
        elif stream.at("key"):
            self._key()
        elif stream.at(self._value_pattern()):
            self._value()
        else:
            self._content()

    def _content(self) -> None:
        stream = self._stream
        sign = stream.peek()
        if sign in "*&":
            self._anchor()
        elif sign == "!":
            self._tag()
        elif sign in "|>" and not self._flows:
            self._block_scalar()
        elif sign in "'\"":
            self._scalar(scalars.quoted(sign), "quoted")
        elif stream.at("plain in flow" if self._flows else "plain"):
            self._scalar(scalars.plain(flow=bool(self._flows), indent=self._plain_indent()), "plain")
        else:
            raise YamlCppError(stream.mark(), "unknown token")

    def _skip(self) -> None:
        """Pass over blanks, comments and breaks."""
        stream = self._stream
        while True:
            if "\t" in stream.take("blanks") and not self._flows:
                self._key_allowed = False
            if stream.peek() == "#":
                stream.take("rest of line")
            if not stream.at("break"):
                return
            stream.take("break")
            self._drop_key()
            self._scalar_allowed = True
            if not self._flows:
                self._key_allowed = True

    def _value_pattern(self) -> str:
        if not self._flows:
            return "value"
        return "value in json" if self._json else "value in flow"

    def _plain_indent(self) -> int:
        return 0 if self._flows else self._indents[-1].column + 1

    def _push(self, kind: str, mark: Mark | None = None, value: str = "") -> Token:
        self._tokens.append(Token(kind, mark or self._stream.mark(), value))
        return self._tokens[-1]

    def _end(self) -> None:
        if self._stream.column > 0:
            self._stream.to_margin()
        self._close_all()
        self._key_allowed = False
        self._ended = True

    # Indents

    def _open_indent(self, kind: str) -> _Indent | None:
        column, last = self._stream.column, self._indents[-1]
        if self._flows or column < last.column:
            return None
        if column == last.column and not (kind == "list" and last.kind == "map"):
            return None
        indent = _Indent(column, kind, self._push(f"{kind} start"))
        self._indents.append(indent)
        return indent

    def _close_indents(self) -> None:
        """Close the levels that the next character stands left of."""
        if self._flows:
            return
        column = self._stream.column
        while self._indents:
            indent = self._indents[-1]
            lists_end = indent.kind == "list" and not self._stream.at("entry")
            if indent.column < column or (indent.column == column and not lists_end):
                break
            self._close_indent()
        while self._indents and self._indents[-1].state == INVALID:
            self._close_indent()

    def _close_indent(self) -> None:
        indent = self._indents.pop()
        if indent.state != VALID:
            self._drop_key()
        elif indent.kind:
            self._push(f"{indent.kind} end")

    def _close_all(self) -> None:
        """Close all levels and forget all keys, as at the end of a document."""
        while not self._flows and self._indents and self._indents[-1].kind:
            self._close_indent()
        self._keys.clear()

    # Simple keys

    def _may_be_key(self) -> None:
        """Note that a key may begin here."""
        if not self._key_allowed or (self._keys and self._keys[-1].flows == len(self._flows)):
            return
        mark = self._stream.mark()
        indent = None if self._flows else self._open_indent("map")
        if indent is not None and indent.start is not None:
            indent.state = indent.start.state = OPEN
        token = self._push("key")
        token.state = OPEN
        self._keys.append(_SimpleKey(mark, len(self._flows), token, indent))

    def _drop_key(self) -> None:
        if self._keys and self._keys[-1].flows == len(self._flows):
            _settle(self._keys.pop(), INVALID)

    def _is_key(self) -> bool:
        """Settle whether what stands before a colon is a key."""
        if not self._keys or self._keys[-1].flows != len(self._flows):
            return False
        key, here = self._keys.pop(), self._stream.mark()
        short = here.line == key.mark.line and here.position - key.mark.position <= _KEY_LENGTH
        _settle(key, VALID if short else INVALID)
        return short

    # Tokens

    def _margin(self) -> bool:
        """Read what only counts in column 0; return False when there is nothing of it."""
        stream = self._stream
        kind = "directive" if stream.peek() == "%" else ""
        kind = kind or next((name for name in ("document start", "document end") if stream.at(name)), "")
        if kind:
            self._close_all()
            self._key_allowed = self._json = False
            mark = stream.mark()
            value = stream.take("rest of line") if kind == "directive" else stream.get(3)
            self._push(kind, mark, value)
        return bool(kind)

    def _flow_start(self) -> None:
        self._may_be_key()
        self._key_allowed, self._json = True, False
        mark, sign = self._stream.mark(), self._stream.get()
        self._flows.append(sign)
        self._push(sign, mark)

    def _settle_solo(self) -> None:
        """Let a lone word in a flow map be a key without value."""
        if self._flows and self._flows[-1] == "{" and self._is_key():
            self._push("value")
        elif self._flows and self._flows[-1] == "[":
            self._drop_key()

    def _flow_end(self) -> None:
        if not self._flows:
            raise YamlCppError(self._stream.mark(), "illegal flow end")
        self._settle_solo()
        self._key_allowed, self._json = False, True
        mark, sign = self._stream.mark(), self._stream.get()
        if self._flows.pop() != {"]": "[", "}": "{"}[sign]:
            raise YamlCppError(mark, "illegal flow end")
        self._push(sign, mark)

    def _flow_entry(self) -> None:
        mark = self._stream.mark()
        if mark.column == 0:
            raise YamlCppError(mark, "plain value cannot start with flow indicator character")
        if not self._scalar_allowed:
            raise YamlCppError(mark, "unexpected scalar")
        self._settle_solo()
        self._key_allowed, self._json = True, False
        self._stream.get()
        self._push(",", mark)

    def _entry(self) -> None:
        mark = self._stream.mark()
        if self._flows or not self._key_allowed:
            raise YamlCppError(mark, "illegal block entry")
        self._open_indent("list")
        self._key_allowed, self._json = True, False
        self._stream.get()
        self._push("entry", mark)

    def _key(self) -> None:
        mark = self._stream.mark()
        if not self._flows:
            if not self._key_allowed:
                raise YamlCppError(mark, "illegal map key")
            self._open_indent("map")
        self._key_allowed = not self._flows
        self._stream.get()
        self._push("key", mark)

    def _value(self) -> None:
        mark = self._stream.mark()
        if self._is_key():
            self._key_allowed = False
        else:
            if not self._flows:
                if not self._key_allowed:
                    raise YamlCppError(mark, "illegal map value")
                self._open_indent("map")
            self._key_allowed = not self._flows
        self._json = False
        self._scalar_allowed = True
        self._stream.get()
        self._push("value", mark)

    def _anchor(self) -> None:
        self._may_be_key()
        self._key_allowed = self._json = False
        stream = self._stream
        mark = stream.mark()
        word, sign = ("alias", "*") if stream.get() == "*" else ("anchor", "&")
        name = stream.take("anchor")
        if not name:
            raise YamlCppError(stream.mark(), f"{word} not found after {sign}")
        if stream and not stream.at("anchor end"):
            raise YamlCppError(stream.mark(), f"illegal character found while scanning {word}")
        self._push(word, mark, name)

    def _tag(self) -> None:
        self._may_be_key()
        self._key_allowed = self._json = False
        mark = self._stream.mark()
        self._push("tag", mark, _read_tag(self._stream))

    def _scalar(self, style: scalars.Style, kind: str) -> None:
        stream = self._stream
        if not self._scalar_allowed:
            raise YamlCppError(stream.mark(), "unexpected scalar")
        self._may_be_key()
        mark = stream.mark()
        if kind == "quoted":
            stream.get()
        text = scalars.ScalarReader(stream, style).read()
        self._key_allowed = style.ended_by_indent
        self._json = kind == "quoted"
        if kind == "quoted":
            self._scalar_allowed = bool(self._flows)
        self._push(kind, mark, as_text(text))

    def _block_scalar(self) -> None:
        stream = self._stream
        mark, indicator = stream.mark(), stream.get()
        chomp, indent, detects = "clip", 1, True
        for _sign in range(max(0, stream.match("chomp"))):
            sign = stream.get()
            if sign == "0":
                raise YamlCppError(stream.mark(), "cannot set zero indentation for a block scalar")
            if sign.isdigit():
                indent, detects = int(sign), False
            else:
                chomp = "keep" if sign == "+" else "strip"
        stream.take("blanks")
        if stream.peek() == "#":
            stream.take("rest of line")
        if stream and not stream.at("break"):
            raise YamlCppError(stream.mark(), "unexpected character in block scalar")
        indent += max(0, self._indents[-1].column)
        style = scalars.block(indicator, chomp, indent, detects_indent=detects)
        text = scalars.ScalarReader(stream, style).read()
        self._key_allowed, self._json = True, False
        self._push("quoted", mark, as_text(text))


def _settle(key: _SimpleKey, state: str) -> None:
    key.token.state = state
    if key.indent is not None and key.indent.start is not None:
        key.indent.state = key.indent.start.state = state


def _read_tag(stream: Stream) -> str:
    """Read a tag behind its place and return it, `!` and all; raises YamlCppError."""
    stream.get()
    if stream.peek() == "<":
        return _read_verbatim(stream)
    handle, odd = "", None
    while stream:
        if stream.peek() == "!":
            if odd is not None:
                raise YamlCppError(odd, "illegal character found while scanning tag handle")
            stream.get()
            return f"!{handle}!{_read_suffix(stream)}"
        if odd is None and not stream.at("word"):
            odd = stream.mark()
        piece = stream.take("word" if odd is None else "tag")
        if not piece:
            break
        handle += piece
    return f"!{handle}"


def _read_suffix(stream: Stream) -> str:
    suffix = ""
    while stream.at("tag"):
        suffix += stream.take("tag")
    if not suffix:
        raise YamlCppError(stream.mark(), "tag handle with no suffix")
    return suffix


def _read_verbatim(stream: Stream) -> str:
    tag = stream.get()
    while stream.peek() != ">":
        piece = stream.take("uri")
        if not piece:
            raise YamlCppError(stream.mark(), "end of verbatim tag not found")
        tag += piece
    return f"!{tag}{stream.get()}"
