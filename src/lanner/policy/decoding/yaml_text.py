"""YAML text to JSON values as sigs.k8s.io/yaml does: the first document, merge keys, remarks on duplicate keys."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamStartEvent,
)
from yaml.reader import ReaderError
from yaml.scanner import ScannerError

from lanner.config.yamltext import MAX_NODES, BoundError
from lanner.policy.decoding.quoting import float_text, quote
from lanner.policy.decoding.scalars import LONG, resolve
from lanner.policy.decoding.value import GoError, Key, Value

MAX_DEPTH = 200
_GO_PIECE = 512
_MOST_COLONS = 100
_SLASH_ESCAPE = re.compile(rb"(?<!\\)((?:\\\\)*)\\/")
_BOM, _COLON = "\uf8ff", "\uf8fe"
"""Stand for a byte order mark at the start of a later line, which libyaml passes over, and for a colon as text."""


@dataclass(slots=True)
class _Node:
    """A parsed node: scalars have text, lists have items, mappings keys and values by turns."""

    kind: str
    line: int
    column: int
    tag: str = ""
    text: str = ""
    implicit: bool = False
    items: tuple[_Node, ...] = ()


@dataclass(frozen=True, slots=True)
class YamlText:
    """The value of the first document, and what a strict reading says against it (line and column beside each)."""

    value: Value
    duplicates: tuple[tuple[str, int, int], ...]


def read_yaml(data: bytes) -> YamlText:
    """Read the first document; raises GoError with kube-apiserver's message, BoundError past a bound of ours."""
    root = _parse((data or b"\n").replace(b"\n\xef\xbb\xbf", b"\n" + _BOM.encode()))
    builder = _Builder()
    value = builder.value(root, 0)
    return YamlText(value, tuple(builder.duplicates))


def _parse(data: bytes) -> _Node:
    """Return the first document's root; raises GoError for what Go's port refuses, also where libyaml would not."""
    if b"\\/" in data:
        _refuse_slash_escape(data)
    return _parse_as_libyaml(data)


def _refuse_slash_escape(data: bytes) -> None:
    r"""Raise where `\/` stands in double quotes: libyaml knows it from YAML 1.2, Go's port does not.

    Another unknown escape in its place makes libyaml say so, and nothing else changes.
    """
    try:
        _parse_as_libyaml(_SLASH_ESCAPE.sub(rb"\1\\q", data))
    except GoError as error:
        if error.message.endswith("found unknown escape character"):
            raise


def _parse_as_libyaml(data: bytes) -> _Node:
    for _ in range(_MOST_COLONS):
        try:
            return _Parser(data).document()
        except yaml.YAMLError as error:
            mended = _with_text_colon(data, error)
            if mended is None:
                raise _refusal(error) from error
            data = mended
    raise BoundError("too many colons before brackets")


def _with_text_colon(data: bytes, error: yaml.YAMLError) -> bytes | None:
    """Make text of a colon before a bracket: libyaml refuses it, Go's port takes it for a part of the word."""
    mark = getattr(error, "problem_mark", None)
    if mark is None or getattr(error, "problem", "") != "found unexpected ':'":
        return None
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    before, after = lines[mark.line][: mark.column], lines[mark.line][mark.column + 1 :]
    lines[mark.line] = before + _COLON + after
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _refusal(error: yaml.YAMLError) -> GoError:
    if isinstance(error, ReaderError):
        return GoError(f"yaml: {error.reason}")
    assert isinstance(error, yaml.MarkedYAMLError)
    problem, context = error.problem_mark, error.context_mark
    shown = 0
    if problem is not None and problem.line:
        shown = problem.line + isinstance(error, ScannerError)
    elif context is not None:
        shown = context.line
    mark = problem or context
    place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    where = f"line {shown}: " if shown else ""
    return GoError(f"yaml: {where}{error.problem}", line=place[0], column=place[1])


class _Pieces(io.BytesIO):
    """Hands out as much at once as Go's reader takes, so that of two mistakes the same one is found first."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next piece."""
        return super().read(_GO_PIECE if size is None or size < 0 else min(size, _GO_PIECE))


