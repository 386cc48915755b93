"""One YAML reader for rules and settings: keeps line and column, leaves scalars as text, bounds what it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode
from yaml.nodes import Node as PyYamlNode

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


def compose(text: str, file: str = "") -> list[Node]:
    """Parse all YAML documents of a text into nodes; empty documents give a null scalar.

    Raises SourceError with the place of the first mistake, or when a bound (size, depth, node count
    with aliases expanded) is passed.
    """
    if len(text) > MAX_BYTES:
        raise SourceError(f"the file is larger than {MAX_BYTES} bytes", file=file)
    loader = yaml.CSafeLoader(text)
    builder = _Builder(file)
    documents: list[Node] = []
    try:
        while loader.check_node():
            root = loader.get_node()
            documents.append(builder.build(root, 0) if root is not None else Scalar("", False, 1, 1))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise SourceError(error.problem or str(error), file=file, line=line, column=column) from error
    except yaml.YAMLError as error:
        raise SourceError(str(error).splitlines()[0], file=file) from error
    except RecursionError as error:
        raise SourceError(f"nested deeper than {MAX_DEPTH} levels", file=file) from error
    finally:
        loader.dispose()
    return documents


class _Builder:
    """Turns PyYAML's nodes into ours and counts them, so that aliases cannot multiply without end."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._count = 0

    def build(self, node: PyYamlNode, depth: int) -> Node:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_NODES:
            bound = f"{MAX_DEPTH} levels deep" if depth > MAX_DEPTH else f"{MAX_NODES} values"
            raise SourceError(f"more than {bound}", file=self._file, line=line, column=column)
        if isinstance(node, ScalarNode):
            return Scalar(node.value, node.style in _QUOTING_STYLES, line, column)
        if isinstance(node, SequenceNode):
            return Sequence(tuple(self.build(item, depth + 1) for item in node.value), line, column)
        assert isinstance(node, MappingNode)
        return Mapping(tuple(self._entries(node, depth + 1)), line, column)

    def _entries(self, node: MappingNode, depth: int) -> Iterator[tuple[Scalar, Node]]:
        for key, value in node.value:
            name = self.build(key, depth)
            if not isinstance(name, Scalar):
                raise SourceError("a key must be a plain word", file=self._file, line=name.line, column=name.column)
            yield name, self.build(value, depth)


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
