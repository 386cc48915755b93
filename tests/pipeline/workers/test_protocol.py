"""What parent and worker say to each other survives the way."""

from __future__ import annotations

import select

from hypothesis import given
from hypothesis import strategies as st

from lanner.pipeline.workers.protocol import (
    MESSAGE_BYTES,
    SLOTS,
    Answer,
    Failure,
    Message,
    Parts,
    RefusedPart,
    Request,
    decode_answer,
    decode_request,
    encode,
)

SIZE = st.integers(0, 2**63)


@given(st.integers(0, 255), SIZE, SIZE, SIZE)
def test_messages_have_one_size_and_come_whole(slot, serial, size, head):
    message = Message(slot, serial, size, head)
    assert len(message.pack()) == MESSAGE_BYTES
    assert Message.unpack(message.pack()) == message
    assert MESSAGE_BYTES * SLOTS < select.PIPE_BUF


def test_requests_and_answers_are_read_as_written():
    request = Request([3, 0], [10, 12], -1, {1: "too long"}, digests=True, rules=b"\x80rules")
    answer = Answer(
        2,
        [(0, b"{}")],
        [Parts(1, 12, [(0, 5)], [RefusedPart("not JSON", 5, 9)])],
        [Failure(1, "id", "Traceback")],
        render_errors=1,
        newest="2026-01-01T00:00:00Z",
        digests=b"\0" * 16,
    )
    assert decode_request(encode(request)) == request
    assert decode_answer(encode(answer)) == answer
