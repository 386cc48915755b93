"""The JSON value that YAML or JSON text becomes, with the place of each part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from lanner.config.yamltext import Mapping, Node, Scalar, Sequence
from lanner.errors import SourceError

Kind = Literal["null", "bool", "number", "string", "array", "object"]
Step = str | int
"""A key or an index on the way from the root to a value."""


class GoError(SourceError):
    """What makes kube-apiserver refuse a text; `message` is its own."""


class Key(NamedTuple):
    """A key and where it stands."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Value:
    """One value: `text` holds a scalar as JSON has it (a string without its quotes), items or entries the rest.

    Entries keep the order of the text; JSON keeps duplicates, YAML's last one won before it came here.
    """

    kind: Kind
    line: int
    column: int
    text: str = ""
    items: tuple[Value, ...] = ()
    entries: tuple[tuple[Key, Value], ...] = ()


def nearest(root: Value, path: tuple[Step, ...]) -> tuple[int, int]:
    """Return line and column of the value at a path (of its key, where it has one), or of the deepest part there is."""
    place, value = (root.line, root.column), root
    for step in path:
        found = _child(value, step)
        if found is None:
            break
        place, value = found
    return place


def _child(value: Value, step: Step) -> tuple[tuple[int, int], Value] | None:
    if isinstance(step, int):
        if step >= len(value.items):
            return None
        item = value.items[step]
        return (item.line, item.column), item
    for key, child in reversed(value.entries):
        if key.text == step:
            return (key.line, key.column), child
    return None


def at(root: Value, path: tuple[Step, ...]) -> Value | None:
    """Return the value at a path, None where there is none."""
    value = root
    for step in path:
        found = _child(value, step)
        if found is None:
            return None
        value = found[1]
    return value


def as_node(value: Value) -> Node:
    """Return the value as a YAML node, for readers that look at keys as written."""
    if value.kind == "array":
        return Sequence(tuple(as_node(item) for item in value.items), value.line, value.column)
    if value.kind == "object":
        return Mapping(tuple(_node_entries(value)), value.line, value.column)
    return Scalar(value.text, value.kind == "string", value.line, value.column)


def _node_entries(value: Value) -> Iterator[tuple[Scalar, Node]]:
    for key, child in value.entries:
        yield Scalar(key.text, quoted=True, line=key.line, column=key.column), as_node(child)
