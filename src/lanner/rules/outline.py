"""A condition as its author knows it: its tree with macros, exceptions and lists by name, and places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from lanner.rules import ir

Kind = Literal["and", "or", "not", "check", "macro", "exception"]

ITEMS_SHOWN = 4
LITERAL_SHOWN = 80


class Spot(msgspec.Struct, frozen=True):
    """Where a part is written; line and column count from 1, 0 where unknown."""

    file: str = ""
    line: int = 0
    column: int = 0


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """One part; `condition` has no macros left. `name` is a macro's or exception's, `text` is a check in one line."""

    kind: Kind
    condition: ir.Condition
    name: str = ""
    text: str = ""
    spot: Spot = Spot()
    parts: tuple[Outline, ...] = ()


Lists = Mapping[str, tuple[str, ...]]
"""The items of lists by name."""


Names = Sequence[tuple[str, ir.Condition]]
"""Parts of a condition that have names, such as Sigma's detections."""


def outline_of(condition: ir.Condition, names: Names = ()) -> Outline:
    """Return the outline of a condition of which nothing more is known than names of some parts."""
    for name, part in names:
        if part == condition:
            return Outline(kind="macro", condition=condition, name=name, parts=(outline_of(condition),))
    match condition:
        case ir.And(items):
            return grouped(condition, _parts(items, names))
        case ir.Or(items):
            return grouped(condition, (outline_of(item, names) for item in items))
        case ir.Not(item):
            return negated(outline_of(item, names))
        case ir.Macro(name):
            raise ValueError(f"macro {name} was not resolved")
    return Outline(kind="check", condition=condition, text=check_text(condition, {}))


def _parts(items: Sequence[ir.Condition], names: Names) -> Iterator[Outline]:
    """Yield the outlines of what `and` joins; what stands there of a part that `and` joins itself is put together."""
    place = 0
    while place < len(items):
        runs = (part for _, part in names if isinstance(part, ir.And))
        run = next((part for part in runs if tuple(items[place : place + len(part.items)]) == part.items), None)
        yield outline_of(items[place] if run is None else run, names)
        place += 1 if run is None else len(run.items)


def grouped(like: ir.And | ir.Or, parts: Iterable[Outline]) -> Outline:
    """Join parts by `and` or `or`, as the condition `like` does."""
    kept = tuple(parts)
    condition = type(like)(tuple(part.condition for part in kept))
    return Outline(kind="and" if isinstance(like, ir.And) else "or", condition=condition, spot=kept[0].spot, parts=kept)


def negated(part: Outline) -> Outline:
    return Outline(kind="not", condition=ir.Not(part.condition), spot=part.spot, parts=(part,))


def check_text(check: ir.Compare | ir.Exists, lists: Lists) -> str:
    """Return a check in one line; items that make up a list are shown by its name, long lists are cut."""
    if isinstance(check, ir.Exists):
        return f"{operand_text(check.operand)} exists"
    right = check.right
    shown = f"({', '.join(_items(right, lists))})" if isinstance(right, ir.Values) else operand_text(right)
    return f"{operand_text(check.left)} {check.operator} {shown}"


def operand_text(operand: ir.Operand) -> str:
    """Return an operand in Falco's writing, for people: plain words stay without quotes."""
    match operand:
        case ir.Field(name, argument):
            return name if argument is None else f"{name}[{argument}]"
        case ir.Call(function, arguments):
            return f"{function}({', '.join(map(operand_text, arguments))})"
        case ir.Values(items):
            return f"({', '.join(map(operand_text, items))})"
        case ir.Text(text):
            return literal_text(text)


def literal_text(text: str) -> str:
    """Return a literal, quoted unless it is a plain word, cut when long."""
    cut = text if len(text) <= LITERAL_SHOWN else f"{text[:LITERAL_SHOWN]}…"
    plain = cut and all(character.isalnum() or character in "-_./:*@" for character in cut)
    return cut if plain else '"' + cut.replace("\\", r"\\").replace('"', r"\"") + '"'


def _items(values: ir.Values, lists: Lists) -> Iterator[str]:
    texts = [item.text if isinstance(item, ir.Text) else operand_text(item) for item in values.items]
    shown = list(_named(texts, lists))
    yield from shown[:ITEMS_SHOWN]
    if len(shown) > ITEMS_SHOWN:
        yield f"… {len(shown) - ITEMS_SHOWN} more"


def _named(texts: list[str], lists: Lists) -> Iterator[str]:
    """Give the names of the longest lists that stand at each place, and the other items as they are."""
    place = 0
    while place < len(texts):
        here = [name for name, items in lists.items() if items and tuple(texts[place : place + len(items)]) == items]
        name = max(here, key=lambda name: len(lists[name]), default=None)
        yield literal_text(texts[place]) if name is None else name
        place += 1 if name is None else len(lists[name])
