"""The words in which each engine says what conditions need; what one of them cannot say exactly raises UnreadError."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from sqlglot import exp

from lanner.rules.sql.reading import Expression, Reading, UnreadError

UPPER, LOWER = string.ascii_uppercase, string.ascii_lowercase
Path = Sequence[str | int]
"""The way to a value in JSON: keys, and places in lists."""

_SET = r"\[\^?(?:[\w /:@%,]|\w-\w|\\x[0-9a-f]{2}(?:-\\x[0-9a-f]{2})?)+\]"
_PORTABLE = re.compile(rf"(?:[\w /:@%,\"'=<>!&~#;|()+*?.-]|{_SET}|\{{\d+(?:,\d*)?\}})*", re.ASCII)
_REPEATED_TWICE = re.compile(r"[*+?}][*+?{]")
_ANCHORED = re.compile(r"\^?((?:\[\^?[^]]*\]|[^|^$])*)\$?")


def text(value: str) -> Expression:
    """Write a literal; raises UnreadError where no SQL can hold it."""
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        raise UnreadError("a literal with bytes that are no text") from None
    if b"\0" in encoded:
        raise UnreadError("a literal with a NUL")
    return exp.Literal.string(value)


def number(value: int) -> Expression:
    """Write a number."""
    return exp.Literal.number(value)


def call(name: str, *arguments: Expression) -> Expression:
    """Call a function of the engine by its name."""
    return exp.Anonymous(this=name, expressions=list(arguments))


class Dialect:
    """What engines have in common; `name` is sqlglot's."""

    name = ""

    def contains(self, value: Expression, part: Expression) -> Expression:
        """Say whether a text has a part."""
        return exp.Contains(this=value, expression=part)

    def starts(self, value: Expression, part: Expression) -> Expression:
        """Say whether a text begins so."""
        return exp.StartsWith(this=value, expression=part)

    def ends(self, value: Expression, part: Expression) -> Expression:
        """Say whether a text ends so."""
        return exp.EndsWith(this=value, expression=part)

    def lower(self, value: Expression) -> Expression:
        """Lower the ASCII letters and no others."""
        return call("TRANSLATE", value, text(UPPER), text(LOWER))

    def upper(self, value: Expression) -> Expression:
        """Raise the ASCII letters and no others."""
        return call("TRANSLATE", value, text(LOWER), text(UPPER))

    def length(self, value: Expression) -> Expression:
        """Count the bytes of a text."""
        raise NotImplementedError

    def basename(self, value: Expression) -> Expression:
        """Give what follows the last slash."""
        raise NotImplementedError

    def fits(self, value: Expression, pattern: str, *, any_point: bool = False) -> Expression:
        """Say whether a whole text fits an expression of RE2.

        A point takes no line feed unless `any_point`; ^ and $ stand at the ends of lines.
        """
        raise NotImplementedError

    def nanoseconds(self, moment: Expression) -> Expression:
        """Give a time in nanoseconds since 1970."""
        raise NotImplementedError

    def has_item(self, values: Expression, item: str) -> Expression:
        """Say whether a list has an item."""
        return exp.ArrayContains(this=values, expression=text(item))

    def only_items(self, values: Expression, items: Sequence[str]) -> Expression:
        """Say whether all of a list are among these items."""
        others = call("ARRAY_EXCEPT", values, exp.Array(expressions=[text(item) for item in items]))
        return exp.EQ(this=exp.ArraySize(this=others), expression=number(0))

    def item(self, values: Expression, place: int) -> Expression:
        """Give an item of a list by its place, counted from 0; NULL where it is shorter."""
        raise NotImplementedError

    def json(self, column: Expression, path: Path) -> Reading:
        """Read the text, number or flag at a place in JSON as text."""
        value = exp.JSONExtractScalar(this=column, expression=_json_path(path))
        return Reading(value=value, lax=value, form=exp.true(), text_only=f"null in JSON in {self.name}")


class DuckDB(Dialect):
    """The engine here."""

    name = "duckdb"

    def length(self, value: Expression) -> Expression:
        return call("STRLEN", value)

    def basename(self, value: Expression) -> Expression:
        # Not SPLIT_PART: DuckDB 2.0 fails where its result is compared and statistics say that all values are null.
        return call("LIST_EXTRACT", call("STRING_SPLIT", value, text("/")), number(-1))

    def fits(self, value: Expression, pattern: str, *, any_point: bool = False) -> Expression:
        flags = "(?s)" if any_point else "(?m)" if "^" in pattern or "$" in pattern else ""
        return call("REGEXP_FULL_MATCH", value, text(flags + pattern))

    def nanoseconds(self, moment: Expression) -> Expression:
        return exp.Mul(this=call("EPOCH_US", moment), expression=number(1000))

    def only_items(self, values: Expression, items: Sequence[str]) -> Expression:
        return call("LIST_HAS_ALL", exp.Array(expressions=[text(item) for item in items]), values)

    def has_item(self, values: Expression, item: str) -> Expression:
        return call("LIST_CONTAINS", values, text(item))

    def item(self, values: Expression, place: int) -> Expression:
        return call("LIST_EXTRACT", values, number(place + 1))

    def json(self, column: Expression, path: Path) -> Reading:
        at = text(_duckdb_path(path))
        # Whoever wrote the log may have doubled keys, and what is no JSON for DuckDB would end the query.
        valid = call("JSON_VALID", column.copy())
        safe = exp.Case(ifs=[exp.If(this=valid, true=column)])
        lax = call("JSON_EXTRACT_STRING", safe, at)
        exists = call("JSON_EXISTS", safe.copy(), at.copy())
        null = exp.Case(ifs=[exp.If(this=exists.copy(), true=text("null"))])
        usual = [text(kind) for kind in ("VARCHAR", "BOOLEAN", "UBIGINT", "NULL")]
        return Reading(
            value=exp.Coalesce(this=lax.copy(), expressions=[null]),
            exists=exists,
            lax=lax,
            form=exp.Not(this=exp.In(this=call("JSON_TYPE", safe.copy(), at.copy()), expressions=usual)),
            doubts=(exp.Not(this=valid.copy()), *(_doubled(safe, path[:depth]) for depth in range(len(path)))),
        )


