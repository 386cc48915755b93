"""Heads of events whose keys have other types than audit.k8s.io says, and texts that are no Unicode.

Falco takes such events, and a client can make them: the body of a patch stands in the log as it was sent. What is no
text has its JSON as text, as in Falco; bytes and escapes that are no Unicode become U+FFFD, as kube-apiserver reads
them.
"""

from __future__ import annotations

import re
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from lanner.audit.event import Head
from lanner.audit.tree import written

_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def lenient_head(text: bytes) -> Head:
    """Return the head of an event whatever its keys hold; raises msgspec.DecodeError where it is no object."""
    return Head(**_members(Head, _decode_members(text)))


def mended(text: bytes) -> bytes:
    """Return JSON text with U+FFFD for bytes that are no UTF-8 and for escapes of half a surrogate pair."""
    return whole_escapes(text.decode(errors="replace").encode())


def whole_escapes(text: bytes) -> bytes:
    """Return JSON text of the same length with U+FFFD for escapes of half a surrogate pair."""
    if _SURROGATE.search(text) is None:
        return text
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], text)


def _members(kind: type[msgspec.Struct], found: dict[str, msgspec.Raw]) -> dict[str, Any]:
    known = _keys(kind)
    return {known[key][0]: _value(known[key][1], found[key]) for key in known.keys() & found.keys()}


@cache
def _keys(kind: type[msgspec.Struct]) -> dict[str, tuple[str, Any]]:
    """Return by key in JSON the name and type of a field."""
    types = get_type_hints(kind)
    return {field.encode_name: (field.name, types[field.name]) for field in msgspec.structs.fields(kind)}


def _value(wanted: Any, raw: msgspec.Raw) -> Any:
    """Return what a key of that type holds; None where nothing can be made of it."""
    if wanted is msgspec.Raw:
        return raw
    optional = get_args(wanted)
    if NoneType in optional:
        return None if bytes(raw) == b"null" else _value(optional[0], raw)
    if wanted is str:
        return written(raw)
    return _integer(raw) if wanted is int else _collection(wanted, raw)


def _collection(wanted: Any, raw: msgspec.Raw) -> Any:
    first, origin = bytes(memoryview(raw)[:1]), get_origin(wanted)
    if first == b"[" and origin is list:
        return [written(item) for item in _decode_items(raw)]
    if first != b"{" or origin is list:
        return None
    if origin is dict:
        return {key: written(item) for key, item in _decode_members(raw).items()}
    return wanted(**_members(wanted, _decode_members(raw)))


def _integer(raw: msgspec.Raw) -> int | None:
    try:
        return msgspec.json.decode(raw, type=int)
    except msgspec.DecodeError:
        return None
