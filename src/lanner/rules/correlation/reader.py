"""Reads correlation documents: names become conditions, fields become operands, words become numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol, get_args

from lanner.config import yamltext
from lanner.config.typed import convert, nearest
from lanner.errors import SourceError
from lanner.rules import ir
from lanner.rules.check import kind_of
from lanner.rules.correlation.document import PRIORITIES, Document
from lanner.rules.correlation.model import VALUE_KINDS, Bound, Comparison, Correlation, Difference, Part
from lanner.rules.falco.condition import parse_condition
from lanner.rules.falco.output import OutputError, OutputFormat
from lanner.rules.sigma import known
from lanner.rules.sigma.fields import native_path, operand_of

SECOND = 1_000_000_000
LONGEST_SILENCE = 3600 * SECOND
MOST_PARTS = 32
DEFAULT_OUTPUT = "(actor=%lanner.actor from=%lanner.address verb=%ka.verb what=%ka.uri code=%ka.response.code)"

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_592_000, "y": 31_536_000}
_TIMESPAN = re.compile(r"([1-9]\d{0,8})([smhdwMy])")
_NATIVE = re.compile(r"[A-Za-z][\w-]*(\.[\w/-]+)*")
_WHERE = re.compile(r"(\w+)\.(.+?)\s+(=|!=)\s+(\w+)\.(.+)")


class Catalogue(Protocol):
    """The rules and macros that correlations may name."""

    def rule(self, name: str) -> ir.Condition | None:
        """Return the condition of a rule by its name, or by its id; None where there is none."""

    def names(self) -> list[str]:
        """Return all names, for hints."""

    def condition(self, text: str) -> ir.Condition:
        """Return a condition in Falco's language; raises ConditionError."""


class _Spot(NamedTuple):
    file: str
    line: int
    column: int

    def wrong(self, message: str) -> SourceError:
        return SourceError(message, file=self.file, line=self.line, column=self.column)


def read_correlation(node: yamltext.Mapping, file: str, catalogue: Catalogue) -> Correlation:
    """Read one document; raises SourceError with the place and what to write instead."""
    return _Reader(node, file, catalogue).read()