def _doubled(column: Expression, path: Path) -> Expression:
    """Say that an object in JSON has a key twice: DuckDB reads the first, the stream the last."""
    keys = call("JSON_KEYS", column.copy(), text(_duckdb_path(path)))
    return exp.NEQ(this=call("LEN", keys), expression=call("LEN", call("LIST_DISTINCT", keys.copy())))


class _Java(Dialect):
    """Engines whose regular expressions are not RE2's: the part of the syntax in which all agree."""

    def _fits(self, pattern: str, *, any_point: bool) -> str:
        bare = _ANCHORED.fullmatch(pattern)
        body = bare[1] if bare else pattern  # with | or inner anchors: _PORTABLE has neither ^ nor $
        if not _PORTABLE.fullmatch(body) or _REPEATED_TWICE.search(body):
            raise UnreadError(f"the regular expression {pattern!r} in {self.name}")
        return rf"(?s)\A(?:{body})\z" if any_point else rf"\A(?:{_pointed(body)})\z"


class Spark(_Java):
    """Apache Spark's SQL."""

    name = "spark"

    def length(self, value: Expression) -> Expression:
        return call("OCTET_LENGTH", value)

    def basename(self, value: Expression) -> Expression:
        return call("SUBSTRING_INDEX", value, text("/"), number(-1))

    def fits(self, value: Expression, pattern: str, *, any_point: bool = False) -> Expression:
        return exp.RegexpLike(this=value, expression=text(self._fits(pattern, any_point=any_point)))

    def nanoseconds(self, moment: Expression) -> Expression:
        return exp.Mul(this=call("UNIX_MICROS", moment), expression=number(1000))

    def item(self, values: Expression, place: int) -> Expression:
        return call("GET", values, number(place))


class Trino(_Java):
    """Trino's SQL."""

    name = "trino"

    def contains(self, value: Expression, part: Expression) -> Expression:
        return exp.GT(this=call("STRPOS", value, part), expression=number(0))

    def ends(self, value: Expression, part: Expression) -> Expression:
        if not isinstance(part, exp.Literal):
            raise UnreadError("endswith with a field on its right in trino")
        return exp.EQ(this=call("SUBSTR", value, number(-len(part.this))), expression=part)

    def length(self, value: Expression) -> Expression:
        return call("LENGTH", call("TO_UTF8", value))

    def basename(self, value: Expression) -> Expression:
        return call("ELEMENT_AT", call("SPLIT", value, text("/")), number(-1))

    def nanoseconds(self, moment: Expression) -> Expression:
        # A double holds microseconds of these centuries exactly once they are rounded.
        seconds = call("TO_UNIXTIME", moment)
        rounded = call("ROUND", exp.Mul(this=seconds, expression=number(1_000_000)))
        return exp.Mul(this=exp.cast(rounded, "bigint"), expression=number(1000))

    def item(self, values: Expression, place: int) -> Expression:
        return call("ELEMENT_AT", values, number(place + 1))

    def fits(self, value: Expression, pattern: str, *, any_point: bool = False) -> Expression:
        return call("REGEXP_LIKE", value, text(self._fits(pattern, any_point=any_point)))


DIALECTS: dict[str, type[Dialect]] = {kind.name: kind for kind in (DuckDB, Spark, Trino)}


def _json_path(path: Path) -> Expression:
    """Write a way into JSON as sqlglot's tree of it."""
    steps = [exp.JSONPathSubscript(this=step) if isinstance(step, int) else exp.JSONPathKey(this=step) for step in path]
    return exp.JSONPath(expressions=[exp.JSONPathRoot(), *steps])


def _duckdb_path(path: Path) -> str:
    """Write a way into JSON in DuckDB's words; keys are quoted, so that none of them is a pattern."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{_quoted(step)}" for step in path]
    return "$" + "".join(steps)


def _quoted(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z]\w*", key, re.ASCII) else f'"{key}"'


def _pointed(pattern: str) -> str:
    """Write each point outside of a set as what it stands for in RE2: all but a line feed."""
    parts = re.split(r"(\[[^]]*\])", pattern)
    return "".join(part if part.startswith("[") else part.replace(".", r"[^\n]") for part in parts)
