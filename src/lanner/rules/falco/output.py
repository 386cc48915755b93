"""Falco's output strings: %field, %field[argument] and %transformer(field), compiled once, rendered often.

A number after the percent sign pads or cuts the value to that many characters. Absent values are <NA>.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from lanner.audit.event import Event
from lanner.audit.fields import FIELDS, Extractor, FieldError, lookup
from lanner.rules import ir
from lanner.rules.check import kind_of
from lanner.rules.evaluate import Evaluator
from lanner.rules.falco.condition import parse_condition
from lanner.rules.falco.condition_lexer import TRANSFORMERS
from lanner.rules.ir import ConditionError

ABSENT = "<NA>"
MAX_WIDTH = 4096

_WIDTH = re.compile(r"\d+", re.ASCII)
_CALL = re.compile(rf"(?:{'|'.join(('val', *TRANSFORMERS))})\(")
_UNKNOWN = "unknown filter: unexpected token after '"
_WORD = re.compile(r"[\w.]+")
_LONGEST = max(map(len, FIELDS))


class OutputError(Exception):
    """The output string cannot be compiled; `message` is Falco's, `offset` counts from 0, `hint` names the mistake."""

    def __init__(self, message: str, offset: int, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.offset, self.hint = message, offset, hint


class _Token(NamedTuple):
    """A field of the output: its text as written, its width (0: as it comes), and how its value is found."""

    written: str
    width: int
    extract: Extractor


class OutputFormat:
    """One compiled output string."""

    def __init__(self, text: str) -> None:
        """Compile; raises OutputError. One leading `*` is dropped, as Falco does."""
        self.text = text
        shift = 1 if text.startswith("*") else 0
        if not text:
            raise OutputError("empty formatting token", 0)
        parts = _compile(text, shift)
        self._tokens = [part for part in parts if isinstance(part, _Token)]
        self._names = [token.written for token in self._tokens]
        self._extractors = [token.extract for token in self._tokens]
        # The text with a hole for each token; `%` in the literal parts is doubled, for it is a template of Python's.
        self._template = "".join("%s" if isinstance(part, _Token) else part.replace("%", "%%") for part in parts)

    def resolve(self, event: Event) -> tuple[str, dict[str, Any]]:
        """Return the text and Falco's output_fields, each value looked up once. Never raises.

        In the text absent values are <NA>. The fields go by their written names, evt.time in nanoseconds since 1970
        among them: lists are lists, numbers are numbers, absent values are None.
        """
        values = self._values(event)
        fields = dict(zip(self._names, values, strict=True))
        fields["evt.time"] = _value(_time, event)
        texts = [
            value if type(value) is str and not token.width else _text(value, token.width)
            for token, value in zip(self._tokens, values, strict=True)
        ]
        return self._template % tuple(texts), fields

    def _values(self, event: Event) -> list[Any]:
        try:
            return [extract(event) for extract in self._extractors]
        except Exception:  # noqa: BLE001 - one of them; the others are told
            return [_value(extract, event) for extract in self._extractors]

    def render(self, event: Event) -> str:
        """Return the text alone; see `resolve`."""
        return self.resolve(event)[0]


def _time(event: Event) -> int:
    return event.time_ns


def _value(extract: Callable[[Event], Any], event: Event) -> Any:
    try:
        return extract(event)
    except Exception:  # noqa: BLE001 - an odd event must not cost the alert; the value counts as absent
        return None


def _text(value: Any, width: int) -> str:
    if value is None:
        text = ABSENT
    elif isinstance(value, str):
        text = value
    elif isinstance(value, list):
        text = f"({','.join(map(str, value))})"
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    return text[:width].ljust(width) if width else text


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
    return _Token(text[start:end], width, _extractor(operand, start)), end


def _extractor(operand: ir.Operand, offset: int) -> Extractor:
    try:
        if isinstance(operand, ir.Field):
            return lookup(operand.name, operand.argument)
        kind_of(operand)
    except FieldError as error:
        raise OutputError(str(error), offset) from None
    except ConditionError as error:
        raise OutputError(error.message, offset) from None
    evaluator = Evaluator(ir.Exists(operand))
    return lambda event: evaluator.value(operand, event)


def _field(text: str, start: int) -> tuple[ir.Operand, int]:
    # The longest known name wins, so that a field may be followed by a letter, as Falco reads it.
    word = _WORD.match(text, start)
    written = word[0] if word else ""
    name = next((written[:end] for end in range(min(len(written), _LONGEST), 0, -1) if written[:end] in FIELDS), None)
    if name is None:
        hint = f"filter_check called with nonexistent field {written}" if written else ""
        raise OutputError(_UNKNOWN, start - 1, hint)
    end = start + len(name)
    if not text.startswith("[", end):
        return ir.Field(name), end
    close = text.find("]", end)
    if close < 0:
        raise OutputError(f"the parentheses after '{name}' are not closed", end)
    return ir.Field(name, text[end + 1 : close].strip("\"'")), close + 1


def _call(text: str, start: int) -> tuple[ir.Operand, int]:
    depth = 0
    for end in range(start, len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if text[end] == ")" and depth == 0:
            return _parse_call(text[start : end + 1], start), end + 1
    raise OutputError(_UNKNOWN, start - 1, "close the parentheses of the transformer")


def _parse_call(written: str, start: int) -> ir.Operand:
    try:
        condition = parse_condition(f"{written} exists")
    except ConditionError as error:
        raise OutputError(f"unknown filter: {error.message}", start) from None
    if not isinstance(condition, ir.Exists):
        raise OutputError(_UNKNOWN, start)
    return condition.operand
