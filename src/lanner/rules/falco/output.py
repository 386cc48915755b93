"""Falco's output strings: %field, %field[argument] and %transformer(field), compiled once, rendered often.

A number after the percent sign pads or cuts the value to that many bytes. Absent values are <NA>.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from lanner.audit.event import Event
from lanner.audit.fields import FIELDS, Extractor, lookup
from lanner.rules import ir
from lanner.rules.bodies import fields_in
from lanner.rules.check import kind_of
from lanner.rules.evaluate import reader_of
from lanner.rules.falco.condition_checks import parse_transformer
from lanner.rules.falco.condition_lexer import FIELD_ARGUMENT, FIELD_NAME, TRANSFORMERS, Lexer
from lanner.rules.ir import ConditionError

ABSENT = "<NA>"
MAX_WIDTH = 4096
LIST_BYTES = 1023
"""What Falco shows of a list's text."""

LONGEST_NAME = 128

_WIDTH = re.compile(r"\d+", re.ASCII)
_CALL = re.compile(rf"(?:{'|'.join(TRANSFORMERS)})\(")
_UNKNOWN = "unknown filter: unexpected token after '"
_WORD = re.compile(r"[\w.]+")
_QUOTED = str.maketrans(
    {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"', " ": " ", "'": "'"}
)


class OutputError(Exception):
    """The output string cannot be compiled; `message` is Falco's, `offset` counts from 0, `hint` names the mistake."""

    def __init__(self, message: str, offset: int, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.offset, self.hint = message, offset, hint


class _Token(NamedTuple):
    """A field or transformer of the output: its width (0: as it comes) and how its value is found."""

    operand: ir.Operand
    width: int
    padded: bool
    extract: Extractor


class OutputFormat:
    """One compiled output string; `operands` are what it shows."""

    def __init__(self, text: str) -> None:
        """Compile; raises OutputError. One leading `*` is dropped, as Falco does."""
        self.text = text
        shift = 1 if text.startswith("*") else 0
        if not text:
            raise OutputError("empty formatting token", 0)
        parts = _compile(text, shift)
        tokens = [part for part in parts if isinstance(part, _Token)]
        # The text with a hole for each token; `%` in the literal parts is doubled, for it is a template of Python's.
        self._template = "".join("%s" if isinstance(part, _Token) else part.replace("%", "%%") for part in parts)
        operands = {token.operand: token.extract for token in tokens}
        self.operands = tuple(operands)
        places = {operand: place for place, operand in enumerate(operands)}
        self._extractors = list(operands.values())
        self._places = [(places[token.operand], token) for token in tokens]
        shown = {
            name: places[field] if extract is None else self._also(extract)
            for name, (field, extract) in dict(_json_fields(operands)).items()
        }
        shown["evt.time"] = self._also(_time)
        self._fields = list(shown.items())

    def _also(self, extract: Extractor) -> int:
        self._extractors.append(extract)
        return len(self._extractors) - 1

    def resolve(self, event: Event) -> tuple[str, dict[str, Any]]:
        """Return the text and Falco's output_fields, each value looked up once. Never raises.

        In the text absent values are <NA>. The fields are those of the output and those within its transformers, by
        their names, and evt.time: lists are lists, numbers are numbers, times nanoseconds since 1970, absent values
        None.
        """
        values = self._values(event)
        fields = {name: values[place] for name, place in self._fields}
        texts = [
            value if type(value := values[place]) is str and not token.width else _text(value, token)
            for place, token in self._places
        ]
        return self._template % tuple(texts), fields

    def _values(self, event: Event) -> list[Any]:
        try:
            return [extract(event) for extract in self._extractors]
        except Exception:  # noqa: BLE001 - one of them failed; the others are told
            return [_value(extract, event) for extract in self._extractors]

    def render(self, event: Event) -> str:
        """Return the text alone; see `resolve`."""
        return self.resolve(event)[0]


def _json_fields(values: dict[ir.Operand, Extractor]) -> Iterator[tuple[str, tuple[ir.Operand, Extractor | None]]]:
    """Give the name of each field, and how its value for JSON is found where the text's value is another or none."""
    for operand in values:
        for field in fields_in(operand):
            extract = FIELDS[field.name].in_json or (None if field in values else lookup(field.name, field.argument))
            yield _name(field), (field, extract)


def _name(field: ir.Field) -> str:
    """Return a field as Falco writes it."""
    if field.argument is None:
        return field.name
    quoted = any(character in field.argument for character in "\b\f\n\r\t \\\"'")
    argument = f'"{field.argument.translate(_QUOTED)}"' if quoted else field.argument
    return f"{field.name}[{argument}]"


def _time(event: Event) -> int:
    return event.time_ns


def _value(extract: Callable[[Event], Any], event: Event) -> Any:
    try:
        return extract(event)
    except Exception:  # noqa: BLE001 - an odd event must not cost the alert; the value counts as absent
        return None


def _text(value: Any, token: _Token) -> str:
    if isinstance(value, str):
        text = value
    elif value is None:
        text = ABSENT
    elif isinstance(value, list):
        text = _listed(value)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = f"{value:09d}" if token.padded else str(value)
    return _cut(text, token.width).ljust(token.width - len(text.encode()) + len(text)) if token.width else text


def _listed(values: list[Any]) -> str:
    """Join by commas in parentheses; Falco shows no empty items before the first other, and 1023 bytes at most."""
    texts = list(map(str, values))
    first = next((place for place, text in enumerate(texts) if text), len(texts))
    return _cut(f"({','.join(texts[first:])})", LIST_BYTES)


def _cut(text: str, size: int) -> str:
    """Cut to a number of bytes; what is left of a character in the middle is U+FFFD, as in Falco's JSON."""
    if len(text) * 4 <= size:
        return text
    encoded = text.encode(errors="replace")
    return text if len(encoded) <= size else encoded[:size].decode(errors="replace")


def _compile(text: str, start: int) -> list[str | _Token]:
    parts: list[str | _Token] = []
    while True:
        percent = text.find("%", start)
        if percent < 0:
            if start < len(text):
                parts.append(text[start:])
            return parts
        if percent > start:
            parts.append(text[start:percent])
        token, start = _token(text, percent + 1)
        parts.append(token)


def _token(text: str, start: int) -> tuple[_Token, int]:
    if start == len(text):
        raise OutputError("invalid formatting syntax: formatting cannot end with a %", start - 1)
    number = _WIDTH.match(text, start)
    width = 0
    if number is not None:
        width, start = min(int(number[0][:9]), MAX_WIDTH), number.end()
        if start == len(text):
            raise OutputError("invalid formatting syntax: formatting cannot end with a number", start - 1)
    operand, end = _call(text, start) if _CALL.match(text, start) else _field(text, start)
    padded = isinstance(operand, ir.Field) and FIELDS[operand.name].padded
    return _Token(operand, width, padded, reader_of(operand)), end


def _field(text: str, start: int) -> tuple[ir.Operand, int]:
    """Read the longest field that the text begins with; what does not fit is text, as in Falco."""
    found = FIELD_NAME.match(text, start)
    problems = []
    for operand, end in _candidates(text, found) if found else ():
        problem = _problem(operand)
        if problem is None:
            return operand, end
        problems.append(problem.message)
    word = _WORD.match(text, start)
    hint = f"filter_check called with nonexistent field {word[0]}" if word else ""
    raise OutputError(_UNKNOWN, start - 1, problems[0] if problems else hint)


def _candidates(text: str, name: re.Match[str]) -> Iterator[tuple[ir.Field, int]]:
    """Give the fields that the text may begin with, and where they end: the longest first."""
    with_argument = _with_argument(text, name)
    if with_argument is not None:
        yield with_argument
    for end in range(min(name.end(), name.start() + LONGEST_NAME), name.start(), -1):
        if text[name.start() : end] in FIELDS:
            yield ir.Field(text[name.start() : end]), end


def _with_argument(text: str, name: re.Match[str]) -> tuple[ir.Field, int] | None:
    lexer = Lexer(text)
    lexer.position = name.end()
    try:
        if lexer.take("[") and (lexer.take_quoted() or lexer.take_pattern(FIELD_ARGUMENT)):
            argument = lexer.token or None
            if lexer.take("]"):
                return ir.Field(name[0], argument), lexer.position
    except ConditionError:
        pass
    return None


def _problem(operand: ir.Operand) -> ConditionError | None:
    try:
        kind_of(operand)
    except ConditionError as error:
        return error
    return None


def _call(text: str, start: int) -> tuple[ir.Operand, int]:
    """Read a transformer, up to the parenthesis that closes it."""
    lexer = Lexer(text)
    lexer.position = start
    try:
        operand = parse_transformer(lexer)
        kind_of(operand)
    except ConditionError as error:
        hint = "close the parentheses of the transformer" if lexer.at_end else error.message
        raise OutputError(_UNKNOWN, start - 1, hint) from None
    return operand, lexer.position
