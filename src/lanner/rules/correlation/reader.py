"""Reads correlation documents: names become conditions, fields become operands, words become numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import msgspec

from lanner.config import yamltext
from lanner.config.typed import convert, nearest
from lanner.rules import ir
from lanner.rules.correlation.document import PRIORITIES, Document
from lanner.rules.correlation.kinds import Catalogue, Kinds, Places, Spot, no_kind
from lanner.rules.correlation.model import (
    BOUND_KINDS,
    VALUE_KINDS,
    Bound,
    Comparison,
    Correlation,
    Difference,
    Link,
    Part,
    Take,
)
from lanner.rules.falco.condition import parse_condition
from lanner.rules.falco.output import OutputError, OutputFormat

SECOND = 1_000_000_000
LONGEST_SILENCE = 3600 * SECOND
LONGEST = 100 * 31_556_952
MOST_PARTS = 32
NOT_RUN = ("deprecated", "unsupported")
DEFAULT_OUTPUT = "(actor=%lanner.actor from=%lanner.address verb=%ka.verb what=%ka.uri code=%ka.response.code)"

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_629_746, "y": 31_556_952}
_TIMESPAN = re.compile(r"([1-9]\d{0,8})([smhdwMy])")
_WHERE = re.compile(r"(\w+)\.(.+?)\s+(=|!=)\s+(\w+)\.(.+)")
_TEMPORAL = ("temporal", "temporal_ordered")


def read_correlation(node: yamltext.Mapping, file: str, catalogue: Catalogue) -> Correlation:
    """Read one document; raises SourceError with the place and what to write instead."""
    return _Reader(node, file, catalogue).read()


class _Reader:
    def __init__(self, node: yamltext.Mapping, file: str, catalogue: Catalogue) -> None:
        self._node, self._file, self._catalogue = node, file, catalogue
        self._document = convert(node, Document, file=file)
        self._body = self._document.correlation
        self._at = Places(node, file).at
        self._expression = self._parsed()
        self._kinds = Kinds(self._named_kinds(), self._body.aliases, catalogue, Places(node, file))
        self._aliases = self._kinds.names

    def read(self) -> Correlation:
        document, body = self._document, self._body
        bounds, percentile, fields = self._bounds()
        where, compared = self._where()
        span = _time(body.timespan, self._at("timespan"))
        learn, learn_time = self._learn()
        return Correlation(
            name=document.title,
            description=document.description,
            kind=body.type,
            parts=self._binding(
                self._kinds.part(alias, _many(body.group_by), fields, compared[alias]) for alias in self._aliases
            ),
            group_by=_many(body.group_by),
            timespan=span,
            output=self._output(),
            priority=PRIORITIES[document.level],
            bounds=bounds,
            percentile=percentile,
            expression=self._extended(),
            where=where,
            learn=learn,
            learn_time=learn_time,
            suppress=_time(body.suppress, self._at("suppress")) if body.suppress else min(span, LONGEST_SILENCE),
            tags=document.tags,
            enabled=document.enabled and document.status not in NOT_RUN,
            file=self._file,
            line=self._node.line,
        )

    def _named_kinds(self) -> dict[str, ir.Condition | Correlation]:
        """Return what all aliases stand for: conditions that are written here, and rules that are named."""
        named = _many(self._body.rules)
        own = {alias: self._condition(alias, text) for alias, text in self._body.events.items()}
        # Where both are given, `rules` says the order; where neither is, Sigma takes the names of the condition.
        order = [*named, *(alias for alias in own if alias not in named)]
        if not order and self._expression is not None:
            order = list(dict.fromkeys(_names(self._expression, self._at("condition"))))
        if not order:
            raise self._at().wrong("name the rules that are correlated in `rules`, or write conditions in `events`")
        if len(order) > MOST_PARTS:
            raise self._at("rules").wrong(f"more than {MOST_PARTS} rules; split the correlation")
        return {name: own[name] if name in own else self._named(name) for name in order}

    def _condition(self, alias: str, text: str) -> ir.Condition:
        try:
            return self._catalogue.condition(text)
        except ir.ConditionError as error:
            place = self._at("events", alias)
            raise place.wrong(f"events.{alias}: {error.message} (character {error.offset + 1})") from None

    def _named(self, name: str) -> ir.Condition | Correlation:
        found = self._catalogue.called(name)
        if found is None:
            raise no_kind(name, self._catalogue, self._at("rules" if self._body.rules else "condition"))
        return found if isinstance(found, Correlation) else found.condition

    def _bounds(self) -> tuple[tuple[Bound, ...], float, tuple[str, ...]]:
        """Return the comparisons, the percentile and the fields of `condition`."""
        condition, kind, place = self._body.condition, self._body.type, self._at("condition")
        given = condition if isinstance(condition, dict) else {}
        if condition == {} and kind in BOUND_KINDS:
            raise place.wrong(f"write a comparison: one of {', '.join(get_args(Comparison))}")
        if given and kind not in (*BOUND_KINDS, *_TEMPORAL):
            raise place.wrong(f"{kind} has no condition")
        if not given and kind in BOUND_KINDS:
            raise place.wrong(f"{kind} needs a condition such as {{gte: 10}}")
        allowed = {*get_args(Comparison), "field", "percentile"}
        unknown = next((key for key in given if key not in allowed), None)
        if unknown is not None:
            raise place.wrong(f"unknown key '{unknown}'{nearest(unknown, sorted(allowed))}")
        bounds = tuple(Bound(key, _number(given[key], place)) for key in get_args(Comparison) if key in given)
        if given and not bounds:
            raise place.wrong(f"write a comparison: one of {', '.join(get_args(Comparison))}")
        if kind == "temporal_ordered" and _less_than_all(bounds, len(self._aliases)):
            raise place.wrong("temporal_ordered wants all rules: leave the condition out, or write temporal")
        return bounds, self._percentile(given), self._fields(given)

    def _percentile(self, given: Mapping[str, Any]) -> float:
        place = self._at("condition")
        number = _number(given.get("percentile", 50), place)
        if not 0 <= number <= 100:
            raise place.wrong(f"{number} is no percentile: write a number from 0 to 100")
        if "percentile" in given and self._body.type != "value_percentile":
            raise place.wrong(f"{self._body.type} has no percentile: write type: value_percentile")
        return number

    def _fields(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        kind, place = self._body.type, self._at("condition")
        said = given.get("field", self._body.field)
        fields = tuple(map(str, said)) if isinstance(said, list) else (str(said),) if said else ()
        if kind not in VALUE_KINDS:
            if fields:
                raise place.wrong(f"{kind} looks at no `field`: write type: value_count to count its values")
            return ()
        if not fields:
            raise place.wrong(f"{kind} looks at a value: say which in `field`")
        if len(fields) > 1 and kind not in ("value_count", "first_seen", "rare"):
            raise place.wrong(f"{kind} looks at the numbers of one field")
        return fields

    def _parsed(self) -> ir.Condition | None:
        """Return the extended condition as it is written."""
        text = self._body.condition
        if not isinstance(text, str):
            return None
        place = self._at("condition")
        if self._body.type not in _TEMPORAL:
            raise place.wrong(f"{self._body.type} takes a comparison such as {{gte: 10}}")
        try:
            return parse_condition(text)
        except ir.ConditionError as error:
            raise place.wrong(f"{error.message} (character {error.offset + 1})") from None

    def _extended(self) -> ir.Condition | None:
        """Return the extended condition; None where it says no more than that all rules must occur."""
        expression, place = self._expression, self._at("condition")
        if expression is None:
            return None
        names = list(_names(expression, place))
        for name in names:
            if name not in self._aliases:
                raise place.wrong(f"'{name}' is not among the rules{nearest(name, self._aliases)}")
        left = [alias for alias in self._aliases if alias not in names]
        if left:
            raise place.wrong(f"the condition does not say what '{left[0]}' is for")
        if self._body.type == "temporal_ordered":
            if not _joins_all(expression):
                raise place.wrong("temporal_ordered joins rules by `and` only: write temporal, or one for each order")
            return None
        return expression

    def _where(self) -> tuple[tuple[Difference, ...], Mapping[str, tuple[Take, ...]]]:
        """Return the comparisons between parts, and what each part has to give for them."""
        compared: dict[str, list[Take]] = {alias: [] for alias in self._aliases}
        differences = []
        for text in _many(self._body.where):
            place = self._at("where")
            found = _WHERE.fullmatch(text)
            if found is None:
                raise place.wrong(f"'{text}': write ALIAS.FIELD != ALIAS.FIELD, or =")
            sides = [self._side(found[1], found[2], compared), self._side(found[4], found[5], compared)]
            differences.append(Difference(*sides[0], *sides[1], found[3] == "="))
        if differences and self._body.type not in ("join", "temporal_ordered"):
            raise self._at("where").wrong("only join and temporal_ordered compare events with each other")
        return tuple(differences), {alias: tuple(operands) for alias, operands in compared.items()}

    def _side(self, alias: str, field: str, compared: dict[str, list[Take]]) -> tuple[int, int]:
        if alias not in compared:
            raise self._at("where").wrong(f"'{alias}' is not among the rules{nearest(alias, self._aliases)}")
        operand = self._kinds.take(field, alias, "where")
        if operand not in compared[alias]:
            compared[alias].append(operand)
        return self._aliases.index(alias), compared[alias].index(operand)

    def _binding(self, parts: Iterable[Part | Link]) -> tuple[Part | Link, ...]:
        """Return the parts, those bound that `incident-of` names."""
        found = {part.alias: part for part in parts}
        for alias in _many(self._body.incident_of):
            place, part = self._at("incident-of"), found.get(alias)
            if part is None:
                raise place.wrong(f"'{alias}' is not among the rules{nearest(alias, self._aliases)}")
            if isinstance(part, Link):
                raise place.wrong(f"'{alias}' is a correlation: write incident-of there, and it holds here")
            found[alias] = msgspec.structs.replace(part, binds=True)
        return tuple(found.values())

    def _learn(self) -> tuple[int, int]:
        learn = self._body.learn
        return (learn, 0) if isinstance(learn, int) else (0, _time(learn, self._at("learn")))

    def _output(self) -> str:
        text = self._document.output.strip() or f"{self._document.title.replace('%', ' percent')} {DEFAULT_OUTPUT}"
        try:
            OutputFormat(text)
        except OutputError as error:
            raise self._at("output").wrong(f"output: {error.hint or error.message}") from None
        return text


def _many(value: tuple[str, ...] | str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _time(text: str, place: Spot) -> int:
    found = _TIMESPAN.fullmatch(text)
    if found is None:
        raise place.wrong(f"'{text}' is no time: write a number with s, m, h, d, w, M or y, such as 15m")
    seconds = int(found[1]) * _UNITS[found[2]]
    if seconds > LONGEST:
        raise place.wrong(f"'{text}' is more than a hundred years")
    return seconds * SECOND


def _number(value: object, place: Spot) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise place.wrong(f"'{value}' is no number")
    return value


def _less_than_all(bounds: tuple[Bound, ...], parts: int) -> bool:
    """Say whether comparisons hold for fewer kinds of events than there are."""
    return bool(bounds) and any(all(bound.holds(count) for bound in bounds) for count in range(1, parts))


def _joins_all(expression: ir.Condition) -> bool:
    """Say whether a condition has names and `and` alone."""
    match expression:
        case ir.And(items):
            return all(map(_joins_all, items))
    return isinstance(expression, ir.Macro)


def _names(node: ir.Condition, place: Spot) -> Iterator[str]:
    match node:
        case ir.And(items) | ir.Or(items):
            for item in items:
                yield from _names(item, place)
        case ir.Not(item):
            yield from _names(item, place)
        case ir.Macro(name):
            yield name
        case _:
            raise place.wrong("a condition over rules has their names, joined by and, or, not")
