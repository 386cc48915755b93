"""Parser of Falco's condition language into the condition tree (recursive descent, as Falco 0.45 accepts it)."""

from __future__ import annotations

from collections.abc import Callable

from lanner.rules import ir
from lanner.rules.falco import condition_lexer as lex
from lanner.rules.falco.condition_printer import print_condition
from lanner.rules.ir import ConditionError

__all__ = ["ConditionError", "parse_condition", "print_condition"]

NESTING = 40
"""How deep parentheses and transformers may nest; Falco counts its own recursion and stops earlier."""

_WITH_TRANSFORMER = ", ".join(f"'{name}'" for name in ("val", *lex.TRANSFORMERS))
_ALL_OPERATORS = ("exists", *lex.NUMBER_OPERATORS, *lex.TEXT_OPERATORS, *lex.LIST_OPERATORS)
_OPERATORS = ", ".join(f"'{operator.strip()}'" for operator in _ALL_OPERATORS)


def parse_condition(text: str) -> ir.Condition:
    """Parse a whole condition; raise ConditionError with Falco's words and the offset where it stopped."""
    if not text:
        raise ConditionError("filter input string is empty")
    parser = _Parser(text)
    condition = parser.parse_or()
    if not parser.lexer.at_end:
        raise parser.lexer.error(f"unexpected token after '{parser.lexer.token}', expecting 'or', 'and'")
    return condition


