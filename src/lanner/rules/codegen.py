"""Writes the Python of one group of conditions that are tried together on an event.

Names in the text come from numbering alone; every literal reaches it as a constant of the namespace. A value is
fetched at most once: by an assignment expression where it is met first, behind a test where the way there is uncertain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from lanner.audit.event import Event
from lanner.audit.fields import lookup
from lanner.rules import ir
from lanner.rules.access import INLINE, PRELUDE, part, time_guard, twin
from lanner.rules.alternatives import any_of_texts, merge_alternatives
from lanner.rules.check import is_numeric, kind_of, literals
from lanner.rules.costs import cost
from lanner.rules.evaluate import Evaluator, compare_values, literal_test, text_test
from lanner.rules.transformers import call_function, flatten

_T = TypeVar("_T")

Numbered = tuple[int, ir.Condition | bool]

NESTING = 24
"""Conditions nested deeper are left to the evaluator: CPython's parser accepts 200 open parentheses."""

_UNSET = object()


def generate_all(group: Sequence[Numbered]) -> Callable[[Event], list[int]]:
    """Return a function that gives the numbers of all conditions that hold, in the group's order."""
    writer = Writer(condition for _, condition in group)
    lines = ["found = []"]
    for number, condition in group:
        lines.append(f"if {writer.test(condition)}: found.append({number})")
    return writer.build([*lines, "return found"])


def generate_first(group: Sequence[Numbered]) -> Callable[[Event], int | None]:
    """Return a function that gives the number of the first condition that holds, or None."""
    writer = Writer(condition for _, condition in group)
    lines = [f"if {writer.test(condition)}: return {number}" for number, condition in group]
    return writer.build([*lines, "return None"])


class Writer:
    """Turns conditions into expressions, one after the other, in the order in which they will run."""

    def __init__(self, conditions: Iterable[ir.Condition | bool]) -> None:
        self.space: dict[str, Any] = {"unset": _UNSET}
        self._keys = _Keys()
        self._names: dict[int, str] = {}
        self._certain: set[str] = set()
        self._started: set[str] = set()
        self._lazy: list[str] = []
        self._uses = _shared((each for each in conditions if not isinstance(each, bool)), self._keys)

    def build(self, lines: Sequence[str]) -> Callable[[Event], Any]:
        """Compile the function that consists of these lines."""
        preset = [f"{' = '.join(self._lazy)} = unset"] if self._lazy else []
        body = "".join(f"    {line}\n" for line in [PRELUDE, *preset, *lines])
        exec(compile(f"def match(e):\n{body}", "<lanner rules>", "exec"), self.space)  # noqa: S102 - our own text only
        made: Callable[[Event], Any] = self.space.pop("match")
        return made

    def test(self, condition: ir.Condition | bool) -> str:
        """Return the expression of a condition that is evaluated for certain at this point."""
        if isinstance(condition, bool):
            return str(condition)
        return self._test(condition, 0)

    def _test(self, condition: ir.Condition, depth: int) -> str:
        if depth > NESTING:
            return f"{self.constant(Evaluator(condition).holds, 'w')}(e)"
        if self._uses[self._keys.of(condition)] > 1:
            return self._once(condition, lambda: self._plain_test(condition, depth + 1))
        return self._plain_test(condition, depth)

    def _plain_test(self, condition: ir.Condition, depth: int) -> str:
        match condition:
            case ir.Not(item):
                return f"(not {self._test(item, depth + 1)})"
            case ir.And(items):
                return self._chain(" and ", items, depth)
            case ir.Or(items):
                return self._chain(" or ", items if depth >= NESTING else merge_alternatives(items), depth)
            case ir.Exists(operand):
                return f"({self.value(operand)} is not None)"
            case ir.Compare():
                return self._compare(condition)
            case ir.Macro(name):
                raise ValueError(f"macro {name} was not resolved")

    def _chain(self, word: str, items: Iterable[ir.Condition], depth: int) -> str:
        """Join items, cheapest first; what the second and later ones fetch is not certain afterwards."""
        ordered = sorted(items, key=cost)
        parts = [self._test(ordered[0], depth + 1)]
        parts += self.aside(lambda: [self._test(item, depth + 1) for item in ordered[1:]])
        return f"({word.join(parts)})"

    def aside(self, write: Callable[[], _T]) -> _T:
        """Write what may not run at all; the values it fetches are not certain afterwards."""
        certain = set(self._certain)
        written = write()
        self._certain = certain
        return written

    def _once(self, key: ir.Node, write: Callable[[], str]) -> str:
        """Return an expression whose value is computed at most once in an event."""
        name = self._names.setdefault(self._keys.of(key), f"v{len(self._names)}")
        if name in self._certain:
            return name
        before = set(self._certain)
        expression = write()
        if name not in self._started:
            self._started.add(name)
            self._certain.add(name)
            return f"({name} := {expression})"
        if name not in self._lazy:
            self._lazy.append(name)
        self._certain = before | {name}
        return f"({name} if {name} is not unset else ({name} := {expression}))"

    def constant(self, value: object, prefix: str) -> str:
        name = f"{prefix}{len(self.space)}"
        self.space[name] = value
        return name

    def value(self, operand: ir.Operand) -> str:
        """Return an expression that fetches an operand's value."""
        return self._once(operand, lambda: self._fetch(operand))

    def _bound(self, operand: ir.Operand) -> tuple[str, str]:
        """Return an expression that fetches an operand's value, and the name that holds it afterwards."""
        expression = self.value(operand)
        return expression, self._names[self._keys.of(operand)]

    def _fetch(self, operand: ir.Operand) -> str:
        match operand:
            case ir.Field():
                return self._fetch_field(operand)
            case ir.Text(text):
                return self.constant(text, "c")
            case ir.Values(items):
                return f"{self.constant(flatten, 'f')}([{', '.join(self.value(item) for item in items)}])"
            case ir.Call(_, arguments):
                return f"{self.constant(call_function(operand), 'f')}({', '.join(map(self.value, arguments))})"

    def _fetch_field(self, field: ir.Field) -> str:
        if field.argument is None and field.name in INLINE:
            return INLINE[field.name]
        ask = f"{self.constant(lookup(field.name, field.argument), 'x')}(e)"
        same = twin(field)
        if same is None:
            below = part(field)
            return ask if below is None else f"(None if {below} is None else {ask})"
        fetched, name = self._bound(ir.Field(same))
        return f"({name} if {fetched} is not None else {ask})"

    def _compare(self, compare: ir.Compare) -> str:
        guard = time_guard(compare)
        if guard is None:
            return self._whole_compare(compare)
        return f"({guard} and {self.aside(lambda: self._whole_compare(compare))})"

    def _whole_compare(self, compare: ir.Compare) -> str:
        fetched, name = self._bound(compare.left)
        if isinstance(compare.right, ir.Field | ir.Call):
            test = self.constant(compare_values(compare), "t")
            right, right_name = self.aside(lambda: self._bound(compare.right))
            return f"({fetched} is not None and {right} is not None and {test}({name}, {right_name}))"
        texts = literals(compare.right)
        kind = kind_of(compare.left)
        if is_numeric(kind.type) or kind.binary or (kind.is_list and kind.terminated):
            return f"({fetched} is not None and {self.constant(literal_test(compare), 't')}({name}))"
        if kind.is_list:
            return self._compare_list(compare.operator, fetched, name, texts)
        return self._compare_text(compare.operator, fetched, name, texts)

    def _compare_list(self, operator: str, fetched: str, name: str, texts: tuple[str, ...]) -> str:
        members = self.constant(frozenset(texts), "s")
        if operator == "intersects":
            return f"({fetched} is not None and not {members}.isdisjoint({name}))"
        return f"({fetched} is not None and {members}.issuperset({name}))"

    def _compare_text(self, operator: str, fetched: str, name: str, texts: tuple[str, ...]) -> str:
        if operator in ("in", "intersects") and len(texts) != 1:
            return f"({fetched} in {self.constant(frozenset(texts), 's')})"
        if operator in ("=", "==", "in", "intersects"):
            return f"({fetched} == {self.constant(texts[0], 'c')})"
        if operator in ("contains", "regex") and len(texts) > 1:
            test = f"{self.constant(any_of_texts(operator, texts), 't')}({name})"
        elif operator in _METHODS:
            test = _METHODS[operator].format(name=name, text=self.constant(texts if len(texts) > 1 else texts[0], "c"))
        else:
            test = f"{self.constant(text_test(operator, texts), 't')}({name})"
        return f"({fetched} is not None and {test})"


