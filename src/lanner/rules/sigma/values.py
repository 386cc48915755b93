"""One field of a Sigma rule compared with one value, as a condition; Sigma ignores case unless told otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
    TimestampPart,
)

from lanner.audit.fields_each import MARK
from lanner.rules import ir
from lanner.rules.sigma.fields import Target, operand_of
from lanner.rules.sigma.numbers import comparison
from lanner.rules.sigma.regex import ANYTHING, RegexError, ignores_case, translate
from lanner.rules.text import ascii_lower

MANY, ONE = SpecialChars.WILDCARD_MULTI, SpecialChars.WILDCARD_SINGLE
Piece = str | SpecialChars
Lists = Mapping[str, Sequence[str]]
"""Values that placeholders such as %admins% stand for, by name."""

RAW = ir.Field("evt.plugininfo")
MOST_NETWORKS = 256
_OPERATORS = {
    CompareOperators.LT: "<",
    CompareOperators.LTE: "<=",
    CompareOperators.GT: ">",
    CompareOperators.GTE: ">=",
    CompareOperators.NEQ: "!=",
}
_TIMES = {
    TimestampPart.MINUTE: ("????-??-??T??:{:02d}:*", 59),
    TimestampPart.HOUR: ("????-??-??T{:02d}:*", 23),
    TimestampPart.DAY: ("????-??-{:02d}T*", 31),
    TimestampPart.MONTH: ("????-{:02d}-*", 12),
    TimestampPart.YEAR: ("{:04d}-*", 9999),
}
_ESCAPED_IN_JSON = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_FLAGS = {"IGNORECASE": "i", "MULTILINE": "m", "DOTALL": "s"}


class Refused(Exception):  # noqa: N818 - it is a message, not a failure
    """A check that cannot be said; the message says why."""


def any_of(items: Sequence[ir.Condition]) -> ir.Condition:
    """Join conditions by `or`; equalities of one operand become a single `in`."""
    texts: dict[ir.Operand, dict[str, None]] = {}
    kept: dict[ir.Condition, None] = {}
    for item in items:
        if isinstance(item, ir.Compare) and item.operator == "=" and isinstance(item.right, ir.Text):
            texts.setdefault(item.left, {})[item.right.text] = None
            kept[ir.Compare(item.left, "in", ir.Values(()))] = None
        else:
            kept[item] = None
    joined = [_filled(item, texts) for item in kept]
    return joined[0] if len(joined) == 1 else ir.Or(tuple(joined))


def _filled(item: ir.Condition, texts: Mapping[ir.Operand, Mapping[str, None]]) -> ir.Condition:
    if not isinstance(item, ir.Compare) or item.right != ir.Values(()):
        return item
    found = tuple(map(ir.Text, texts[item.left]))
    return ir.Compare(item.left, "=", found[0]) if len(found) == 1 else ir.Compare(item.left, "in", ir.Values(found))


def check(target: Target, value: SigmaType, lists: Lists) -> ir.Condition:
    """Return the condition that a field has a value; raises Refused."""
    if isinstance(value, SigmaExpansion):
        return any_of([check(target, inner, lists) for inner in value.values])
    if isinstance(value, SigmaString | SigmaNumber | SigmaBool) and not isinstance(value, SigmaTimestampPart):
        cased = not isinstance(value, SigmaString) or isinstance(value, SigmaCasedString)
        return any_of([_text(target, pieces, cased=cased) for pieces in _texts(value, lists)])
    if isinstance(value, SigmaRegularExpression):
        return any_of([_expression(target, text, flags) for text, flags in _expressions(value, lists)])
    return _special(target, value)


def _special(target: Target, value: SigmaType) -> ir.Condition:
    match value:
        case SigmaNull():
            return ir.Not(ir.Exists(target.field))
        case SigmaExists():
            return ir.Exists(target.field) if value.exists else ir.Not(ir.Exists(target.field))
        case SigmaFieldReference():
            return _reference(target, value)
        case SigmaCompareExpression():
            return _compared(target, _OPERATORS[value.op], value.number.number)
        case SigmaTimestampPart():
            return _moment(target, value)
        case SigmaCIDRExpression():
            return _network(target, value)
    raise Refused(f"a value of the kind {type(value).__name__} cannot be compared here")


def _texts(value: SigmaString | SigmaNumber | SigmaBool, lists: Lists) -> Iterator[tuple[Piece, ...]]:
    if isinstance(value, SigmaString):
        yield from _strings(value, lists)
    else:
        yield (str(value).lower(),)


def keyword(value: SigmaType, lists: Lists) -> ir.Condition:
    """Return the condition that a value stands anywhere in the event's text; raises Refused."""
    whole = Target("", RAW, single=True)
    match value:
        case SigmaExpansion():
            return any_of([keyword(inner, lists) for inner in value.values])
        case SigmaRegularExpression():
            return any_of([_expression(whole, text, flags) for text, flags in _expressions(value, lists)])
        case SigmaNumber():
            return ir.Compare(RAW, "contains", ir.Text(str(value)))
        case SigmaString():
            cased = isinstance(value, SigmaCasedString)
            forms = [form for pieces in _strings(value, lists) for form in _written(pieces)]
            return any_of([_text(whole, (MANY, *form, MANY), cased=cased) for form in forms])
    raise Refused("a keyword is a text or a number")