class _Reader:
    def __init__(self, node: yamltext.Mapping, file: str, catalogue: Catalogue) -> None:
        self._node, self._file, self._catalogue = node, file, catalogue
        self._document = convert(node, Document, file=file)
        self._body = self._document.correlation
        self._aliases: list[str] = []

    def read(self) -> Correlation:
        document, body = self._document, self._body
        conditions = self._conditions()
        self._aliases = list(conditions)
        bounds, percentile, field = self._bounds()
        where, compared = self._where()
        span = _time(body.timespan, self._at("timespan"))
        learn, learn_time = self._learn()
        return Correlation(
            name=document.title,
            description=document.description,
            kind=body.type,
            parts=tuple(self._part(alias, conditions[alias], field, compared[alias]) for alias in conditions),
            group_by=_many(body.group_by),
            timespan=span,
            output=self._output(),
            priority=PRIORITIES[document.level],
            bounds=bounds,
            percentile=percentile,
            expression=self._expression(),
            where=where,
            learn=learn,
            learn_time=learn_time,
            suppress=_time(body.suppress, self._at("suppress")) if body.suppress else min(span, LONGEST_SILENCE),
            tags=document.tags,
            enabled=document.enabled,
            file=self._file,
            line=self._node.line,
        )

    def _conditions(self) -> dict[str, ir.Condition]:
        """Return the conditions of all parts by alias: those written here, then the rules that are named."""
        named = _many(self._body.rules)
        own = {alias: self._condition(alias, text) for alias, text in self._body.events.items()}
        order = [*own, *(name for name in named if name not in own)]
        # Where both are given, `rules` says the order.
        order = [*named, *(alias for alias in own if alias not in named)] if named else order
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

    def _named(self, name: str) -> ir.Condition:
        found = self._catalogue.rule(name)
        if found is None:
            raise self._at("rules").wrong(f"no rule is called '{name}'{nearest(name, self._catalogue.names())}")
        return found

    def _part(self, alias: str, condition: ir.Condition, field: str, compared: tuple[ir.Operand, ...]) -> Part:
        wants_value = self._body.type in VALUE_KINDS
        if wants_value and not field:
            raise self._at("condition").wrong(f"{self._body.type} looks at a value: say which in `field`")
        return Part(
            alias=alias,
            condition=condition,
            key=tuple(self._key(name, alias) for name in _many(self._body.group_by)),
            value=self._operand(self._renamed(field, alias), "field") if wants_value else None,
            compared=compared,
        )

    def _key(self, name: str, alias: str) -> ir.Operand:
        return self._operand(self._renamed(name, alias), "group-by")

    def _renamed(self, name: str, alias: str) -> str:
        """Return what a field is called in a part: Sigma's aliases give one name to different fields."""
        fields = self._body.aliases.get(name)
        if fields is None:
            return name
        if alias not in fields:
            raise self._at("aliases", name).wrong(f"the alias '{name}' says no field for '{alias}'")
        return fields[alias]

    def _operand(self, text: str, key: str) -> ir.Operand:
        """Read a field: of Falco's language, or a path of the native event such as user.username."""
        try:
            condition = parse_condition(f"{text} exists")
            if isinstance(condition, ir.Exists):
                kind_of(condition.operand)
                return condition.operand
        except ir.ConditionError as error:
            if not _NATIVE.fullmatch(text) or text.startswith(("ka.", "lanner.", "jevt.", "json.", "evt.")):
                raise self._at(key).wrong(f"'{text}' is no field: {error.message}") from None
        field, path = operand_of(text), native_path(text)
        if field is None or not known.has(path):
            raise self._at(key).wrong(f"no audit event has the field '{text}': {known.field_hint(path)}")
        return field

    def _bounds(self) -> tuple[tuple[Bound, ...], float, str]:
        """Return the comparisons, the percentile and the field of `condition`."""
        condition, field = self._body.condition, self._body.field
        if not isinstance(condition, dict):
            if self._body.type in ("event_count", "value_sum", "value_avg", "value_percentile", "value_count", "rare"):
                raise self._at("condition").wrong(f"{self._body.type} needs a condition such as {{gte: 10}}")
            return (), 50.0, field
        place = self._at("condition")
        known = {*get_args(Comparison), "field", "percentile"}
        unknown = next((key for key in condition if key not in known), None)
        if unknown is not None:
            raise place.wrong(f"unknown key '{unknown}'{nearest(unknown, sorted(known))}")
        bounds = tuple(Bound(key, _number(condition[key], place)) for key in get_args(Comparison) if key in condition)
        if not bounds:
            raise place.wrong(f"write a comparison: one of {', '.join(get_args(Comparison))}")
        return bounds, _number(condition.get("percentile", 50), place), str(condition.get("field", field))

    def _expression(self) -> ir.Condition | None:
        text = self._body.condition
        if not isinstance(text, str):
            return None
        place = self._at("condition")
        if self._body.type not in ("temporal", "temporal_ordered"):
            raise place.wrong(f"{self._body.type} takes a comparison such as {{gte: 10}}")
        try:
            expression = parse_condition(text)
        except ir.ConditionError as error:
            raise place.wrong(f"{error.message} (character {error.offset + 1})") from None
        for name in _names(expression, place):
            if name not in self._aliases:
                raise place.wrong(f"'{name}' is not among the rules{nearest(name, self._aliases)}")
        return expression

    def _where(self) -> tuple[tuple[Difference, ...], Mapping[str, tuple[ir.Operand, ...]]]:
        """Return the comparisons between parts, and what each part has to give for them."""
        compared: dict[str, list[ir.Operand]] = {alias: [] for alias in self._aliases}
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

    def _side(self, alias: str, field: str, compared: dict[str, list[ir.Operand]]) -> tuple[int, int]:
        if alias not in compared:
            raise self._at("where").wrong(f"'{alias}' is not among the rules{nearest(alias, self._aliases)}")
        operand = self._operand(self._renamed(field, alias), "where")
        if operand not in compared[alias]:
            compared[alias].append(operand)
        return self._aliases.index(alias), compared[alias].index(operand)

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

    def _at(self, *path: str) -> _Spot:
        """Return the place of a key: of the document, or below `correlation`; the nearest that is there."""
        node: yamltext.Node = self._node
        for key in path:
            below = node.get(key) if isinstance(node, yamltext.Mapping) else None
            if below is None and node is self._node:
                inner = self._node.get("correlation")
                below = inner.get(key) if isinstance(inner, yamltext.Mapping) else None
            if below is None:
                break
            node = below
        return _Spot(self._file, node.line, node.column)


def _many(value: tuple[str, ...] | str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _time(text: str, place: _Spot) -> int:
    found = _TIMESPAN.fullmatch(text)
    if found is None:
        raise place.wrong(f"'{text}' is no time: write a number with s, m, h, d, w, M or y, such as 15m")
    return int(found[1]) * _UNITS[found[2]] * SECOND


def _number(value: object, place: _Spot) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise place.wrong(f"'{value}' is no number")
    return value


def _names(node: ir.Condition, place: _Spot) -> Iterator[str]:
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
