"""From a line of JSON to audit events: single events, EventLists and arrays; what is neither is refused with a reason."""

from __future__ import annotations

import msgspec

from lanner.audit.event import Event, Head, event_time, is_timestamp

MAX_LINE_BYTES = 256 * 1024 * 1024
"""A line above this is refused unread; kube-apiserver's own limits keep an event far below it."""
MAX_LIST_DEPTH = 8


class Refusal(msgspec.Struct, frozen=True):
    """A piece of input that is no audit event: why, which item of its list (0 when alone), and its text."""

    reason: str
    index: int
    raw: bytes


class Decoded(msgspec.Struct):
    """What one line held."""

    events: list[Event]
    refusals: list[Refusal]


class _List(msgspec.Struct):
    items: list[msgspec.Raw] | None = None


class NotAnEventError(ValueError):
    """The text is not one audit event."""


_decode_head = msgspec.json.Decoder(Head).decode
_decode_list = msgspec.json.Decoder(_List).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


def decode(line: bytes) -> Decoded:
    """Return the events and refusals in one JSON text, each event with its bytes as they arrived; never raises."""
    decoded = Decoded([], [])
    _decode_into(decoded, line, 0, 0)
    return decoded


def _decode_into(decoded: Decoded, text: bytes, index: int, depth: int) -> None:
    try:
        head = decode_head(text)
    except NotAnEventError as error:
        items = _items(text) if depth < MAX_LIST_DEPTH else None
        if items is None:
            decoded.refusals.append(Refusal(str(error), index, text))
            return
        for number, item in enumerate(items):
            _decode_into(decoded, bytes(item), number, depth + 1)
    else:
        decoded.events.append(Event(text, head))


def decode_head(text: bytes) -> Head:
    """Return the typed keys of one event; raises NotAnEventError."""
    try:
        head = _decode_head(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotAnEventError(str(error)) from None
    if not is_timestamp(event_time(head) or "") or head.kind == "EventList":
        raise NotAnEventError("data not recognized as a k8s audit event")
    return head


def _items(text: bytes) -> list[msgspec.Raw] | None:
    try:
        return _decode_array(text) if text.lstrip()[:1] == b"[" else _decode_list(text).items
    except (msgspec.DecodeError, RecursionError):
        return None
