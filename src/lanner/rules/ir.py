"""The one condition tree that every rule language is parsed into and every engine is compiled from."""

from __future__ import annotations

import msgspec


class Node(msgspec.Struct, frozen=True):
    """Base of all nodes; nodes are immutable and compare by value."""


class Field(Node, frozen=True):
    """A value of the event: `name` as in the table of fields, `argument` what stands in brackets, or None."""

    name: str
    argument: str | None = None


class Call(Node, frozen=True):
    """A transformer applied to operands, such as tolower(ka.verb) or join("-", (a, b))."""

    function: str
    arguments: tuple[Operand, ...]


class Text(Node, frozen=True):
    """A literal; all literals are text until the field's type says otherwise."""

    text: str


class Values(Node, frozen=True):
    """A list of operands in parentheses."""

    items: tuple[Operand, ...]


Operand = Field | Call | Text | Values


class Compare(Node, frozen=True):
    """`left operator right`; `operator` is one of OPERATORS."""

    left: Operand
    operator: str
    right: Operand


class Exists(Node, frozen=True):
    """True where the operand has a value."""

    operand: Operand


class Macro(Node, frozen=True):
    """A name to be replaced by its condition before anything is compiled; `offset` counts from 0."""

    name: str
    offset: int = 0


class Not(Node, frozen=True):
    item: Condition


class And(Node, frozen=True):
    items: tuple[Condition, ...]


class Or(Node, frozen=True):
    items: tuple[Condition, ...]


Condition = Compare | Exists | Macro | Not | And | Or

OPERATORS = (
    "=", "==", "!=", "<", "<=", ">", ">=",
    "contains", "icontains", "bcontains", "startswith", "bstartswith", "endswith",
    "glob", "iglob", "regex", "in", "intersects", "pmatch",
)  # fmt: skip
