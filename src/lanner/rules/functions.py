"""Functions that try a group of rules on an event, written when the group has been met often enough.

Until then a small group is tried by the evaluator: writing a function takes milliseconds, and many groups are met
once. A large group is divided by its plan at once, and each part is such a group again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from lanner.audit.event import Event
from lanner.rules.codegen import Writer, generate_all, generate_first
from lanner.rules.evaluate import Evaluator
from lanner.rules.needs import Place
from lanner.rules.plan import FLAT, Candidate, Candidates, Plan, Table, make_plan

PATIENCE = 4
"""So many events a small group is evaluated before its function is written."""

Function = Callable[[Event], Any]
"""Gives the numbers of the rules that hold, or the lowest of them or None."""


class Maker:
    """Makes the functions of one matcher; `forget` is called when they stand for more than `limit` rules together."""

    def __init__(self, *, first: bool, limit: int, forget: Callable[[], None]) -> None:
        self.first = first
        self._limit, self._forget = limit, forget
        self._weight = 0

    def begin(self, group: Candidates, home: dict[Any, Function], key: object) -> Function:
        """Put what tries a group at its place and return it; when something quicker is written, that goes there."""
        if len(group) > FLAT:
            begun = self.write(group)
        else:
            self._weigh(group)
            begun = Trial(self, group, frozenset(), (home, key))
        home[key] = begun
        return begun

    def _weigh(self, group: Candidates) -> None:
        self._weight += 1 + len(group)
        if self._weight > self._limit:
            self._weight = 0
            self._forget()

    def write(self, group: Candidates, used: frozenset[Place] = frozenset()) -> Function:
        """Write the function of a group that is divided by `used` places already."""
        self._weigh(group)
        plan = make_plan(group, used)
        if plan.tables or plan.gates or len(plan.loose) > FLAT:
            return _Division(self, plan).build()
        numbered = [(candidate.number, candidate.condition) for candidate in plan.loose]
        return generate_first(numbered) if self.first else generate_all(numbered)


class Trial:
    """Tries a group whose function is not written yet, and has it written when it is asked for it often enough."""

    __slots__ = ("_function", "_group", "_maker", "_place", "_rules", "_used", "_wait")

    def __init__(
        self,
        maker: Maker,
        group: Candidates,
        used: frozenset[Place],
        place: tuple[dict[Any, Function], object],
        wait: int = PATIENCE,
    ) -> None:
        self._maker, self._group, self._used, self._place = maker, group, used, place
        self._wait = wait if len(group) <= FLAT else 0
        self._rules: list[tuple[int, Evaluator | bool]] | None = None
        self._function: Function | None = None

    def __call__(self, event: Event) -> Any:
        if self._function is None and self._wait > 0:
            self._wait -= 1
            return next(self._holding(event), None) if self._maker.first else list(self._holding(event))
        return (self._function or self._write())(event)

    def _write(self) -> Function:
        self._function = function = self._maker.write(self._group, self._used)
        home, key = self._place
        home[key] = function
        self._rules = None
        return function

    def _holding(self, event: Event) -> Iterator[int]:
        if self._rules is None:
            self._rules = [(candidate.number, _evaluator(candidate)) for candidate in self._group]
        return (number for number, rule in self._rules if (rule if isinstance(rule, bool) else rule.holds(event)))


def _evaluator(candidate: Candidate) -> Evaluator | bool:
    condition = candidate.condition
    return condition if isinstance(condition, bool) else Evaluator(condition)


class _Style(NamedTuple):
    """The lines of a function that gathers all numbers, or keeps the lowest."""

    begin: str
    hit: str
    other_hit: str
    take: str
    unless: str
    end: str


_NONE = 1 << 62
_ALL = _Style(
    begin="found = []",
    hit="if {test}: found.append({number})",
    other_hit="if {test}: found.append({number})",
    take="found += {call}",
    unless="True",
    end="return sorted(set(found)) if len(found) > 1 else found",
)
_FIRST = _Style(
    begin=f"best = {_NONE}",
    hit="if {test}: best = {number}",
    other_hit="elif {test}: best = {number}",
    take="best = lower(best, {call})",
    unless="best > {lowest}",
    end=f"return best if best < {_NONE} else None",
)


def _lower(best: int, found: int | None) -> int:
    return best if found is None or found > best else found


class _Division:
    """Writes the function of a divided group: loose rules in place, then tables, gates and what is left over."""

    def __init__(self, maker: Maker, plan: Plan) -> None:
        self._maker, self._plan = maker, plan
        self._style = _FIRST if maker.first else _ALL
        self._inline = plan.loose[:FLAT]
        conditions = [*(candidate.condition for candidate in self._inline), *(gate.test for gate in plan.gates)]
        self._writer = Writer(conditions)
        self._writer.space["lower"] = _lower

    def build(self) -> Function:
        lines = [self._style.begin, *self._loose()]
        for table in self._plan.tables:
            lines += self._table(table)
        for gate in self._plan.gates:
            test = self._writer.aside(partial(self._writer.test, gate.test))
            lines.append(self._part(gate.part, test))
        for place, start in enumerate(range(FLAT, len(self._plan.loose), FLAT), 1):
            lines.append(self._part(self._plan.loose[start : start + FLAT], "True", PATIENCE + place))
        return self._writer.build([*lines, self._style.end])

    def _loose(self) -> Iterator[str]:
        write = self._writer.test
        for place, (number, condition, _) in enumerate(self._inline):
            if place and self._maker.first:
                test = self._writer.aside(partial(write, condition))
                yield self._style.other_hit.format(test=test, number=number)
            else:
                yield self._style.hit.format(test=write(condition), number=number)

    def _table(self, table: Table) -> Iterator[str]:
        parts: dict[Any, Function] = {}
        for text, part in table.parts.items():
            parts[text] = Trial(self._maker, part, self._plan.used, (parts, text))
        name = self._writer.constant(parts, "t")
        value = self._writer.value(table.field)
        take = self._style.take.format(call="k(e)")
        unless = self._style.unless.format(lowest=table.lowest)
        if table.is_list:
            yield f"for k in filter(None, map({name}.get, {value} or ())): {take}"
        else:
            yield f"k = {name}.get({value})"
            yield f"if k is not None and {unless}: {take}"

    def _part(self, part: Candidates, test: str, wait: int = PATIENCE) -> str:
        """Write the line that tries a part where a test holds."""
        name = self._writer.constant(None, "p")
        space = self._writer.space
        space[name] = Trial(self._maker, part, self._plan.used, (space, name), wait)
        unless = self._style.unless.format(lowest=part[0].number)
        return f"if {unless} and {test}: " + self._style.take.format(call=f"{name}(e)")
