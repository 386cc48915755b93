"""What a worker and its parent say to each other.

Big things stand in slots of shared memory: a request's head and lines, then the answer in their place. Pipes carry only
the small fixed messages that say which slot to look at; they are shorter than PIPE_BUF, so they come whole.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from lanner.detect.correlate.hits import Hit

SLOTS = 3
"""Batches that one worker has at a time: one in work, the others so that it need not wait for the next."""

_MESSAGE = struct.Struct("<BQQQ")
MESSAGE_BYTES = _MESSAGE.size


class Message(NamedTuple):
    """`slot` holds `size` bytes of batch number `serial`; `head` of them are the request's head."""

    slot: int
    serial: int
    size: int
    head: int = 0

    def pack(self) -> bytes:
        return _MESSAGE.pack(*self)

    @classmethod
    def unpack(cls, data: bytes) -> Message:
        return cls(*_MESSAGE.unpack(data))


class Request(msgspec.Struct, array_like=True):
    """The head of a batch; its lines follow in the slot.

    `lengths` are theirs in bytes, `numbers` their places in a replayed file (empty on the live stream); `before` is not
    negative where all is one piece of text yet to be cut into lines, of which so many stand before it. `refused` says
    why a line must not be looked at. `digests` asks for the digest of each event. `rules` is a packed RuleSet to use
    from this batch on; empty: the one before.
    """

    lengths: list[int]
    numbers: Sequence[int] = []
    before: int = -1
    refused: dict[int, str] = {}
    digests: bool = False
    rules: bytes = b""


class RefusedPart(msgspec.Struct, array_like=True):
    """A piece of a line that is no event: why, and where it stands in the line."""

    reason: str
    start: int
    end: int


class Parts(msgspec.Struct, array_like=True):
    """What stands in a line that is not exactly one event: places of events in it, and of what was refused.

    An event that had to be made from what stands there, as a provider's are, comes as its text.
    `line` is its index in the batch, `number` its number in a replayed file, else 0.
    """

    line: int
    number: int
    events: list[tuple[int, int] | bytes]
    refused: list[RefusedPart]


class Failure(msgspec.Struct, array_like=True):
    """An event on which detection broke: its index in the batch, and what Python said."""

    event: int
    audit_id: str
    trace: str


class Answer(msgspec.Struct, array_like=True):
    """What a worker found in a batch. Lines that are one event each, the usual case, are not mentioned.

    `alerts` are encoded, each with the index of its event in the batch; `newest` is the time of the last event as it
    stands there, `digests` are one after another. `hits` are for correlations, each with the index of its event.
    `shown` are the texts of events with alerts, where what may be shown of them is not what came.
    """

    events: int
    alerts: list[tuple[int, bytes]]
    parts: list[Parts] = []
    failures: list[Failure] = []
    render_errors: int = 0
    newest: str | None = None
    digests: bytes = b""
    hits: list[tuple[int, Hit]] = []
    shown: list[tuple[int, bytes]] = []


encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_answer = msgspec.msgpack.Decoder(Answer).decode
