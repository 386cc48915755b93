"""Parser of Falco's condition language into the condition tree, as Falco 0.45 accepts it.

`and`, `or`, `not` and parentheses are read with a stack of open groups, so that no text can exhaust Python's own.
"""

from __future__ import annotations

from lanner.rules import ir
from lanner.rules.falco import condition_lexer as lex
from lanner.rules.falco.condition_checks import parse_check
from lanner.rules.falco.condition_printer import print_condition
from lanner.rules.ir import ConditionError

__all__ = ["ConditionError", "parse_condition", "print_condition"]

_SURELY_SHALLOW = 25
"""As many groups inside one another cannot make a tree deeper than ir.DEPTH: each adds three levels at most."""


def parse_condition(text: str) -> ir.Condition:
    """Parse a whole condition; raise ConditionError with Falco's words and the offset where it stopped."""
    if not text:
        raise ConditionError("filter input string is empty")
    parser = _Parser(text)
    condition = parser.parse()
    if not parser.lexer.at_end:
        raise parser.lexer.error(f"unexpected token after '{parser.lexer.token}', expecting 'or', 'and'")
    if parser.deepest > _SURELY_SHALLOW:
        _refuse_deep_tree(condition)
    return condition


class _Group:
    """An open parenthesis, or the whole condition: what was read in it, and how it joins what is around it."""

    def __init__(self, depth: int, *, negated: bool, alternative: bool) -> None:
        self.depth, self.negated, self.alternative = depth, negated, alternative
        self.items: list[ir.Condition] = []
        self.alternatives: list[ir.Condition] = []

    def end_items(self) -> None:
        """Take what was joined by `and` so far as one alternative."""
        if self.items:
            self.alternatives.append(self.items[0] if len(self.items) == 1 else ir.And(tuple(self.items)))
            self.items = []

    def condition(self) -> ir.Condition:
        return self.alternatives[0] if len(self.alternatives) == 1 else ir.Or(tuple(self.alternatives))


class _Parser:
    """Reads operands and what joins them; `_Group.depth` counts calls as Falco's recursive parser makes them."""

    def __init__(self, text: str) -> None:
        self.lexer = lex.Lexer(text)
        self.groups: list[_Group] = []
        self.deepest = 0

    def parse(self) -> ir.Condition:
        self._open(0)
        while True:
            self._read_operand()
            while not self._another_follows():
                if len(self.groups) == 1:
                    return self.groups[0].condition()
                self._close()

    def _open(self, depth: int, *, negated: bool = False, alternative: bool = False) -> None:
        """Open a group at a depth of Falco's recursion, which goes three calls deeper before it reads anything."""
        self.lexer.enter(depth)
        self.lexer.skip_blank()
        self.lexer.enter(depth + 3)
        self.groups.append(_Group(depth, negated=negated, alternative=alternative))
        self.deepest = max(self.deepest, len(self.groups))

    def _close(self) -> None:
        if not self.lexer.take(")"):
            raise self.lexer.error("expected a ')' token")
        group = self.groups.pop()
        condition = ir.Not(group.condition()) if group.negated else group.condition()
        around = self.groups[-1]
        (around.alternatives if group.alternative else around.items).append(condition)

    def _read_operand(self) -> None:
        """Read up to the end of the next check, through `not` and opening parentheses."""
        while True:
            group = self.groups[-1]
            negated, opening = self.lexer.take_lead()
            if not opening:
                break
            self._open(group.depth + (4 if opening == "not(" else 5), negated=negated)
        self.lexer.enter(group.depth + 4)
        check = parse_check(self.lexer, group.depth + 4)
        group.items.append(ir.Not(check) if negated else check)

    def _another_follows(self) -> bool:
        """Take `and` or `or` and say whether there was one; behind an `or(...)` Falco takes no `and`."""
        group = self.groups[-1]
        self.lexer.skip_blank()
        if group.items and self.lexer.take("and"):
            self._after_word("and", group.depth + 3)
            return True
        group.end_items()
        if self.lexer.take("or"):
            self._after_word("or", group.depth + 2, alternative=True)
            return True
        return False

    def _after_word(self, word: str, depth: int, *, alternative: bool = False) -> None:
        if self.lexer.skip_blank():
            return
        if not self.lexer.take("("):
            raise self.lexer.error(f"expected blank or '(' after '{word}'")
        self._open(depth, alternative=alternative)


def _refuse_deep_tree(condition: ir.Condition) -> None:
    """Raise ConditionError on a tree that Falco would take and that no engine of lanner's can walk."""
    left: list[tuple[ir.Condition, int]] = [(condition, 0)]
    while left:
        node, depth = left.pop()
        if depth > ir.DEPTH:
            raise ConditionError(f"condition is nested deeper than {ir.DEPTH} levels: split it into macros or rules")
        match node:
            case ir.And(items) | ir.Or(items):
                left.extend((item, depth + 1) for item in items)
            case ir.Not(item):
                left.append((item, depth + 1))