class _Parser:
    """Builds nodes of the first document from libyaml's events and reads no further."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._events: Iterator[Event] = yaml.parse(_Pieces(data), Loader=yaml.CSafeLoader)
        self._anchors: dict[str, _Node] = {}
        self._flow: list[str] = []

    def document(self) -> _Node:
        """Return the first document's root; an empty stream gives null."""
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                self._check_version(event)
                node = self._node(next(self._events), 0)
                next(self._events)
                return node
            if not isinstance(event, StreamStartEvent):
                break
        return _Node("scalar", 1, 1, implicit=True)

    def _check_version(self, event: DocumentStartEvent) -> None:
        """Refuse a directive for another YAML than 1.1, the only one that Go's port reads."""
        if event.version in (None, (1, 1)):
            return
        lines = self._data.splitlines()
        line = next((number for number, text in enumerate(lines) if text.startswith(b"%YAML")), 0)
        where = f"line {line}: " if line else ""
        raise GoError(f"yaml: {where}found incompatible YAML document", line=line + 1, column=1)

    def _node(self, event: Event, depth: int) -> _Node:
        assert isinstance(event, NodeEvent)
        assert event.start_mark is not None
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if depth > MAX_DEPTH:
            raise BoundError(f"more than {MAX_DEPTH} levels deep", line=line, column=column)
        if isinstance(event, AliasEvent):
            return self._alias(event, line, column)
        node = _Node("scalar", line, column, tag=getattr(event, "tag", None) or "")
        if event.anchor:
            self._anchors[event.anchor] = node
        if isinstance(event, ScalarEvent):
            node.text = event.value.replace(_BOM, "\ufeff").replace(_COLON, ":")
            node.implicit = event.implicit[0]
            self._check_question_mark(event, line, column)
        else:
            node.kind = "mapping" if isinstance(event, MappingStartEvent) else "sequence"
            assert isinstance(event, MappingStartEvent | SequenceStartEvent)
            self._flow.append("" if not event.flow_style else "}" if node.kind == "mapping" else "]")
            node.items = tuple(self._items(depth + 1))
            self._flow.pop()
        return node

    def _check_question_mark(self, event: ScalarEvent, line: int, column: int) -> None:
        """In brackets, Go's port ends a plain word at a question mark, and wants a comma there."""
        closing = self._flow[-1] if self._flow else ""
        if closing and not event.style and "?" in event.value[1:]:
            where = f"line {line - 1}: " if line > 1 else ""
            message = f"yaml: {where}did not find expected ',' or '{closing}'"
            raise GoError(message, line=line, column=column + event.value.index("?", 1))

    def _items(self, depth: int) -> Iterator[_Node]:
        for event in self._events:
            if isinstance(event, CollectionEndEvent):
                return
            yield self._node(event, depth)

    def _alias(self, event: AliasEvent, line: int, column: int) -> _Node:
        name = event.anchor or ""
        if name not in self._anchors:
            raise GoError(f"yaml: unknown anchor '{name}' referenced", line=line, column=column)
        return _Node("alias", line, column, text=name, items=(self._anchors[name],))


_Found = dict[tuple[str, Any], tuple[Key, Value]]


class _Builder:
    """Turns nodes into values: aliases, merge keys, keys of other types than text."""

    def __init__(self) -> None:
        self.duplicates: list[tuple[str, int, int]] = []
        self._open: set[int] = set()
        self._count = 0

    def value(self, node: _Node, depth: int) -> Value:
        """Return a node's value; raises GoError, BoundError past a bound."""
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            raise BoundError("aliases make too much of this file", line=node.line, column=node.column)
        if node.kind == "alias":
            return self._aliased(node, depth)
        if node.kind == "scalar":
            return _scalar(node)
        if node.kind == "sequence":
            items = tuple(self.value(item, depth + 1) for item in node.items)
            return Value("array", node.line, node.column, items=items)
        found: _Found = {}
        self._fill(node, found, depth)
        return Value("object", node.line, node.column, entries=_entries(found))

    def _aliased(self, node: _Node, depth: int) -> Value:
        self._enter(node)
        value = self.value(node.items[0], depth + 1)
        self._open.discard(id(node))
        return value

    def _enter(self, node: _Node) -> None:
        if id(node) in self._open:
            raise GoError(f"yaml: anchor '{node.text}' value contains itself", line=node.line, column=node.column)
        self._open.add(id(node))

    def _fill(self, node: _Node, found: _Found, depth: int) -> None:
        for name, content in zip(node.items[::2], node.items[1::2], strict=True):
            if _is_merge(name):
                self._merge(content, found, depth + 1)
                continue
            key = self._key(name, depth)
            value = self.value(content, depth + 1)
            if key in found:
                text = f"line {content.line}: key {_go_syntax(key[1])} already set in map"
                self.duplicates.append((text, name.line, name.column))
                found.pop(key)
            found[key] = (Key(_key_text(key, name, value), name.line, name.column), value)

    def _key(self, name: _Node, depth: int) -> tuple[str, Any]:
        target = name.items[0] if name.kind == "alias" else name
        if target.kind != "scalar":
            text = _go_value(self.value(name, depth + 1))
            raise GoError(f"yaml: invalid map key: {text}", line=name.line, column=name.column)
        resolved = _resolved(target)
        return type(resolved).__name__, resolved

    def _merge(self, node: _Node, found: _Found, depth: int) -> None:
        target = node.items[0] if node.kind == "alias" else node
        if target.kind == "sequence" and node.kind != "alias":
            for item in reversed(node.items):
                self._merge_one(item, found, depth)
            return
        self._merge_one(node, found, depth)

    def _merge_one(self, node: _Node, found: _Found, depth: int) -> None:
        target = node.items[0] if node.kind == "alias" else node
        if target.kind != "mapping":
            message = "yaml: map merge requires map or sequence of maps as the value"
            raise GoError(message, line=node.line, column=node.column)
        self._count += len(target.items)
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            raise BoundError("merge keys make too much of this file", line=node.line, column=node.column)
        if node.kind == "alias":
            self._enter(node)
        self._fill(target, found, depth)
        self._open.discard(id(node))


