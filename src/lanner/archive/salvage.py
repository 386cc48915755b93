"""Reads what can be read of an event that strict decoding refuses, so that an odd value does not hide it from hunts.

Odd are lone surrogates, bytes that are not UTF-8, values of a wrong type, nesting deeper than the decoder allows.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from lanner.archive.record import Record

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
# A string that does not end is one token, too: looked for anew at each quote in it, time would grow with the square.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)|[{}\[\],:]', re.DOTALL)
_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def salvage(raw: bytes) -> Record:
    """Return the keys whose values can be read; characters that no text can hold become U+FFFD."""
    text = _ESCAPE.sub(_replace_lone, raw).decode("utf-8", "replace").encode()
    values = split_object(text)
    known = {field.encode_name: field for field in msgspec.structs.fields(Record)}
    return Record(**{known[key].name: part for key, part in _read(values, known)})


def split_object(text: bytes) -> dict[str, bytes]:
    """Cut a JSON object into its keys and the text of their values, however deep; {} when it is none.

    Of a key that is there twice the last value holds, as in Go.
    """
    found: dict[str, bytes] = {}
    depth, key, start = 0, b"", 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in b"]}" or (mark == b"," and depth == 1):
            depth -= mark != b","
            if depth == (mark == b",") and key:
                found[_key(key)] = text[start : token.start()].strip()
                key = b""
        elif mark in b"[{":
            depth += 1
        elif depth == 1 and mark == b":" and key:
            start = token.end()
        elif depth == 1 and not key:
            key = mark
    return found


def _replace_lone(match: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if match[1] else match[0]


def _key(text: bytes) -> str:
    try:
        return msgspec.json.decode(text, type=str)
    except _ERRORS:
        return ""


def _read(values: dict[str, bytes], known: dict[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for key, text in values.items():
        if key not in known:
            continue
        try:
            found.append((key, msgspec.json.decode(text, type=known[key].type)))
        except _ERRORS:
            pass
    return found
