"""The text around an event that a provider wrapped, kept in the column `shape`: exports give the whole line back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from lanner.archive.wire import go_escape

_ENCODE = msgspec.json.Encoder().encode


class Wrapped(msgspec.Struct, frozen=True):
    """A provider's `line`, and the event's text `raw` as it was when it was taken out of it or made from it.

    `whole` says that the line may be kept as it is where the event's text does not stand in it. Where values are
    redacted it may not: nobody has looked at what the line says besides.
    """

    line: bytes
    raw: bytes
    whole: bool = True


class Wrapping(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands before and after the event; `form` says how the event is written between them.

    `keys` is the order of its own keys where that is unusual, as in Shape.
    """

    before: str
    after: str
    form: str = "plain"
    keys: list[str] | None = None


_WRAPPING = msgspec.json.Decoder(Wrapping)
_KEYS = msgspec.json.Decoder(list[str])


def _escaped(text: bytes) -> bytes:
    return _ENCODE(text.decode())[1:-1]


def _go_escaped(text: bytes) -> bytes:
    return go_escape(_escaped(text))


_FORMS: Mapping[str, Callable[[bytes], bytes]] = {"plain": bytes, "string": _escaped, "go-string": _go_escaped}


def find_wrapping(line: bytes, raw: bytes, keys: str | None) -> str | None:
    """Return the wrapping as JSON text; None where the event does not stand in the line as one of the forms."""
    for form, write in _FORMS.items():
        try:
            before, found, after = line.partition(write(raw))
            if found:
                order = None if keys is None else _KEYS.decode(keys)
                return _ENCODE(Wrapping(before.decode(), after.decode(), form, order)).decode()
        except UnicodeDecodeError:
            return None
    return None


def read_wrapping(shape: str) -> Wrapping | None:
    """Read what `find_wrapping` returned; None where the column holds the order of keys alone."""
    return _WRAPPING.decode(shape) if shape.startswith("{") else None


def wrap(wrapping: Wrapping, text: bytes) -> bytes:
    """Return the provider's line."""
    return b"".join((wrapping.before.encode(), _FORMS[wrapping.form](text), wrapping.after.encode()))