class _Parser:
    """One method a production; `lexer.token` is the last token taken."""

    def __init__(self, text: str) -> None:
        self.lexer = lex.Lexer(text)
        self.depth = 0

    def parse_or(self) -> ir.Condition:
        items = self._chain("or", self.parse_and)
        return items[0] if len(items) == 1 else ir.Or(tuple(items))

    def parse_and(self) -> ir.Condition:
        items = self._chain("and", self._parse_not)
        return items[0] if len(items) == 1 else ir.And(tuple(items))

    def _chain(self, word: str, parse_item: Callable[[], ir.Condition]) -> list[ir.Condition]:
        lexer = self.lexer
        lexer.skip_blank()
        items = [parse_item()]
        lexer.skip_blank()
        while lexer.take(word):
            if lexer.skip_blank():
                items.append(parse_item())
            elif lexer.take("("):
                items.append(self._parse_group())
            else:
                raise lexer.error(f"expected blank or '(' after '{word}'")
            lexer.skip_blank()
        return items

    def _parse_not(self) -> ir.Condition:
        negated = False
        self.lexer.skip_blank()
        while self.lexer.take_pattern(lex.NOT):
            negated = not negated
        if self.lexer.take("not("):
            negated = not negated
            item = self._parse_group()
        else:
            item = self._parse_check()
        return ir.Not(item) if negated else item

    def _parse_group(self) -> ir.Condition:
        self._enter()
        condition = self.parse_or()
        self.lexer.skip_blank()
        if not self.lexer.take(")"):
            raise self.lexer.error("expected a ')' token")
        self.depth -= 1
        return condition

    def _enter(self) -> None:
        self.depth += 1
        if self.depth > NESTING:
            raise self.lexer.error(f"exceeded max depth limit of {NESTING}")

    def _parse_check(self) -> ir.Condition:
        lexer = self.lexer
        lexer.skip_blank()
        offset = lexer.position
        if lexer.take("("):
            return self._parse_group()
        if lexer.take_pattern(lex.FIELD_NAME):
            return self._parse_operator(self._parse_field(offset), offset)
        if lexer.take_transformer():
            return self._parse_operator(self._parse_call(offset), offset)
        if lexer.take_pattern(lex.IDENTIFIER):
            return ir.Macro(lexer.token, offset)
        raise lexer.error("expected a '(' token, a field check, or an identifier")

    def _parse_field(self, offset: int) -> ir.Field:
        lexer = self.lexer
        name = lexer.token
        if not lexer.take("["):
            return ir.Field(name, None, offset)
        if not lexer.take_quoted() and not lexer.take_pattern(lex.FIELD_ARGUMENT):
            raise lexer.error("expected a valid field argument: a quoted string or a bare string")
        argument = lexer.token
        if not lexer.take("]"):
            raise lexer.error("expected a ']' token")
        return ir.Field(name, argument, offset)

    def _parse_call(self, offset: int) -> ir.Call:
        self._enter()
        function = self.lexer.token
        arguments = self._parse_arguments()
        if not self.lexer.take(")"):
            raise self.lexer.error("expected a ')' token closing the transformer")
        self.depth -= 1
        return ir.Call(function, tuple(arguments), offset)

    def _parse_arguments(self) -> list[ir.Operand]:
        self.lexer.skip_blank()
        arguments = [self._parse_argument()]
        self.lexer.skip_blank()
        while self.lexer.take(","):
            self.lexer.skip_blank()
            arguments.append(self._parse_argument())
            self.lexer.skip_blank()
        return arguments

    def _parse_argument(self) -> ir.Operand:
        lexer = self.lexer
        offset = lexer.position
        if lexer.take_transformer():
            return self._parse_call(offset)
        if lexer.take_pattern(lex.FIELD_NAME):
            return self._parse_field(offset)
        if lexer.take_quoted():
            return ir.Text(lexer.token)
        if lexer.take("("):
            return self._parse_argument_list()
        raise lexer.error(f"expected a field or a nested valid transformer: {_WITH_TRANSFORMER}")

    def _parse_argument_list(self) -> ir.Values:
        self._enter()
        items = self._parse_arguments()
        if not self.lexer.take(")"):
            raise self.lexer.error("expected a ')' token")
        self.depth -= 1
        return ir.Values(tuple(items))

    def _parse_operator(self, left: ir.Operand, offset: int) -> ir.Condition:
        lexer = self.lexer
        lexer.skip_blank()
        if lexer.take("exists"):
            return ir.Exists(left, offset)
        for operators, parse_right in (
            (lex.NUMBER_OPERATORS, self._parse_number),
            (lex.TEXT_OPERATORS, self._parse_text),
            (lex.LIST_OPERATORS, self._parse_list),
        ):
            if lexer.take_any(operators):
                operator = lexer.token.strip()
                return ir.Compare(left, operator, parse_right(), offset)
        raise lexer.error(f"expected a valid check operator: one of {_OPERATORS}")

    def _parse_number(self) -> ir.Operand:
        self.lexer.skip_blank()
        call = self._try_call()
        if call is not None:
            return call
        if self.lexer.take_pattern(lex.HEX_NUMBER) or self.lexer.take_pattern(lex.NUMBER):
            return ir.Text(self.lexer.token)
        raise self.lexer.error(f"expected a number value or a field with a valid transformer: {_WITH_TRANSFORMER}")

    def _parse_text(self) -> ir.Operand:
        self.lexer.skip_blank()
        call = self._try_call()
        if call is not None:
            return call
        text = self._try_text()
        if text is not None:
            return text
        raise self.lexer.error(f"expected a string value or a field with a valid transformer: {_WITH_TRANSFORMER}")

    def _try_text(self) -> ir.Text | None:
        self.lexer.skip_blank()
        if self.lexer.take_quoted() or self.lexer.take_pattern(lex.BARE_TEXT):
            return ir.Text(self.lexer.token)
        return None

    def _parse_list(self) -> ir.Operand:
        lexer = self.lexer
        lexer.skip_blank()
        if lexer.take("("):
            return self._parse_values()
        call = self._try_call()
        if call is not None:
            return call
        if lexer.take_pattern(lex.IDENTIFIER):
            return ir.Text(lexer.token)
        raise lexer.error(f"expected a list, an identifier, or a field with a valid transformer: {_WITH_TRANSFORMER}")

    def _parse_values(self) -> ir.Values:
        items: list[ir.Operand] = []
        item = self._try_text()
        while item is not None:
            items.append(item)
            self.lexer.skip_blank()
            if not self.lexer.take(","):
                break
            item = self._try_text()
            if item is None:
                raise self.lexer.error("expected a string value")
        if not self.lexer.take(")"):
            raise self.lexer.error("expected a ')' token")
        return ir.Values(tuple(items))

    def _try_call(self) -> ir.Call | None:
        lexer = self.lexer
        offset = lexer.position
        if lexer.take("val("):
            return self._parse_val(offset)
        return self._parse_call(offset) if lexer.take_transformer() else None

    def _parse_val(self, offset: int) -> ir.Call:
        lexer = self.lexer
        lexer.skip_blank()
        start = lexer.position
        if not lexer.take_pattern(lex.FIELD_NAME):
            raise lexer.error("expected a field within 'val' transformer")
        field = self._parse_field(start)
        lexer.skip_blank()
        if not lexer.take(")"):
            raise lexer.error("expected a ')' token closing the transformer")
        return ir.Call("val", (field,), offset)
