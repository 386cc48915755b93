"""The table of fields that rules can ask of an audit event, and the extractors behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from lanner.audit.event import Event

Extractor = Callable[[Event], Any]
"""Event -> str | int | list[str], or None when the event has no such value."""
ArgumentKind = Literal["none", "index", "key"]


class FieldError(Exception):
    """No such field, or not with this argument; the message is Falco's."""


class FieldInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One field: its value's type, whether it yields lists, what may stand in brackets, and how it is read.

    `argument` is what brackets hold: nothing, an index or a key; `required` says that they must be there.
    `bind` makes the extractor for an argument that was checked.
    """

    name: str
    description: str
    bind: Callable[[str | None], Extractor]
    type: Literal["string", "uint64", "abstime", "reltime"] = "string"
    is_list: bool = False
    argument: ArgumentKind = "none"
    required: bool = False


FIELDS: Mapping[str, FieldInfo] = {}


def lookup(name: str, argument: str | None) -> Extractor:
    """Return the extractor of a field for an argument; raises FieldError in Falco's words."""
    info = FIELDS.get(name)
    if info is None:
        raise FieldError(f"filter_check called with nonexistent field {name}")
    if argument is not None and info.argument == "none":
        written = f"{name}[{argument}]"
        raise FieldError(
            f"filter '{written}': {name} does not allow nor require an argument but one is provided: {argument}"
        )
    return info.bind(argument)
