"""Outlines of the rules that a linker loaded: macros, lists and exceptions by name, each part with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lanner.rules import ir
from lanner.rules.falco import expansion
from lanner.rules.falco.definitions import ExceptionItem, RuleItem, Written
from lanner.rules.falco.exceptions import weave
from lanner.rules.falco.linker import Linker
from lanner.rules.outline import Lists, Outline, Spot, check_text, grouped, negated, outline_of
from lanner.rules.ruleset import Rule


class Outlines:
    """Draws the trees of rules as their authors wrote them; what is drawn means the same as the rule's condition."""

    def __init__(self, linker: Linker) -> None:
        self._linker = linker
        self._lists = expansion.resolve_items(linker.collector.lists, set())
        self._macros: dict[str, Outline] = {}

    def of(self, rule: Rule) -> Outline:
        """Return the outline of a loaded rule; without names and places where they cannot be told."""
        item = self._linker.collector.rules.get(rule.name)
        if item is None:  # written in another language
            return outline_of(rule.condition, rule.named)
        outline = self._rule(item)
        return outline if outline.condition == rule.condition else outline_of(rule.condition)

    def _rule(self, item: RuleItem) -> Outline:
        given = [exception for exception in item.exceptions if exception.values]
        if not item.exceptions:
            return _Drawing(self, item.condition).whole()
        drawing = _Drawing(self, item.condition, weave(item.condition.text, item.exceptions), shift=1)
        return drawing.with_exceptions(given) if given else drawing.whole()

    def macro(self, name: str) -> Outline:
        """Return the outline of a macro, under its name."""
        found = self._macros.get(name)
        if found is None:
            item = self._linker.collector.macros[name]
            body = _Drawing(self, item.condition).whole()
            spot = Spot(item.place.file, item.place.line, item.place.column)
            found = Outline(kind="macro", condition=body.condition, name=name, spot=spot, parts=(body,))
            self._macros[name] = found
        return found

    def insert_lists(self, traced: expansion.Traced) -> Lists:
        """Put the lists into a text; returns those that stood in it."""
        used: set[str] = set()
        expansion.insert_lists(traced, self._lists, used)
        return {name: tuple(map(_unquoted, self._lists[name])) for name in used}

    def parse(self, text: str) -> ir.Condition:
        return self._linker.parse(text)

    def spot(self, written: Written, offset: int) -> Spot:
        """Return where a character of a condition stands in its file."""
        piece, inside = written.locate(offset)
        line, column = self._linker.source(piece.file).locate(piece.scalar, inside)
        return Spot(piece.file, line, column)


class _Drawing:
    """One condition as written, with its exceptions woven in where it has some."""

    def __init__(self, outlines: Outlines, written: Written, text: str | None = None, *, shift: int = 0) -> None:
        self._outlines, self._written = outlines, written
        self._traced = expansion.Traced(written.text if text is None else text, shift)
        self._lists = outlines.insert_lists(self._traced)
        self._condition = outlines.parse(self._traced.text)

    def whole(self) -> Outline:
        return self._draw(self._condition)

    def with_exceptions(self, exceptions: Sequence[ExceptionItem]) -> Outline:
        """Draw `(condition) and not (...) and not (...)` with the names of the exceptions."""
        condition = self._condition
        if not isinstance(condition, ir.And) or len(condition.items) != len(exceptions) + 1:
            return self._draw(condition)  # an exception's values broke out of their parentheses, as Falco lets them
        return grouped(condition, self._clauses(condition.items, exceptions))

    def _clauses(self, items: Sequence[ir.Condition], exceptions: Sequence[ExceptionItem]) -> Iterator[Outline]:
        yield self._draw(items[0])
        for item, exception in zip(items[1:], exceptions, strict=True):
            spot = Spot(exception.place.file, exception.place.line, exception.place.column)
            inner = item.item if isinstance(item, ir.Not) else item
            body = self._draw(inner, spot)
            named = Outline(kind="exception", condition=body.condition, name=exception.name, spot=spot, parts=(body,))
            yield negated(named) if isinstance(item, ir.Not) else named

    def _draw(self, condition: ir.Condition, spot: Spot | None = None) -> Outline:
        """Draw a part; `spot` stands for places that an exception's text does not have."""
        match condition:
            case ir.And(items) | ir.Or(items):
                return grouped(condition, [self._draw(item, spot) for item in items])
            case ir.Not(item):
                return negated(self._draw(item, spot))
            case ir.Macro(name):
                return self._outlines.macro(name)
        place = spot or self._outlines.spot(self._written, self._traced.origin(condition.offset))
        return Outline(kind="check", condition=condition, text=check_text(condition, self._lists), spot=place)


def _unquoted(item: str) -> str:
    quoted = len(item) > 1 and item[0] == item[-1] and item[0] in "\"'"
    return item[1:-1] if quoted else item
