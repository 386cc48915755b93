"""The one condition tree that every rule language is parsed into and every engine is compiled from.

`offset` is the place in the condition's text, counted in characters from 0; it takes no part in equality or hashing.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


class Node(msgspec.Struct, frozen=True, eq=False):
    """Base of all nodes; nodes are immutable and compare by what they mean, not by where they stand."""

    def _meaning(self) -> tuple[object, ...]:
        return tuple([getattr(self, name) for name in self.__struct_fields__ if name != "offset"])

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Node) or type(self) is not type(other):
            return False
        return self._meaning() == other._meaning()

    def __ne__(self, other: object) -> bool:
        # msgspec gives its structs a != of their own, which does not ask __eq__.
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self), self._meaning()))


class Field(Node, frozen=True, eq=False):
    """A value of the event: `name` as in the table of fields, `argument` what stands in brackets, or None."""

    name: str
    argument: str | None = None
    offset: int = 0


class Call(Node, frozen=True, eq=False):
    """A transformer applied to operands, such as tolower(ka.verb) or join("-", (a, b))."""

    function: str
    arguments: tuple[Operand, ...]
    offset: int = 0


class Text(Node, frozen=True, eq=False):
    """A literal; all literals are text until the field's type says otherwise."""

    text: str


class Values(Node, frozen=True, eq=False):
    """A list of operands in parentheses."""

    items: tuple[Operand, ...]


Operand = Field | Call | Text | Values


class Compare(Node, frozen=True, eq=False):
    """`left operator right`; `operator` is one of OPERATORS."""

    left: Operand
    operator: str
    right: Operand
    offset: int = 0


class Exists(Node, frozen=True, eq=False):
    """True where the operand has a value."""

    operand: Operand
    offset: int = 0


class Macro(Node, frozen=True, eq=False):
    """A name to be replaced by its condition before anything is compiled."""

    name: str
    offset: int = 0


class Not(Node, frozen=True, eq=False):
    item: Condition


class And(Node, frozen=True, eq=False):
    items: tuple[Condition, ...]


class Or(Node, frozen=True, eq=False):
    items: tuple[Condition, ...]


Check = Compare | Exists
Condition = Check | Macro | Not | And | Or

OPERATORS = (
    "=", "==", "!=", "<", "<=", ">", ">=",
    "contains", "icontains", "bcontains", "startswith", "bstartswith", "endswith",
    "glob", "iglob", "regex", "in", "intersects", "pmatch",
)  # fmt: skip

DEPTH = 150
"""The deepest tree that any engine accepts, counted in nested conditions."""


def checks_in(condition: Condition) -> Iterator[Check]:
    """Yield the checks of a condition without macros, in written order."""
    match condition:
        case And(items) | Or(items):
            for item in items:
                yield from checks_in(item)
        case Not(item):
            yield from checks_in(item)
        case Compare() | Exists():
            yield condition


class ConditionError(ValueError):
    """A condition that cannot be used: Falco's code, its words, and the offset (characters, from 0) in the text."""

    def __init__(self, message: str, offset: int = 0, code: str = "LOAD_ERR_COMPILE_CONDITION") -> None:
        super().__init__(message)
        self.code, self.message, self.offset = code, message, offset
