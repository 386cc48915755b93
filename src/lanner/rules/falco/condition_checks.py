"""Parser of one check of Falco's condition language: a macro's name, or field or transformer, operator, value.

`depth` counts the calls that Falco's own parser would have open, which is what its limit counts.
"""

from __future__ import annotations

from lanner.rules import ir
from lanner.rules.falco import condition_lexer as lex
from lanner.rules.falco.condition_lexer import Lexer
from lanner.rules.falco.condition_modifiers import expand
from lanner.rules.ir import ConditionError

NESTING = 40
"""How deep transformers may nest; Falco stops at its recursion limit alone, where no engine of lanner's can follow."""

_WITH_TRANSFORMER = ", ".join(f"'{name}'" for name in ("val", *lex.TRANSFORMERS))
_ALL_OPERATORS = ("exists", *lex.NUMBER_OPERATORS, *lex.SYMBOLS, *lex.WORD_OPERATORS, *lex.LIST_OPERATORS)
_OPERATORS = ", ".join(f"'{operator}'" for operator in _ALL_OPERATORS)


def parse_check(lexer: Lexer, depth: int) -> ir.Condition:
    """Parse one check; raise ConditionError with Falco's words where it goes wrong."""
    offset = lexer.position
    if lexer.take_pattern(lex.FIELD_NAME):
        return _comparison(lexer, _field(lexer, offset, depth + 1), offset, depth + 1)
    if lexer.take_transformer():
        return _comparison(lexer, _call(lexer, offset, depth + 1, 1), offset, depth + 1)
    if lexer.take_pattern(lex.IDENTIFIER):
        return ir.Macro(lexer.token, offset)
    raise lexer.error("expected a '(' token, a field check, or an identifier")


def parse_transformer(lexer: Lexer) -> ir.Call:
    """Parse a transformer alone, such as an output's; raise ConditionError where there is none or it is wrong."""
    offset = lexer.position
    if not lexer.take_transformer():
        raise lexer.error("expected a transformer")
    return _call(lexer, offset, 0, 1)


def _field(lexer: Lexer, offset: int, depth: int) -> ir.Field:
    name = lexer.token
    lexer.enter(depth)
    if not lexer.take("["):
        return ir.Field(name, None, offset)
    if not lexer.take_quoted() and not lexer.take_pattern(lex.FIELD_ARGUMENT):
        raise lexer.error("expected a valid field argument: a quoted string or a bare string")
    # Falco cannot tell an empty argument from none.
    argument = lexer.token or None
    if not lexer.take("]"):
        raise lexer.error("expected a ']' token")
    return ir.Field(name, argument, offset)


def _call(lexer: Lexer, offset: int, depth: int, nesting: int) -> ir.Call:
    """Parse a transformer behind its opening parenthesis."""
    function = lexer.token
    lexer.skip_blank()
    lexer.enter(depth)
    if nesting > NESTING:
        raise lexer.error(f"transformers are nested deeper than {NESTING} levels")
    arguments = [_argument(lexer, depth + 1, nesting)]
    lexer.skip_blank()
    while lexer.take(","):
        arguments.append(_argument(lexer, depth + 1, nesting))
        lexer.skip_blank()
    _close_transformer(lexer)
    return ir.Call(function, tuple(arguments), offset)


def _close_transformer(lexer: Lexer) -> None:
    if not lexer.take(")"):
        raise lexer.error("expected a ')' token closing the transformer")


def _argument(lexer: Lexer, depth: int, nesting: int) -> ir.Operand:
    """Parse an argument; its place is the one behind the comma, blanks included, as Falco reports it."""
    offset = lexer.position
    lexer.enter(depth)
    lexer.skip_blank()
    if lexer.take_number() or lexer.take_quoted():
        return ir.Text(lexer.token)
    if lexer.take("("):
        return _argument_list(lexer, offset, depth, nesting)
    operand = _field_or_call(lexer, offset, depth, nesting)
    if operand is None:
        raise lexer.error(
            "expected field transformer argument: field, transformer, quoted string, number, or transformer list"
        )
    return operand


def _field_or_call(lexer: Lexer, offset: int, depth: int, nesting: int) -> ir.Operand | None:
    if lexer.take_transformer():
        return _call(lexer, offset, depth + 1, nesting + 1)
    if lexer.take_pattern(lex.FIELD_NAME):
        return _field(lexer, offset, depth + 1)
    return None


def _argument_list(lexer: Lexer, offset: int, depth: int, nesting: int) -> ir.Values:
    """Parse a list among the arguments behind its parenthesis; all in it has the list's place, as in Falco."""
    lexer.skip_blank()
    if lexer.take(")"):
        return ir.Values(())
    items = [_argument_item(lexer, offset, depth, nesting)]
    lexer.skip_blank()
    while lexer.take(","):
        lexer.skip_blank()
        items.append(_argument_item(lexer, offset, depth, nesting))
        lexer.skip_blank()
    if not lexer.take(")"):
        raise lexer.error("expected ')'")
    return ir.Values(tuple(items))