def _is_merge(node: _Node) -> bool:
    return node.kind == "scalar" and node.text == "<<" and (node.implicit or node.tag == LONG + "merge")


def _resolved(node: _Node) -> Any:
    if not node.tag and not node.implicit:
        return node.text
    return resolve(node.tag, node.text, node.line, node.column)


def _scalar(node: _Node) -> Value:
    resolved = _resolved(node)
    if resolved is None:
        return Value("null", node.line, node.column, "null")
    if isinstance(resolved, bool):
        return Value("bool", node.line, node.column, "true" if resolved else "false")
    if isinstance(resolved, str):
        return Value("string", node.line, node.column, resolved)
    text = str(resolved) if isinstance(resolved, int) else float_text(resolved)
    if isinstance(resolved, float) and not math.isfinite(resolved):
        raise GoError(f"json: unsupported value: {text}", line=node.line, column=node.column)
    return Value("number", node.line, node.column, text)


def _entries(found: _Found) -> tuple[tuple[Key, Value], ...]:
    """Keys that differ in type only, such as 1 and "1", are one in JSON; the last is taken."""
    return tuple({key.text: (key, value) for key, value in found.values()}.values())


def _key_text(key: tuple[str, Any], name: _Node, value: Value) -> str:
    kind, resolved = key
    if kind == "str":
        return str(resolved)
    if kind == "bool":
        return "true" if resolved else "false"
    if kind == "float":
        named = {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}
        text = float_text(resolved, largest=6)
        return named.get(text, text)
    if kind == "int" and resolved < 2**63:
        return str(resolved)
    type_, shown = ("%!s(<nil>)", "<nil>") if resolved is None else ("uint64", f"{resolved:#x}")
    message = f"unsupported map key of type: {type_}, key: {shown}, value: {_go_value(value)}"
    raise GoError(message, line=name.line, column=name.column)


def _go_syntax(resolved: Any) -> str:
    if resolved is None:
        return "<nil>"
    if isinstance(resolved, bool):
        return "true" if resolved else "false"
    if isinstance(resolved, str):
        return quote(resolved)
    if isinstance(resolved, float) and math.isfinite(resolved):
        return float_text(resolved, largest=21)
    return f"{resolved:#x}" if resolved >= 2**63 else str(resolved)


def _go_value(value: Value, *, inside: bool = False) -> str:
    """Show a value as Go's %#v shows what YAML decodes to."""
    if value.kind == "null":
        return "interface {}(nil)" if inside else "<nil>"
    if value.kind == "string":
        return quote(value.text)
    if value.kind == "array":
        return "[]interface {}{" + ", ".join(_go_value(item, inside=True) for item in value.items) + "}"
    if value.kind == "object":
        entries = sorted(value.entries, key=lambda entry: entry[0].text)
        shown = ", ".join(f"{quote(key.text)}:{_go_value(item, inside=True)}" for key, item in entries)
        return "map[interface {}]interface {}{" + shown + "}"
    return value.text
