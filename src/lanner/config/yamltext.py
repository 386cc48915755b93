"""One YAML reader for rules and settings: keeps line and column, leaves scalars as text, bounds what it reads."""

from __future__ import annotations

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
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from lanner.errors import SourceError

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 2_000_000

_QUOTING_STYLES = frozenset("'\"|>")
_INTEGER = re.compile(r"[-+]?[0-9]+$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class BoundError(SourceError):
    """The text may be right, but it is larger or deeper than what is read."""


@dataclass(slots=True, frozen=True)
class Scalar:
    """A scalar as written; `quoted` tells '1' from 1. Lines and columns count from 1."""

    text: str
    quoted: bool
    line: int
    column: int


@dataclass(slots=True, frozen=True)
class Sequence:
    """A list and where it starts."""

    items: tuple[Node, ...]
    line: int
    column: int


@dataclass(slots=True, frozen=True)
class Mapping:
    """A mapping in written order, duplicate keys included, so that each reader can judge them."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int

    def get(self, key: str) -> Node | None:
        """Return the value of the last entry with that key."""
        found: Node | None = None
        for name, value in self.entries:
            if name.text == key:
                found = value
        return found


Node = Scalar | Sequence | Mapping


def merge_key(node: Node) -> Scalar | None:
    """Return the first of YAML's merge keys (`<<`) at or below a node: they are not followed here."""
    if isinstance(node, Sequence):
        return next((found for item in node.items if (found := merge_key(item))), None)
    if isinstance(node, Mapping):
        for key, value in node.entries:
            found = key if key.text == "<<" and not key.quoted else merge_key(value)
            if found is not None:
                return found
    return None


def compose(text: str, file: str = "") -> list[Node]:
    """Parse all YAML documents of a text into nodes; empty documents give a null scalar.

    Raises SourceError with the place of the first mistake, BoundError when a bound (size, depth, node count
    with aliases expanded) is passed.
    """
    if len(text) > MAX_BYTES:
        raise BoundError(f"the file is larger than {MAX_BYTES} bytes", file=file)
    builder = _Builder(yaml.parse(text, Loader=yaml.CSafeLoader), file)
    try:
        return builder.documents()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise SourceError(error.problem or str(error), file=file, line=line, column=column) from error
    except yaml.YAMLError as error:
        raise SourceError(str(error).splitlines()[0], file=file) from error


@dataclass(slots=True, frozen=True)
class _Anchored:
    """A named node with how many values and levels it brings to each place that an alias puts it."""

    node: Node
    count: int
    levels: int


class _Builder:
    """Builds nodes from parse events, because PyYAML's own composer overflows the C stack on deep nesting.

    Counts values and levels with aliases expanded, so that these cannot multiply without end.
    """

    def __init__(self, events: Iterator[Event], file: str) -> None:
        self._events, self._file = events, file
        self._count = 0
        self._deepest = 0
        self._anchors: dict[str, _Anchored] = {}

    def documents(self) -> list[Node]:
        """Build every document of the stream."""
        found: list[Node] = []
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                self._anchors.clear()
                found.append(self._node(next(self._events), 0))
        return found

    def _node(self, event: Event, depth: int) -> Node:
        assert isinstance(event, NodeEvent)
        assert event.start_mark is not None
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, AliasEvent):
            return self._alias(event, depth, line, column)
        before, outer = self._count, self._deepest
        self._deepest = depth
        self._grow(1, depth, line, column)
        node = self._content(event, depth, line, column)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(node, self._count - before, self._deepest - depth)
        self._deepest = max(outer, self._deepest)
        return node

    def _content(self, event: Event, depth: int, line: int, column: int) -> Node:
        if isinstance(event, ScalarEvent):
            return Scalar(event.value, event.style in _QUOTING_STYLES or _is_text(event.tag), line, column)
        if isinstance(event, SequenceStartEvent):
            items = [self._node(item, depth + 1) for item in iter(self._next, None)]
            return Sequence(tuple(items), line, column)
        return Mapping(tuple(self._entries(depth + 1)), line, column)

    def _next(self) -> Event | None:
        """Return the next event, None at the end of the list or mapping."""
        event = next(self._events)
        return None if isinstance(event, CollectionEndEvent) else event

    def _entries(self, depth: int) -> Iterator[tuple[Scalar, Node]]:
        for event in iter(self._next, None):
            name = self._node(event, depth)
            if not isinstance(name, Scalar):
                raise SourceError("a key must be a plain word", file=self._file, line=name.line, column=name.column)
            yield name, self._node(next(self._events), depth)

    def _alias(self, event: AliasEvent, depth: int, line: int, column: int) -> Node:
        found = self._anchors.get(event.anchor or "")
        if found is None:
            message = f"the alias '*{event.anchor}' names nothing above it"
            raise SourceError(message, file=self._file, line=line, column=column)
        self._grow(found.count, depth + found.levels, line, column)
        return found.node

    def _grow(self, count: int, depth: int, line: int, column: int) -> None:
        self._count += count
        self._deepest = max(self._deepest, depth)
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            bound = f"{MAX_DEPTH} levels deep" if depth > MAX_DEPTH else f"{MAX_NODES} values"
            raise BoundError(f"more than {bound}", file=self._file, line=line, column=column)


def _is_text(tag: str | None) -> bool:
    """Say whether a tag makes text of what would be null, a number or a truth value without it."""
    return tag is not None and (tag == "!" or tag.endswith(":str"))


def to_python(node: Node) -> Any:
    """Resolve a node by YAML 1.2's core schema to None, bool, int, float, str, list or dict."""
    if isinstance(node, Scalar):
        return _resolve(node)
    if isinstance(node, Sequence):
        return [to_python(item) for item in node.items]
    return {key.text: to_python(value) for key, value in node.entries}


def _resolve(scalar: Scalar) -> Any:
    if scalar.quoted:
        return scalar.text
    if scalar.text in _CONSTANTS:
        return _CONSTANTS[scalar.text]
    if _INTEGER.match(scalar.text):
        return int(scalar.text) if len(scalar.text) < 64 else scalar.text
    if _FLOAT.match(scalar.text):
        return float(scalar.text)
    return scalar.text