def _argument_item(lexer: Lexer, offset: int, depth: int, nesting: int) -> ir.Operand:
    operand = _field_or_call(lexer, offset, depth, nesting)
    if operand is not None:
        return operand
    if lexer.take_quoted() or lexer.take_number():
        return ir.Text(lexer.token)
    raise lexer.error("expected transformer list argument: field, transformer, quoted string, or number")


def _comparison(lexer: Lexer, left: ir.Operand, offset: int, depth: int) -> ir.Condition:
    lexer.enter(depth)
    lexer.skip_blank()
    follows = lexer.take_operator()
    operator = lexer.token
    match follows:
        case "exists":
            return ir.Exists(left, offset)
        case "number":
            return ir.Compare(left, operator, _number(lexer, depth + 1), offset)
        case "text":
            return _text_comparison(lexer, left, offset, depth)
        case "list":
            return ir.Compare(left, operator, _list_value(lexer, depth + 1), offset)
    raise lexer.error(f"expected a valid check operator: one of {_OPERATORS}")


def _text_comparison(lexer: Lexer, left: ir.Operand, offset: int, depth: int) -> ir.Condition:
    operator = lexer.token
    lexer.skip_blank()
    if not lexer.take_pattern(lex.MODIFIER):
        return ir.Compare(left, operator, _text(lexer, depth + 1), offset)
    modifier = lexer.token
    lexer.skip_blank()
    lexer.take("(")
    return expand(modifier, left, operator, _values(lexer, depth + 1).items, offset)


def _number(lexer: Lexer, depth: int) -> ir.Operand:
    call = _right_call(lexer, depth)
    if call is not None:
        return call
    if lexer.take_number():
        return ir.Text(lexer.token)
    raise lexer.error(f"expected a number value or a field with a valid transformer: {_WITH_TRANSFORMER}")


def _text(lexer: Lexer, depth: int) -> ir.Operand:
    call = _right_call(lexer, depth)
    if call is not None:
        return call
    if lexer.take_text():
        return ir.Text(lexer.token)
    raise lexer.error(f"expected a string value or a field with a valid transformer: {_WITH_TRANSFORMER}")


def _right_call(lexer: Lexer, depth: int) -> ir.Call | None:
    lexer.enter(depth)
    lexer.skip_blank()
    return _try_call(lexer, depth + 1)


def _try_call(lexer: Lexer, depth: int) -> ir.Call | None:
    lexer.enter(depth)
    offset = lexer.position
    if lexer.take("val("):
        return _val(lexer, offset, depth + 1)
    return _call(lexer, offset, depth + 1, 1) if lexer.take_transformer() else None


def _val(lexer: Lexer, offset: int, depth: int) -> ir.Call:
    lexer.skip_blank()
    start = lexer.position
    if not lexer.take_pattern(lex.FIELD_NAME):
        raise lexer.error("expected a field within 'val' transformer")
    field = _field(lexer, start, depth)
    lexer.skip_blank()
    _close_transformer(lexer)
    return ir.Call("val", (field,), offset)


def _list_value(lexer: Lexer, depth: int) -> ir.Operand:
    lexer.enter(depth)
    lexer.skip_blank()
    if lexer.take("("):
        return _values(lexer, depth)
    call = _try_call(lexer, depth + 1)
    if call is not None:
        return call
    if lexer.take_pattern(lex.IDENTIFIER):
        return ir.Text(lexer.token)
    raise lexer.error(f"expected a list, an identifier, or a field with a valid transformer: {_WITH_TRANSFORMER}")


def _values(lexer: Lexer, depth: int) -> ir.Values:
    """Parse a list behind its parenthesis; what cannot be read as a first item leaves it empty, as in Falco."""
    items: list[str] = []
    try:
        items.append(_item(lexer, depth + 1))
    except ConditionError:
        pass
    else:
        _read_items(lexer, items, depth + 1)
    if not lexer.take(")"):
        raise lexer.error("expected a ')' token")
    return ir.Values(tuple(map(ir.Text, items)))


def _read_items(lexer: Lexer, items: list[str], depth: int) -> None:
    lexer.skip_blank()
    while lexer.take(","):
        items.extend(lexer.take_items())
        items.append(_item(lexer, depth))
        lexer.skip_blank()


def _item(lexer: Lexer, depth: int) -> str:
    lexer.skip_blank()
    lexer.enter(depth)
    if not lexer.take_text():
        raise lexer.error("expected a string value")
    return lexer.token
