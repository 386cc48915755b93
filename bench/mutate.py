"""Makes damaged inputs out of good ones: bytes, JSON values, texts of a language; the same seed, the same damage."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

_DEEPEST = 3_000
_BYTES = (
    b"\0",
    b"\xff",
    b"\xc3",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b"\\u0000",
    b"\\ud800",
    b"1e999",
)
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 1.5, -0.0, 1e308, "", " ", "0", "<NA>", "null",
    "\0", "\u202e", "é" * 40, "\U0001f985", "a" * 5_000, "../" * 20, "*", "system:masters", "2026-13-45T99:99:99Z",
    [], {}, [None], [[]], [{}], {"": None}, {"name": {"name": "x"}}, ["", "x", 3, None, {}], [[["a"]]],
)  # fmt: skip
_WORDS = re.compile(r"[\w.]+(?:\[[^\]]*\])?|\s+|.", re.DOTALL)


def damaged_bytes(random: Random, data: bytes) -> bytes:
    """Return bytes with one to four edits: cut, removed, doubled, inserted, flipped, swapped."""
    for _ in range(random.randint(1, 4)):
        data = random.choice(_BYTE_EDITS)(random, data)
    return data


def _span(random: Random, size: int, longest: int = 64) -> tuple[int, int]:
    start = random.randrange(size + 1)
    return start, min(size, start + random.randint(0, longest))


def _cut(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _remove(random: Random, data: bytes) -> bytes:
    start, end = _span(random, len(data))
    return data[:start] + data[end:]


def _double(random: Random, data: bytes) -> bytes:
    start, end = _span(random, len(data), 400)
    return data[:end] + data[start:end] + data[end:]


def _insert(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(_BYTES) * random.choice((1, 1, 1, 2, 50)) + data[at:]


def _flip(random: Random, data: bytes) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _swap(random: Random, data: bytes) -> bytes:
    first, second = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[second:] + data[first:second] + data[:first]


_BYTE_EDITS: tuple[Callable[[Random, bytes], bytes], ...] = (_cut, _remove, _double, _insert, _flip, _flip, _swap)


def damaged_json(random: Random, document: Any) -> bytes:
    """Return the text of a JSON value with one to three of its parts replaced, removed, renamed, doubled or nested."""
    for _ in range(random.choice((1, 1, 2, 3))):
        document = _changed(random, document)
    text = json.dumps(document, ensure_ascii=random.random() < 0.5, separators=(",", ":")).encode("utf-8", "replace")
    return _double_key(random, text) if random.random() < 0.05 else text


def _changed(random: Random, value: Any) -> Any:
    """Walk down at random and change the part arrived at; parts beside the way are shared, not copied."""
    if isinstance(value, dict) and value and random.random() < 0.95:
        return _with_key(random, value, _key(random, value))
    if isinstance(value, list) and value and random.random() < 0.85:
        place = random.randrange(len(value))
        return [*value[:place], _changed(random, value[place]), *value[place + 1 :]]
    return _replaced(random, value)


def _key(random: Random, value: dict[str, Any]) -> str:
    """Choose a key; the bodies of an event more often than its head, where damage mostly ends in a refusal."""
    bodies = [key for key in ("requestObject", "responseObject") if value.get(key)]
    return random.choice(bodies if bodies and random.random() < 0.6 else list(value))


def _with_key(random: Random, value: dict[str, Any], key: str) -> dict[str, Any]:
    fate = random.random()
    if fate < 0.05:
        return {name: below for name, below in value.items() if name != key}
    if fate < 0.08:
        return {(name.upper() if name == key else name): below for name, below in value.items()}
    if fate < 0.1:
        return value | {key: value}
    return value | {key: _changed(random, value[key])}


def _replaced(random: Random, value: Any) -> Any:
    fate = random.random()
    if fate < 0.01:
        return _nested(random.randint(1, _DEEPEST), value)
    if fate < 0.15:
        return [value] * random.choice((1, 2, 200))
    if fate < 0.25 and isinstance(value, str):
        return value * random.choice((2, 100))
    # Another type in an event's head mostly ends in a refusal: what comes behind it wants food, too.
    same = [other for other in _VALUES if type(other) is type(value)]
    return random.choice(same if same and random.random() < 0.7 else _VALUES)


def _nested(depth: int, value: Any) -> Any:
    # json's own encoder recurses: depth stays under its bound, deeper text is made from bytes below.
    for _ in range(depth % 300):
        value = [value]
    return value


def _double_key(random: Random, text: bytes) -> bytes:
    depth = random.randint(1, _DEEPEST)
    key = random.choice((b'"verb"', b'"stage"', b'"objectRef"', b'"requestObject"', b'"user"', b'"auditID"'))
    return text[:-1] + b"," + key + b":" + b"[" * depth + b"]" * depth + text[-1:]


def damaged_text(random: Random, text: str, words: Sequence[str], others: Sequence[str]) -> str:
    """Return a text with a few edits: of characters, of whole words, of lines, or with pieces of other texts."""
    edit = random.choice((_characters, _whole_words, _whole_words, _lines))
    for _ in range(random.choice((1, 1, 2, 4))):
        text = edit(random, text, words, others)
    return text


def joined(random: Random, texts: Sequence[str]) -> str:
    """Return conditions joined by words and parentheses; right where each of them is."""
    parts = [random.choice(("({})", "not ({})", "not({})", "{}")).format(random.choice(texts)) for _ in range(4)]
    for _ in range(random.randint(0, 3)):
        first = random.choice(("({})", "{}", "not ({})")).format(parts.pop())
        parts[-1] = first + random.choice((" and ", " or ", "\nand\t", " and not ")) + parts[-1]
    return parts[-1]


def _whole_words(random: Random, text: str, words: Sequence[str], _others: Sequence[str]) -> str:
    parts = _WORDS.findall(text)
    places = [place for place, part in enumerate(parts) if not part.isspace()]
    if places:
        place = random.choice(places)
        same = [word for word in random.choices(words, k=40) if _kind(word) == _kind(parts[place])]
        parts[place] = (same or words)[0].strip(" ") if random.random() < 0.9 else random.choice(words)
    return "".join(parts)


def _kind(word: str) -> str:
    return "field" if "." in word else "mark" if not word.strip()[:1].isalnum() else word[:0]


def _lines(random: Random, text: str, _words: Sequence[str], others: Sequence[str]) -> str:
    lines = text.splitlines(keepends=True) or [""]
    place = random.randrange(len(lines))
    fate = random.random()
    if fate < 0.25:
        del lines[place]
    elif fate < 0.5:
        lines.insert(random.randrange(len(lines) + 1), lines[place])
    elif fate < 0.65:
        lines[place] = random.choice(("  ", " ", "\t")) + lines[place]
    else:
        lines.insert(place, random.choice(random.choice(others).splitlines(keepends=True) or [""]))
    return "".join(lines)


def _characters(random: Random, text: str, words: Sequence[str], others: Sequence[str]) -> str:
    start, end = _span(random, len(text), 12)
    fate = random.random()
    if fate < 0.3:
        return text[:start] + text[end:]
    if fate < 0.55:
        return text[:start] + random.choice(words) + text[end if random.random() < 0.5 else start :]
    if fate < 0.7:
        return text[:start] + text[start:end] * random.choice((2, 3, 30)) + text[end:]
    if fate < 0.85:
        other = random.choice(others)
        begin, stop = _span(random, len(other), 60)
        return text[:start] + other[begin:stop] + text[start:]
    return text[:start] + chr(random.choice((0, 9, 10, 13, 32, 34, 39, 92, 0xA0, 0x2028, 0x1F985))) + text[start:]
