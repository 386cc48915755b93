"""What a loaded correlation is: which events it looks at, what binds them together, and when it fires."""

from __future__ import annotations

from typing import Literal

import msgspec

from lanner.rules import ir

Kind = Literal[
    "event_count",
    "value_count",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
    "temporal",
    "temporal_ordered",
    "join",
    "first_seen",
    "rare",
    "absence",
]
VALUE_KINDS: tuple[Kind, ...] = (
    "value_count",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
    "first_seen",
    "rare",
)
"""Those that look at a value of each event."""
BOUND_KINDS: tuple[Kind, ...] = (
    "event_count",
    "value_count",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
    "rare",
)
"""Those that compare a number."""

Comparison = Literal["lt", "lte", "gt", "gte", "eq", "neq"]


class Bound(msgspec.Struct, frozen=True):
    """A comparison of the count, sum, average, percentile or share with a number."""

    operator: Comparison
    number: float

    def holds(self, value: float) -> bool:
        """Say whether a value meets it."""
        match self.operator:
            case "lt":
                return value < self.number
            case "lte":
                return value <= self.number
            case "gt":
                return value > self.number
            case "gte":
                return value >= self.number
            case "eq":
                return value == self.number
            case "neq":
                return value != self.number


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of event that a correlation looks at.

    `alias` is its name in the correlation, `condition` says which events are meant, `key` has the operands whose values
    bind events together: those of one list give an event several keys. `values` are what value kinds look at, together,
    `compared` what `where` compares. `binds` says that the alert belongs to the incident of whoever made such an event.
    """

    alias: str
    condition: ir.Condition
    key: tuple[ir.Operand, ...]
    values: tuple[ir.Operand, ...] = ()
    compared: tuple[ir.Operand, ...] = ()
    binds: bool = False


Take = int | ir.Operand
"""Which value of another correlation is meant: that number of its key, or a field of the event that it is told of."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Another correlation that a correlation looks at: each time that it fires, it is an event of this kind.

    `name` is its name; the rest is as in a part.
    """

    alias: str
    name: str
    key: tuple[Take, ...]
    values: tuple[Take, ...] = ()
    compared: tuple[Take, ...] = ()


class Difference(msgspec.Struct, frozen=True):
    """A condition between two parts: values number `left_value` of part `left` and of `right` are equal, or not."""

    left: int
    left_value: int
    right: int
    right_value: int
    equal: bool


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """One correlation; times are nanoseconds of event time.

    `group_by` names the key's values. `bounds` are met together. `expression` is the extended condition of temporal
    correlations over the aliases of parts, None where all must occur, or as many as `bounds` say. `learn` is how many
    events of a key first_seen and rare must have seen before they fire, `learn_time` for how long they must have known
    it. After it fired for a key it is silent for `suppress`; what it holds back it counts. One that is not `enabled`
    tells nothing by itself, and works where another one looks at it.
    """

    name: str
    description: str
    kind: Kind
    parts: tuple[Part | Link, ...]
    group_by: tuple[str, ...]
    timespan: int
    output: str
    priority: str
    bounds: tuple[Bound, ...] = ()
    percentile: float = 50.0
    expression: ir.Condition | None = None
    where: tuple[Difference, ...] = ()
    learn: int = 0
    learn_time: int = 0
    suppress: int = 0
    tags: tuple[str, ...] = ()
    enabled: bool = True
    file: str = ""
    line: int = 0

    @property
    def seen(self) -> list[tuple[int, Part]]:
        """The parts that are events, with their numbers."""
        return [(number, part) for number, part in enumerate(self.parts) if isinstance(part, Part)]

    @property
    def links(self) -> list[tuple[int, Link]]:
        """The parts that are other correlations, with their numbers."""
        return [(number, part) for number, part in enumerate(self.parts) if isinstance(part, Link)]