_METHODS = {
    "!=": "{name} != {text}",
    "contains": "{text} in {name}",
    "startswith": "{name}.startswith({text})",
    "endswith": "{name}.endswith({text})",
}


class _Keys:
    """Numbers nodes by what they mean; each is looked into once, where a hash would go down to its leaves again."""

    def __init__(self) -> None:
        self._met: dict[int, tuple[ir.Node, int]] = {}
        self._numbers: dict[tuple[object, ...], int] = {}

    def of(self, node: ir.Node) -> int:
        """Return the number of a node; equal nodes have the same."""
        met = self._met.get(id(node))
        if met is not None:
            return met[1]
        names = (name for name in node.__struct_fields__ if name != "offset")
        meaning = (type(node), *[self._part(getattr(node, name)) for name in names])
        number = self._numbers.setdefault(meaning, len(self._numbers))
        self._met[id(node)] = node, number  # the node is held: its place in memory is no other's meanwhile
        return number

    def _part(self, value: object) -> object:
        if isinstance(value, ir.Node):
            return self.of(value)
        return tuple(map(self._part, value)) if isinstance(value, tuple) else value


def _shared(conditions: Iterable[ir.Condition], keys: _Keys) -> Counter[int]:
    """Count how often each sub-condition that is worth keeping is met; those met once are not kept."""
    uses: Counter[int] = Counter()
    stack = list(conditions)
    while stack:
        condition = stack.pop()
        if isinstance(condition, ir.Not):
            stack.append(condition.item)
        elif isinstance(condition, ir.And | ir.Or):
            number = keys.of(condition)
            uses[number] += 1
            if uses[number] == 1:
                stack.extend(condition.items)
        elif isinstance(condition, ir.Compare) and cost(condition) % 2:
            uses[keys.of(condition)] += 1
    return uses
