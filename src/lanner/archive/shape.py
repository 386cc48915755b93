"""Events whose keys are not kube-apiserver's usual ones: their order is the `shape`, unknown keys are the `rest`."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from lanner.archive.record import NO_TEXT, Record
from lanner.archive.wire import go_escape

_FIELDS = {field.encode_name: field.name for field in msgspec.structs.fields(Record)}
_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_KEYS = msgspec.json.Decoder(list[str])
_ENCODE = msgspec.json.Encoder().encode


class Shape(NamedTuple):
    """Both as JSON text: all keys in order, and an object of those that have no column (None when there are none)."""

    keys: str
    rest: str | None


def find_shape(raw: bytes) -> Shape | None:
    """Read the order of an event's keys and its unknown keys; None when the text cannot be read."""
    try:
        parts = _PARTS.decode(raw.decode())
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    unknown = {key: value for key, value in parts.items() if key not in _FIELDS}
    return Shape(_ENCODE(list(parts)).decode(), _ENCODE(unknown).decode() if unknown else None)


def write_shaped(record: Record, shape: Shape) -> bytes:
    """Write the keys in the order of the shape; a key of the record that is None becomes null."""
    rest = _PARTS.decode(shape.rest) if shape.rest else {}
    pieces = []
    for key in _KEYS.decode(shape.keys):
        value = getattr(record, _FIELDS[key]) if key in _FIELDS else rest[key]
        pieces.append(go_escape(_ENCODE(key)) + b":" + _text(value))
    return b"{" + b",".join(pieces) + b"}"


def _text(value: object) -> bytes:
    if isinstance(value, msgspec.Raw):
        return b"null" if value is NO_TEXT else bytes(value)
    return go_escape(_ENCODE(value))
