"""What to do about a finding: the nearest known name, or the way out of a mistake that many make."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from lanner.audit.fields import FIELDS

_NO_FIELD = re.compile(r"nonexistent field ([\w.]+)|^'([\w.]+)' is not a supported filter field")
_NO_MACRO = re.compile(r"^Undefined macro '(.*)' used in filter\.$")
_NO_OPERATOR = re.compile(r"'(\S+)' operator not supported (list|for string|for numeric) filters$")
_OPERATORS_FOR = {
    "list": "lists are compared with 'in' (all of them) and 'intersects' (some of them)",
    "for string": "bytes operators do not work on text: leave out the leading 'b'",
    "for numeric": "numbers are compared with =, !=, <, <=, >, >= and in",
}
_BY_WORDS = {
    "unexpected token after": "join checks with 'and' or 'or', in small letters; quote values with blanks, commas or =",
    "unsupported string escape": r"a backslash is written \\; the escapes are \" \' \\ \/ \b \f \n \r \t",
    "expected field transformer argument": "macros and unquoted words are no arguments: quote texts",
    "exceeded max depth limit": "split it into macros",
    "is nested deeper than": "split it into rules",
    "is not a valid number": "numbers are written in decimal digits",
    "filter parameter too long": "a text has at most 255 bytes: compare a part of it with startswith or contains",
    "invalid regex pattern": r"regex is RE2 in POSIX syntax: write [0-9] for \d, [a-z] for \w, no (?i) and no (?:)",
    "requires an argument but none": "write it in brackets after the field: FIELD[ARGUMENT]",
    "has unbalanced argument brackets": "the argument of a field has no blank",
    "unknown field transfomer": "join, concat and getopt take two values or more",
    "unknown multivalue transformer": "this transformer takes one value; concat joins several",
    "has incompatible type": "both sides need one type, and both or neither are lists",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return "did you mean ...?" for the known word nearest to a misspelt one, or nothing."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {found[0]!r}?" if found else ""


def hint_for(message: str, macros: Iterable[str], lists: Iterable[str]) -> str:
    """Return what to do about an error in a condition or output, or nothing."""
    field = _NO_FIELD.search(message)
    if field is not None:
        return nearest(field[1] or field[2], FIELDS) or "'lanner fields' shows the fields of an event"
    macro = _NO_MACRO.match(message)
    if macro is not None:
        return _macro_hint(macro[1], macros, lists)
    if message.startswith("expected a valid check operator"):
        return "a comparison is FIELD OPERATOR VALUE; a word operator needs a blank after it"
    operator = _NO_OPERATOR.search(message)
    if operator is not None:
        return _OPERATORS_FOR[operator[2]]
    return next((hint for words, hint in _BY_WORDS.items() if words in message), "")


def _macro_hint(name: str, macros: Iterable[str], lists: Iterable[str]) -> str:
    if name in set(macros):
        return f"macro {name!r} is defined further down: a macro sees only those before it"
    if name in set(lists):
        return f"{name!r} is a list: write 'FIELD in ({name})'"
    return nearest(name, macros) or f"define a macro {name!r}, or write a comparison"
