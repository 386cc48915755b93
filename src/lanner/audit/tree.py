r"""The bodies of an event as trees whose values have exactly the texts that Falco gives them.

A text stands as it is, anything else as it is written in the event, blanks apart: 1.50 stays 1.50, \u003c stays
\u003c. Most questions end at texts, flags and plain numbers, which the decoded body answers (`Plain`); the others
are asked again of the JSON text (`Written`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from lanner.audit.event import Event, decode_body, on_fresh_stack
from lanner.audit.pointer import MISSING, descend, member

Answer = TypeVar("Answer")

_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_CONSTANTS = {True: "true", False: "false", None: "null"}


class InexactError(Exception):
    """The decoded value does not tell how it was written."""


class Tree(Protocol):
    """A way to look at one body; of a lazy one each value must be opened before what is in it is looked at."""

    root: Any
    lazy: bool

    def open(self, value: Any) -> Any:
        """Return a value as dict or list of further values, or as it is."""

    def is_text(self, value: Any) -> bool:
        """Say whether a value is a string."""

    def text(self, value: Any) -> str:
        """Return Falco's text of a value; raises InexactError where this tree cannot tell."""


class Plain:
    """A decoded body."""

    __slots__ = ("root",)
    lazy = False

    def __init__(self, root: Any) -> None:
        self.root = root

    def open(self, value: Any) -> Any:
        return value

    def is_text(self, value: Any) -> bool:
        return isinstance(value, str)

    def text(self, value: Any) -> str:
        return plain_text(value)


def plain_text(value: Any) -> str:
    """Return the text of a decoded value; raises InexactError where its JSON may be written in more than one way."""
    kind = type(value)
    if kind is str:
        text: str = value
        return text
    if kind is int and value:  # 0 may be written -0
        return str(value)
    if kind is bool or value is None:
        return _CONSTANTS[value]
    raise InexactError


class Written:
    """The JSON text of a body, decoded level by level."""

    __slots__ = ("root",)
    lazy = True

    def __init__(self, root: bytes | msgspec.Raw) -> None:
        self.root = root

    def open(self, value: Any) -> Any:
        if value is MISSING:
            return value
        first = bytes(memoryview(value)[:1])
        if first == b"{":
            return _decode_members(value)
        return _decode_items(value) if first == b"[" else value

    def is_text(self, value: Any) -> bool:
        return bytes(memoryview(value)[:1]) == b'"'

    def text(self, value: Any) -> str:
        return written(value)


def written(value: bytes | msgspec.Raw) -> str:
    """Return the text that a piece of JSON has in Falco: of a string its content, of the rest its text sans blanks."""
    raw = bytes(value)
    if raw[:1] == b'"':
        text: str = decode_body(raw)
        return text
    return formatted(raw, indent=-1)


def formatted(raw: bytes, *, indent: int) -> str:
    """Return JSON text with its blanks as the indent asks (none below 0), empty where it is nested beyond any stack."""
    try:
        return msgspec.json.format(raw, indent=indent).decode()
    except RecursionError:
        return (on_fresh_stack(partial(msgspec.json.format, raw, indent=indent)) or b"").decode()


class Part(NamedTuple):
    """A part of events: its decoded value, and its JSON text (empty where absent)."""

    decoded: Callable[[Event], Any]
    raw: Callable[[Event], bytes | msgspec.Raw]


REQUEST = Part(lambda event: event.request, lambda event: event.head.request_object)
RESPONSE = Part(lambda event: event.response, lambda event: event.head.response_object)
DOCUMENT = Part(lambda event: event.document, lambda event: event.text.strip())


def read(event: Event, part: Part, question: Callable[[Tree], Answer | None]) -> Answer | None:
    """Ask the decoded part, and where that cannot tell, the written one; None where the event has no such part."""
    try:
        return question(Plain(part.decoded(event)))
    except InexactError:
        return read_written(event, part, question)


def read_written(event: Event, part: Part, question: Callable[[Tree], Answer | None]) -> Answer | None:
    """Ask the written part at once: right for questions that end at objects."""
    raw = part.raw(event)
    if not len(raw):
        return None
    try:
        return question(Written(raw))
    except RecursionError:
        answer: Answer | None = on_fresh_stack(partial(question, Written(raw)))
        return answer


def find(tree: Tree, keys: Sequence[str]) -> Any:
    """Follow keys (places in lists as digits) from the root; MISSING where the way ends early."""
    value = tree.root
    for key in keys:
        value = member(tree.open(value), key)
        if value is MISSING:
            return MISSING
    return value


def collect(tree: Tree, keys: Sequence[str], index: int | None = None) -> list[Any] | None:
    """Follow keys through every list on the way, or through its item at `index`; None where the way ends early.

    A way that ends early below a list gives MISSING in its place; an empty last key opens a list at the end of the
    way. Rule: Falco's k8saudit plugin.
    """
    return _collect(tree, tree.root, keys, index)


def _collect(tree: Tree, value: Any, keys: Sequence[str], index: int | None) -> list[Any] | None:
    for position, key in enumerate(keys):
        opened = tree.open(value) if tree.lazy else value
        if isinstance(opened, list):
            if index is None:
                return _spread(tree, opened, keys[position:])
            if index >= len(opened):
                return None
            value = opened[index]
            opened = tree.open(value)
        if not key:
            continue
        value = opened.get(key, MISSING) if isinstance(opened, dict) else MISSING
        if value is MISSING:
            return None
    return [value]


def _spread(tree: Tree, items: list[Any], keys: Sequence[str]) -> list[Any]:
    found: list[Any] = []
    for item in _flat(tree, items):
        below = _collect(tree, item, keys, None)
        found.extend([MISSING] if below is None else below)
    return found


def _flat(tree: Tree, items: list[Any]) -> Iterator[Any]:
    """Yield what stands in lists within lists, without recursion: a body may nest them as deep as it likes."""
    pending = [iter(items)]
    while pending:
        for item in pending[-1]:
            opened = tree.open(item) if tree.lazy else item
            if isinstance(opened, list):
                pending.append(iter(opened))
                break
            yield item
        else:
            pending.pop()


def text_at(event: Event, part: Part, keys: Sequence[str]) -> str | None:
    """Return the text at a place of a part, None where there is nothing."""
    value = descend(part.decoded(event), keys)
    if value is MISSING:
        return None
    try:
        return plain_text(value)
    except InexactError:
        return written_text_at(event, part, keys)


def written_text_at(event: Event, part: Part, keys: Sequence[str]) -> str | None:
    """Return the same without decoding the part first: right for places of objects."""

    def question(tree: Tree) -> str | None:
        value = find(tree, keys)
        return None if value is MISSING else tree.text(value)

    return read_written(event, part, question)


def list_at(event: Event, part: Part, keys: Sequence[str]) -> list[str] | None:
    """Return the texts of a list at a place of a part, None where there is none or it is empty."""

    def question(tree: Tree) -> list[str] | None:
        items = tree.open(find(tree, keys))
        return [tree.text(item) for item in items] or None if isinstance(items, list) else None

    return read(event, part, question)


def texts_through(event: Event, part: Part, keys: Sequence[str], index: int | None) -> list[str] | None:
    """Return the texts that `collect` finds, without those that are missing; None where there are none."""
    return read(event, part, lambda tree: present(tree, collect(tree, keys, index)))


def present(tree: Tree, values: list[Any] | None) -> list[str] | None:
    """Return the texts of the values that are there; None where there are none."""
    return [tree.text(value) for value in values if value is not MISSING] or None if values else None
