"""How a field is read in SQL: its value, the rows on which that may be another than the stream saw, or why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from sqlglot import exp

from lanner.rules import ir

Expression = exp.Expr


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A value in SQL, NULL where the field is absent, and what is to be known of it.

    `exists` says where it is present, if not where `value` is. On rows where one of `doubts` holds the value may be
    another than the field's. A value out of JSON may be a number, an object or a list, whose text SQL does not tell:
    `form` holds there; `lax` is the value with NULL for JSON's null. `text_only` says why neither null nor presence
    can be told, `partly` why the doubtful rows are many. `number` is the same value where it is a whole number's text.
    """

    value: Expression
    exists: Expression | bool | None = None
    doubts: tuple[Expression, ...] = ()
    lax: Expression | None = None
    form: Expression | None = None
    text_only: str = ""
    partly: str = ""
    number: Expression | None = None


class Constant(msgspec.Struct, frozen=True):
    """A field that has the same value on every event; None where it is always absent."""

    value: str | int | None


class UnreadError(Exception):
    """What SQL cannot say: the reason in a few words, and what holds at least where a check on it does (None: TRUE)."""

    def __init__(self, reason: str, possible: Expression | None = None, hint: Hint | None = None) -> None:
        super().__init__(reason)
        self.reason, self.possible, self.hint = reason, possible, hint


class Hint(msgspec.Struct, frozen=True):
    """JSON that holds the keys of a field, and if `verbatim` its texts, as they stand, except where `unless` holds."""

    column: Expression
    unless: Expression
    verbatim: bool


Columns = Callable[[ir.Field], Reading | Constant]
"""Where each field stands; raises UnreadError for those that no column tells."""


def either(parts: Sequence[Expression | bool]) -> Expression | bool:
    """Join by OR; True and False are what they are."""
    if True in parts:
        return True
    found = [part for part in parts if not isinstance(part, bool)]
    return exp.or_(*found, copy=False) if found else False


def every(parts: Sequence[Expression | bool]) -> Expression | bool:
    """Join by AND; True and False are what they are."""
    if False in parts:
        return False
    found = [part for part in parts if not isinstance(part, bool)]
    return exp.and_(*found, copy=False) if found else True
