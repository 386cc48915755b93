"""Puts lists and macros into conditions: lists as text before parsing, macros as trees after it (Falco's order)."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from lanner.rules import ir
from lanner.rules.falco.definitions import ListItem, MacroItem
from lanner.rules.falco.exceptions import quoted
from lanner.rules.ir import ConditionError

MAX_TEXT = 2 * 1024 * 1024
MAX_NODES = 100_000
_BLANKS = " \t\n\r"
_DELIMITERS = _BLANKS + "(),="


class Traced:
    """A text under replacement that remembers where each of its characters came from."""

    def __init__(self, text: str, shift: int = 0) -> None:
        """Begin with a text whose first `shift` characters were put in front of the author's."""
        self.text = text
        self._origins: array[int] | None = None
        self._shift = shift

    def origin(self, offset: int) -> int:
        """Return the offset in the author's text that an offset in this one came from."""
        if self._origins is not None:
            offset = self._origins[min(offset, len(self._origins) - 1)] if self._origins else 0
        return max(0, offset - self._shift)

    def replace(self, cuts: Sequence[tuple[int, int]], new: str) -> None:
        """Replace parts (start and end, ascending, apart) by one text; raises ConditionError when it grows too long."""
        if len(self.text) + len(cuts) * len(new) > MAX_TEXT:
            message = f"the condition is longer than {MAX_TEXT} characters with its lists"
            raise ConditionError(message, self.origin(cuts[0][0]))
        origins = self._origins if self._origins is not None else array("q", range(len(self.text)))
        texts: list[str] = []
        moved = array("q")
        done = 0
        for start, end in cuts:
            inserted = f" {new} " if start else f"{new} "
            texts += (self.text[done:start], inserted)
            moved.extend(origins[done:start])
            moved.extend(array("q", [origins[min(start, len(origins) - 1)]]) * len(inserted))
            done = end
        texts.append(self.text[done:])
        moved.extend(origins[done:])
        self.text, self._origins = "".join(texts), moved


def resolve_items(lists: Mapping[str, ListItem], used: set[str]) -> dict[str, list[str]]:
    """Return each list's items with the lists inside it (one level) put in; adds those to `used`."""
    resolved: dict[str, list[str]] = {}
    for entry in lists.values():
        items: list[str] = []
        for item in entry.items:
            inner = lists.get(item)
            if inner is not None and inner.index < entry.visibility:
                used.add(inner.name)
                items.extend(inner.items)
            else:
                items.append(item)
        resolved[entry.name] = items
    return resolved


def insert_lists(traced: Traced, lists: Mapping[str, Sequence[str]], used: set[str]) -> None:
    """Replace the names of lists in a condition's text by their items; adds the names found to `used`."""
    for name, items in lists.items():
        if name in traced.text and _insert_list(traced, name, _joined(items)):
            used.add(name)


def _joined(items: Sequence[str]) -> str:
    # Falco puts no comma behind leading empty items.
    first = next((number for number, item in enumerate(items) if item), max(0, len(items) - 1))
    return ", ".join(map(quoted, items[first:]))


def _insert_list(traced: Traced, name: str, items: str) -> bool:
    text = traced.text
    cuts: list[tuple[int, int]] = []
    done = 0
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        if _stands_alone(text, start, end):
            cuts.append(_cut(text, start, end, done, removed=not items))
            done = end = cuts[-1][1]
            # Falco looks on one character later where it put nothing before the list.
            start = text.find(name, end + (cuts[-1][0] == 0))
        else:
            start = text.find(name, start + 1)
    if cuts:
        traced.replace(cuts, items)
    return bool(cuts)


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = start == 0 or text[start - 1] in _DELIMITERS
    return before and (end >= len(text) or text[end] in _DELIMITERS)


def _cut(text: str, start: int, end: int, done: int, *, removed: bool) -> tuple[int, int]:
    """Widen a name's place by the blanks around it, and by one comma when nothing takes its place."""
    while start > done and text[start - 1] in _BLANKS:
        start -= 1
    while end < len(text) and text[end] in _BLANKS:
        end += 1
    if removed and start > done and text[start - 1] == ",":
        start -= 1
    elif removed and end < len(text) and text[end] == ",":
        end += 1
    return start, end


class MacroTable:
    """The conditions of macros: as written, and resolved in the order of their definition."""

    def __init__(self, macros: Mapping[str, MacroItem]) -> None:
        self._items = macros
        self.written: dict[str, ir.Condition] = {}
        self.conditions: dict[str, ir.Condition] = {}
        self.used: set[str] = set()

    def resolve(self, condition: ir.Condition, visibility: int | None = None) -> ir.Condition:
        """Return a condition with all macros in place; `visibility` hides macros defined later.

        Raises ConditionError on unknown macros, loops, and trees past all bounds.
        """
        resolution = _Resolution(self, visibility)
        resolved = resolution.resolve(condition, 0)
        if resolution.loop is not None:
            raise ConditionError(f"reference loop in macro '{resolution.loop.name}'", resolution.loop.offset, _WRONG)
        if resolution.unknown is not None:
            name, offset = resolution.unknown.name, resolution.unknown.offset
            raise ConditionError(f"Undefined macro '{name}' used in filter.", offset, _WRONG)
        self.used |= resolution.used
        return resolved

    def visible(self, name: str, visibility: int | None) -> ir.Condition | None:
        """Return a macro's condition as resolved so far, or None when it is unknown there."""
        item = self._items.get(name)
        if item is None or (visibility is not None and item.index >= visibility):
            return None
        return self.conditions.get(name)


_WRONG = "LOAD_ERR_VALIDATE"


class _Resolution:
    """One walk over one condition; remembers the first mistakes and counts what it builds."""

    def __init__(self, table: MacroTable, visibility: int | None) -> None:
        self.unknown: ir.Macro | None = None
        self.loop: ir.Macro | None = None
        self.used: set[str] = set()
        self._table, self._visibility = table, visibility
        self._path: list[str] = []
        self._count = 0

    def resolve(self, condition: ir.Condition, depth: int) -> ir.Condition:
        self._count += 1
        if depth > ir.DEPTH or self._count > MAX_NODES:
            bound = f"{ir.DEPTH} levels deep" if depth > ir.DEPTH else f"{MAX_NODES} parts"
            raise ConditionError(f"the condition is more than {bound} with its macros")
        match condition:
            case ir.And(items):
                return ir.And(tuple(self.resolve(item, depth + 1) for item in items))
            case ir.Or(items):
                return ir.Or(tuple(self.resolve(item, depth + 1) for item in items))
            case ir.Not(item):
                return ir.Not(self.resolve(item, depth + 1))
            case ir.Macro():
                return self._macro(condition, depth)
        return condition

    def _macro(self, macro: ir.Macro, depth: int) -> ir.Condition:
        body = self._table.visible(macro.name, self._visibility)
        if body is None or macro.name in self._path:
            if body is not None:
                self.loop = self.loop or macro
            self.unknown = self.unknown or macro
            return macro
        self._path.append(macro.name)
        resolved = self.resolve(body, depth + 1)
        self._path.pop()
        self.used.add(macro.name)
        return resolved
