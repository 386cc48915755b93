"""Puts lists and macros into conditions: lists as text before parsing, macros as trees after it (Falco's order)."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from lanner.rules import ir
from lanner.rules.falco.definitions import ListItem, MacroItem
from lanner.rules.ir import ConditionError

MAX_TEXT = 8 * 1024 * 1024
MAX_NODES = 500_000
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

    def replace(self, start: int, end: int, new: str) -> None:
        """Replace a part; raises ConditionError when the text grows past all bounds."""
        if len(self.text) + len(new) > MAX_TEXT:
            raise ConditionError(
                f"the condition is longer than {MAX_TEXT} characters with its lists", self.origin(start)
            )
        if self._origins is None:
            self._origins = array("q", range(len(self.text)))
        at = self._origins[min(start, len(self._origins) - 1)] if self._origins else 0
        self.text = self.text[:start] + new + self.text[end:]
        self._origins = self._origins[:start] + array("q", [at]) * len(new) + self._origins[end:]


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
        if name in traced.text and _insert_list(traced, name, ", ".join(map(_quoted, items))):
            used.add(name)


def _insert_list(traced: Traced, name: str, items: str) -> bool:
    found = False
    start = traced.text.find(name)
    while start >= 0:
        end = start + len(name)
        if _stands_alone(traced.text, start, end):
            start = _insert(traced, start, end, items)
            found = True
        start = traced.text.find(name, start + 1)
    return found


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = start == 0 or text[start - 1] in _DELIMITERS
    return before and (end >= len(text) or text[end] in _DELIMITERS)


def _insert(traced: Traced, start: int, end: int, items: str) -> int:
    text = traced.text
    while start > 0 and text[start - 1] in _BLANKS:
        start -= 1
    while end < len(text) and text[end] in _BLANKS:
        end += 1
    if not items:
        if start > 0 and text[start - 1] == ",":
            start -= 1
        elif end < len(text) and text[end] == ",":
            end += 1
    before = " " if start > 0 else ""
    traced.replace(start, end, f"{before}{items} ")
    return start + len(items) + 1


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text and text[0] not in "\"'" else text


class MacroTable:
    """The conditions of macros, resolved in the order of their definition."""

    def __init__(self, macros: Mapping[str, MacroItem]) -> None:
        self._items = macros
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