def _written(pieces: Sequence[Piece]) -> Iterator[tuple[Piece, ...]]:
    """Yield how a text may be written in JSON: kube-apiserver writes < > & as escapes, other writers do not."""
    plain = tuple(json.dumps(piece, ensure_ascii=False)[1:-1] if isinstance(piece, str) else piece for piece in pieces)
    yield plain
    escaped = tuple(
        "".join(_ESCAPED_IN_JSON.get(character, character) for character in piece) if isinstance(piece, str) else piece
        for piece in plain
    )
    if escaped != plain:
        yield escaped


def _strings(value: SigmaString, lists: Lists) -> Iterator[tuple[Piece, ...]]:
    """Yield a text's pieces, once for each value of its placeholders; wildcards side by side are one."""
    replaced = value.replace_placeholders(_filler(lists)) if value.contains_placeholder() else [value]
    for text in replaced:
        pieces: list[Piece] = []
        for piece in cast("Sequence[Piece]", text.s):
            if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
                pieces[-1] += piece
            elif piece and not (piece is MANY and pieces[-1:] == [MANY]):
                pieces.append(piece)
        yield tuple(pieces)


def _expressions(value: SigmaRegularExpression, lists: Lists) -> Iterator[tuple[str, list[str]]]:
    flags = [_FLAGS[flag.name] for flag in value.flags]
    filled = value.replace_placeholders(_filler(lists)) if value.contains_placeholder() else [value]
    for expression in filled:
        yield str(expression.regexp), flags


def _filler(lists: Lists) -> Callable[[Placeholder], Iterator[str]]:
    def fill(placeholder: Placeholder) -> Iterator[str]:
        if placeholder.name not in lists:
            raise Refused(
                f"no list is called '{placeholder.name}': write one in a rules file that loads before this one"
            )
        yield from lists[placeholder.name]

    return fill


def _text(target: Target, pieces: tuple[Piece, ...], *, cased: bool) -> ir.Condition:
    if pieces == (MANY,):
        return ir.Exists(target.field)
    fold = not cased and not target.lower and any(map(_has_letters, pieces))
    if fold or (target.lower and not cased):
        pieces = tuple(ascii_lower(piece) if isinstance(piece, str) else piece for piece in pieces)
    if fold and target.cases:
        known = [case for case in target.cases if (ascii_lower(case),) == pieces]
        if known:
            return ir.Compare(target.field, "=", ir.Text(known[0]))
    return _single(target.field, pieces, fold=fold) if target.single else _marked(target.field, pieces, fold=fold)


def _has_letters(piece: Piece) -> bool:
    return isinstance(piece, str) and any(c.isascii() and c.isalpha() for c in piece)


