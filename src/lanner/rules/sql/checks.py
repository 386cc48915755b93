"""One check of a value in SQL, for each operator and each kind of value."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from lanner.rules import ir
from lanner.rules.check import literals, parse_literal
from lanner.rules.sql.dialect import Dialect, call, number, text
from lanner.rules.sql.patterns import glob_expression, has_patterns, paths_expression, plain_glob
from lanner.rules.sql.reading import Expression, UnreadError, either
from lanner.rules.text import ascii_lower

EQUALITY = frozenset({"=", "=="})
MEMBERSHIP = frozenset({"in", "intersects"})
ALIKE = EQUALITY | MEMBERSHIP | {"!="}
_SOUGHT = EQUALITY | MEMBERSHIP | {"contains", "startswith", "endswith"}
_PLAIN = re.compile(r"[\w /.,:@%+*=()-]+", re.ASCII)
_WHOLE = re.compile(r"-?[1-9]\d{0,14}")
_JSON_MARKS = frozenset("[{+-0123456789.")
_ORDER = {"=": exp.EQ, "==": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}


def text_check(dialect: Dialect, operator: str, value: Expression, texts: Sequence[str]) -> Expression | bool:
    """Check a text against literals."""
    if operator in MEMBERSHIP:
        return among(value, [text(item) for item in sorted(set(texts))])
    if operator == "pmatch":
        return _below(dialect, value, texts)
    literal = texts[0]
    if operator in ("glob", "iglob"):
        return _glob(dialect, value, literal, fold=operator == "iglob")
    if operator == "regex":
        return dialect.fits(value, literal)
    return texts_check(dialect, operator, value, text(ascii_lower(literal) if operator == "icontains" else literal))


def texts_check(dialect: Dialect, operator: str, value: Expression, other: Expression) -> Expression | bool:
    """Check a text against another value, which `icontains` wants lowered."""
    if operator in _ORDER:
        return _ORDER[operator](this=value, expression=other)
    if isinstance(other, exp.Literal) and not other.this:
        return present(value)
    if operator == "icontains":
        return dialect.contains(dialect.lower(value), other)
    if operator not in ("contains", "startswith", "endswith"):
        raise UnreadError(f"{operator} with a field on its right")
    words = {"contains": dialect.contains, "startswith": dialect.starts, "endswith": dialect.ends}
    return words[operator](value, other)


def present(value: Expression) -> Expression:
    """Say that a value is there."""
    return exp.Not(this=exp.Is(this=value, expression=exp.Null()))


def among(value: Expression, items: Sequence[Expression]) -> Expression | bool:
    """Say that a value is one of some; nothing is in an empty list."""
    if not items:
        return False
    if len(items) == 1:
        return exp.EQ(this=value, expression=items[0])
    return exp.In(this=value, expressions=list(items))


def number_check(operator: str, value: Expression, texts: Sequence[str], type_name: str) -> Expression | bool:
    """Check a number against literals."""
    found = [parsed for item in texts if (parsed := parse_literal(type_name, item)) is not None]
    if operator in MEMBERSHIP:
        return among(value, [number(item) for item in sorted(set(found))])
    return _ORDER[operator](this=value, expression=number(found[0]))


def numbers_check(operator: str, value: Expression, other: Expression) -> Expression:
    """Check a number against another value."""
    return _ORDER["=" if operator in MEMBERSHIP else operator](this=value, expression=other)


def whole_check(operator: str, value: Expression, texts: Sequence[str]) -> Expression | bool:
    """Check the text of a number for being one of some: what is not written as a number is written is none."""
    found = sorted({int(item) for item in texts if item == "0" or _WHOLE.fullmatch(item)})
    if operator == "!=":
        return exp.NEQ(this=value, expression=number(found[0])) if found else present(value)
    return among(value, [number(item) for item in found])


def list_check(dialect: Dialect, operator: str, values: Expression, texts: Sequence[str]) -> Expression | bool:
    """Check a list that is not empty against literals."""
    if not texts:
        return False
    if operator == "in":
        return dialect.only_items(values, texts)
    return either([dialect.has_item(values.copy(), item) for item in texts])


def reads_bytes(operator: str, texts: Sequence[str]) -> bool:
    """Say whether a check takes single bytes of a text: SQL, which takes characters, is then right on ASCII alone."""
    if operator == "pmatch":
        return has_patterns(texts)
    return operator in ("glob", "iglob") and plain_glob(texts[0]) is None


def beyond_ascii(value: Expression) -> Expression:
    """Say that a text has characters of several bytes, in DuckDB."""
    return exp.NEQ(this=call("STRLEN", value.copy()), expression=call("LENGTH", value.copy()))


def _glob(dialect: Dialect, value: Expression, pattern: str, *, fold: bool) -> Expression | bool:
    plain = plain_glob(ascii_lower(pattern) if fold else pattern)
    if plain is None:
        return dialect.fits(value, glob_expression(pattern, fold=fold), any_point=True)
    body, before, after = plain
    value = dialect.lower(value) if fold else value
    if not body:
        return present(value) if pattern else exp.EQ(this=value, expression=text(""))
    operator = {(True, True): "contains", (True, False): "endswith", (False, True): "startswith"}.get(
        (before, after), "="
    )
    return texts_check(dialect, operator, value, text(body))


def _below(dialect: Dialect, value: Expression, paths: Sequence[str]) -> Expression | bool:
    if not paths:
        return False
    pattern = paths_expression(paths)
    return present(value) if pattern is None else dialect.fits(value, pattern, any_point=True)


def form_matters(operator: str, texts: Sequence[str]) -> bool:
    """Say whether a check could hold, or not, for the sake of how a number, a list or an object is written in JSON."""
    if operator in MEMBERSHIP or operator in EQUALITY or operator == "!=":
        return any(_like_json(item) and not _WHOLE.fullmatch(item) for item in texts)
    return not (operator == "startswith" and texts[0] and not _like_json(texts[0]))


def _like_json(item: str) -> bool:
    return item[:1] in _JSON_MARKS


def texts_needed(condition: ir.Exists | ir.Compare) -> list[str] | None:
    """Return texts of which one stands in the JSON that makes a check hold; None where nothing is sure."""
    if isinstance(condition, ir.Exists) or not isinstance(condition.left, ir.Field):
        return None
    if condition.operator not in _SOUGHT or isinstance(condition.right, ir.Field | ir.Call):
        return None
    texts = literals(condition.right)
    return list(texts) if all(_PLAIN.fullmatch(item) for item in texts) else None
