"""What the table of fields says of each field, and the check of a field's argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from lanner.audit.event import Event
from lanner.audit.tree import REQUEST, text_at

Extractor = Callable[[Event], Any]
"""Event -> str, int, bool or list[str] (never empty); None where the event has no such value."""
ValueType = Literal["string", "uint64", "abstime", "reltime", "bool"]
ArgumentKind = Literal["none", "index", "key"]


_INDEX_DIGITS = 20


class FieldError(Exception):
    """No such field, or not with this argument; the message is Falco's."""


class FieldInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One field: the type of its value, whether it is a list, what may stand in brackets, and how it is read.

    `argument` is what brackets hold: nothing, an index or a key; `required` says that they must be there.
    `bind` makes the extractor for an argument that `check` has passed. `in_json` reads what Falco's JSON has under the
    field's name where that is not the value; `padded` numbers have nine digits in texts.
    """

    name: str
    description: str
    bind: Callable[[str | None], Extractor]
    type: ValueType = "string"
    is_list: bool = False
    argument: ArgumentKind = "none"
    required: bool = False
    in_json: Extractor | None = None
    padded: bool = False

    def check(self, argument: str | None) -> None:
        """Raise FieldError, in libsinsp's words, unless the argument fits."""
        if argument is None:
            if self.required:
                raise FieldError(f"filter '{self.name}': {self.name} requires an argument but none provided")
            return
        written = f"filter '{self.name}[{argument}]': {self.name}"
        if self.argument == "none":
            raise FieldError(f"{written} does not allow nor require an argument but one is provided: {argument}")
        if self.argument == "index":
            _check_index(argument, f"filter {self.name}[{argument}] {self.name}")


def _check_index(argument: str, written: str) -> None:
    if argument and not (argument.isascii() and argument.isdecimal()):
        raise FieldError(f"{written} has an invalid index argument not composed only by digits: {argument}")
    if argument != "0" and (not argument or argument.startswith("0")):
        raise FieldError(f"{written} has an invalid index argument starting with 0: {argument}")
    if len(argument) > _INDEX_DIGITS or int(argument) >= 1 << 64:
        raise FieldError(f"{written} has an invalid index argument not representable on 64 bit: {argument}")


def plain(name: str, description: str, extract: Extractor) -> FieldInfo:
    """Return a text field that takes no argument."""
    return FieldInfo(name=name, description=description, bind=lambda _argument: extract)


def in_request(name: str, description: str, *keys: str) -> FieldInfo:
    """Return a text field that stands at a fixed place of the request body."""
    return plain(name, description, lambda event: text_at(event, REQUEST, keys))


def index_of(argument: str | None) -> int | None:
    """Return a checked index argument as a number."""
    return None if argument is None else int(argument)