def _single(field: ir.Field, pieces: tuple[Piece, ...], *, fold: bool) -> ir.Condition:
    before, after = pieces[:1] == (MANY,), pieces[-1:] == (MANY,)
    body = pieces[before : len(pieces) - after]
    left: ir.Operand = ir.Call("tolower", (field,)) if fold else field
    if any(not isinstance(piece, str) for piece in body):
        if ONE in body:
            return ir.Compare(left, "regex", ir.Text("".join(_patterns(pieces, ANYTHING, "(.|\n)"))))
        return ir.Compare(field, "iglob" if fold else "glob", ir.Text("".join(map(_glob, pieces))))
    literal = ir.Text("".join(map(str, body)))
    if before and after:
        return ir.Compare(field, "icontains" if fold else "contains", literal)
    operator = "endswith" if before else "startswith" if after else "="
    return ir.Compare(left, operator, literal)


def _marked(field: ir.Field, pieces: tuple[Piece, ...], *, fold: bool) -> ir.Condition:
    before, after = pieces[:1] == (MANY,), pieces[-1:] == (MANY,)
    body = pieces[before : len(pieces) - after]
    if any(not isinstance(piece, str) for piece in body):
        inside = "".join(_patterns(pieces, f"[^{MARK}]*", f"[^{MARK}]"))
        left: ir.Operand = ir.Call("tolower", (field,)) if fold else field
        return ir.Compare(left, "regex", ir.Text(f"{ANYTHING}{MARK}{inside}{MARK}{ANYTHING}"))
    literal = ("" if before else MARK) + "".join(map(str, body)) + ("" if after else MARK)
    return ir.Compare(field, "icontains" if fold else "contains", ir.Text(literal))


def _patterns(pieces: Sequence[Piece], many: str, one: str) -> Iterator[str]:
    for piece in pieces:
        if isinstance(piece, str):
            yield "".join(f"\\{c}" if c in "\\.^$|()[]{}*+?" else c for c in piece)
        else:
            yield many if piece is MANY else one


def _glob(piece: Piece) -> str:
    if isinstance(piece, str):
        return "".join(f"\\{c}" if c in "*?[\\" else c for c in piece)
    return "*" if piece is MANY else "?"


def _expression(target: Target, text: str, flags: Sequence[str]) -> ir.Condition:
    try:
        pattern = translate(text, flags, mark="" if target.single else MARK)
    except RegexError as error:
        raise Refused(f"the regular expression has {error}, which RE2's POSIX syntax cannot say") from None
    fold = ignores_case(text, flags)
    left: ir.Operand = ir.Call("tolower", (target.field,)) if fold else target.field
    return ir.Compare(left, "regex", ir.Text(pattern))


def _compared(target: Target, operator: str, number: float) -> ir.Condition:
    pattern = comparison(operator, number)
    if pattern is None:
        raise Refused("only numbers from -10^15 to 10^15 with 15 digits after the point can be compared with < <= > >=")
    text = f"({pattern})" if target.single else f"{ANYTHING}{MARK}({pattern}){MARK}{ANYTHING}"
    return ir.Compare(target.field, "regex", ir.Text(text))


def _moment(target: Target, value: SigmaTimestampPart) -> ir.Condition:
    pattern, largest = _TIMES.get(value.timestamp_part, ("", 0))
    if not target.path.endswith("Timestamp"):
        raise Refused("parts of a time can be asked of requestReceivedTimestamp and stageTimestamp")
    if not pattern or not 0 <= value.number <= largest:
        raise Refused(f"{value.timestamp_part.name.lower()} {value.number} cannot be asked of a time")
    return ir.Compare(target.field, "glob", ir.Text(pattern.format(value.number)))


def _network(target: Target, value: SigmaCIDRExpression) -> ir.Condition:
    patterns = value.expand()
    if len(patterns) > MOST_NETWORKS:
        raise Refused(
            f"{value.cidr} takes more than {MOST_NETWORKS} patterns: write networks that end at 8 bits (IPv6: 4)"
        )
    return any_of([_text(target, next(_strings(SigmaString(pattern), {})), cased=False) for pattern in patterns])


def _reference(target: Target, value: SigmaFieldReference) -> ir.Condition:
    left, right = operand_of(target.path), operand_of(value.field)
    if left is None or right is None:
        raise Refused(f"'{value.field}' is no field")
    operator = {(True, True): "contains", (True, False): "startswith", (False, True): "endswith"}.get(
        (value.starts_with, value.ends_with), "="
    )
    return ir.Compare(ir.Call("tolower", (left,)), operator, ir.Call("tolower", (right,)))
