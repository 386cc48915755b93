"""The candidate index: which rules can match at all, by an event's stage, verb, resource and subresource.

Each of the four dimensions has a finite universe: the values that some rule compares for equality, plus OTHER (any
further value) and None (absent). The reasoning is sound: a rule is left out only where its condition is
false for every event of that class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum

from lanner.rules import ir
from lanner.rules.access import TIMES, twin
from lanner.rules.check import literals
from lanner.rules.evaluate import text_test


class Class(Enum):
    """A class of values that is not one value."""

    OTHER = "any value that no rule names"


Atom = str | Class | None
Known = Mapping[str, Atom]
"""What is known of an event: the class of its value by dimension."""

DIMENSIONS = ("ka.stage", "ka.verb", "ka.target.resource", "ka.target.subresource")

_EQUALITY = frozenset({"=", "==", "!=", "in", "intersects"})


def dimension_of(check: ir.Compare | ir.Exists) -> str | None:
    """Return the dimension that a check looks at and nothing else, or None."""
    if isinstance(check, ir.Exists):
        operand = check.operand
    else:
        operand = check.left
        if not isinstance(check.right, ir.Text | ir.Values):
            return None
    if not isinstance(operand, ir.Field):
        return None
    name = operand.name if operand.argument is None else twin(operand)
    return name if name in DIMENSIONS else None


def is_always(check: ir.Exists) -> bool:
    """Say whether a check holds for every event: each has a time. Rules say `jevt.rawtime exists` to mean true."""
    return isinstance(check.operand, ir.Field) and check.operand.name in TIMES


def decide(check: ir.Compare | ir.Exists, atom: Atom) -> bool | None:
    """Say whether a check on a dimension holds for a class of values; None where that depends on the value."""
    if atom is None:
        return None if _asks_pointer(check) else False
    if isinstance(check, ir.Exists):
        return True
    texts = literals(check.right)
    if isinstance(atom, str):
        return text_test(check.operator, texts)(atom)
    return check.operator == "!=" if check.operator in _EQUALITY else None


def _asks_pointer(check: ir.Compare | ir.Exists) -> bool:
    operand = check.operand if isinstance(check, ir.Exists) else check.left
    return isinstance(operand, ir.Field) and operand.argument is not None


def simplify(condition: ir.Condition, known: Known) -> ir.Condition | bool:
    """Fold a condition under what is known of some dimensions; the result holds for the same events of that class."""
    match condition:
        case ir.Exists() if is_always(condition):
            return True
        case ir.Compare() | ir.Exists():
            dimension = dimension_of(condition)
            decided = decide(condition, known[dimension]) if dimension is not None and dimension in known else None
            return condition if decided is None else decided
        case ir.Not(item):
            inner = simplify(item, known)
            return not inner if isinstance(inner, bool) else condition if inner is item else ir.Not(inner)
        case ir.And(items):
            return _fold(condition, items, known, absorbing=False)
        case ir.Or(items):
            return _fold(condition, items, known, absorbing=True)
        case ir.Macro():
            return condition


def _fold(
    condition: ir.And | ir.Or, items: tuple[ir.Condition, ...], known: Known, *, absorbing: bool
) -> ir.Condition | bool:
    left: list[ir.Condition] = []
    for item in items:
        folded = simplify(item, known)
        if folded is absorbing:
            return absorbing
        if not isinstance(folded, bool):
            left.append(folded)
    if not left:
        return not absorbing
    if len(left) == 1:
        return left[0]
    if len(left) == len(items) and all(new is old for new, old in zip(left, items, strict=True)):
        return condition
    return type(condition)(tuple(left))


class Index:
    """For every class of every dimension the set of rules that may match there, as the bits of one integer."""

    def __init__(self, conditions: Sequence[ir.Condition]) -> None:
        self._everything = (1 << len(conditions)) - 1
        mentioned = _mentioned(conditions)
        self._rows = {name: _Row(name, mentioned[name], conditions) for name in DIMENSIONS}

    def classify(self, dimension: str, value: str | None) -> Atom:
        """Return the class of a value in a dimension."""
        return self._rows[dimension].classify(value)

    def classes(self, dimension: str) -> tuple[Atom, ...]:
        """Return all classes of a dimension."""
        return self._rows[dimension].atoms

    def candidates(self, known: Known) -> Iterator[int]:
        """Give the numbers of the conditions that may hold, ascending."""
        bits = self._everything
        for name, row in self._rows.items():
            bits &= row.rules[known[name]]
        return _ones(bits)


def _ones(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


class _Row:
    """One dimension: its classes, and for each the rules that may match."""

    def __init__(self, dimension: str, values: Iterable[str], conditions: Sequence[ir.Condition]) -> None:
        self._dimension = dimension
        self.atoms: tuple[Atom, ...] = (*sorted(values), Class.OTHER, None)
        self._names = {atom: atom for atom in self.atoms if atom is not Class.OTHER}
        self._all = (1 << len(self.atoms)) - 1
        self._bits = {atom: 1 << place for place, atom in enumerate(self.atoms)}
        self._masks: dict[ir.Condition, tuple[int, int]] = {}
        by_mask: dict[int, int] = {}
        for number, condition in enumerate(conditions):
            mask = self._possible(condition, holds=True)
            by_mask[mask] = by_mask.get(mask, 0) | 1 << number
        self.rules = self._by_atom(by_mask)
        self._masks.clear()

    def classify(self, value: str | None) -> Atom:
        return self._names.get(value, Class.OTHER)

    def _possible(self, condition: ir.Condition, *, holds: bool) -> int:
        """Return the classes, as bits, for which the condition may come out as `holds`."""
        match condition:
            case ir.Not(item):
                return self._possible(item, holds=not holds)
            case ir.And(items) | ir.Or(items):
                masks = [self._possible(item, holds=holds) for item in items]
                return _all_of(masks, self._all) if isinstance(condition, ir.And) is holds else _any_of(masks)
            case ir.Exists() if is_always(condition):
                return self._all if holds else 0
            case ir.Compare() | ir.Exists() if dimension_of(condition) == self._dimension:
                return self._check_masks(condition)[holds]
        return self._all

    def _check_masks(self, check: ir.Compare | ir.Exists) -> tuple[int, int]:
        """Return the classes for which the check may be false, and those for which it may be true."""
        found = self._masks.get(check)
        if found is None:
            found = self._masks[check] = self._equality_masks(check) or self._tried_masks(check)
        return found

    def _equality_masks(self, check: ir.Compare | ir.Exists) -> tuple[int, int] | None:
        """Do without trying every class where only equality with a few of them counts."""
        if isinstance(check, ir.Exists) or check.operator not in _EQUALITY:
            return None
        named = _any_of(self._bits[text] for text in literals(check.right))
        absent = self._bits[None]
        true = self._all & ~named & ~absent if check.operator == "!=" else named
        return self._all & ~true, true | (absent if _asks_pointer(check) else 0)

    def _tried_masks(self, check: ir.Compare | ir.Exists) -> tuple[int, int]:
        decided = [decide(check, atom) for atom in self.atoms]
        return (
            _any_of(1 << place for place, holds in enumerate(decided) if holds is not True),
            _any_of(1 << place for place, holds in enumerate(decided) if holds is not False),
        )

    def _by_atom(self, by_mask: Mapping[int, int]) -> dict[Atom, int]:
        """Turn rules by their classes into rules by class; most rules name few classes or exclude few."""
        usual = 0
        gained, lost = [0] * len(self.atoms), [0] * len(self.atoms)
        for mask, rules in by_mask.items():
            rare, change = mask, gained
            if mask.bit_count() > len(self.atoms) // 2:
                usual |= rules
                rare, change = self._all & ~mask, lost
            for place in _ones(rare):
                change[place] |= rules
        return {atom: usual & ~lost[place] | gained[place] for place, atom in enumerate(self.atoms)}


def _all_of(masks: Iterable[int], start: int) -> int:
    for mask in masks:
        start &= mask
    return start


def _any_of(masks: Iterable[int]) -> int:
    bits = 0
    for mask in masks:
        bits |= mask
    return bits


def dimensions_in(condition: ir.Condition) -> tuple[str, ...]:
    """Return the dimensions that some check in the condition looks at."""
    found = {dimension_of(check) for check in checks_in(condition)}
    return tuple(name for name in DIMENSIONS if name in found)


def checks_in(*conditions: ir.Condition) -> Iterator[ir.Compare | ir.Exists]:
    """Give every check in the conditions, in no particular order."""
    stack = list(conditions)
    while stack:
        condition = stack.pop()
        match condition:
            case ir.And(items) | ir.Or(items):
                stack.extend(items)
            case ir.Not(item):
                stack.append(item)
            case ir.Compare() | ir.Exists():
                yield condition


def _mentioned(conditions: Sequence[ir.Condition]) -> dict[str, set[str]]:
    """Collect the values that equality checks name, by dimension."""
    found: dict[str, set[str]] = {name: set() for name in DIMENSIONS}
    for check in checks_in(*conditions):
        name = dimension_of(check)
        if name is not None and isinstance(check, ir.Compare) and check.operator in _EQUALITY:
            found[name].update(literals(check.right))
    return found
