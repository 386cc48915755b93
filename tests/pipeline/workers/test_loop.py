"""A worker: what it answers, and that nothing ends it but its parent's end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import msgspec
import pytest

from lanner.pipeline.redelivery import digest_of
from lanner.pipeline.workers import loop
from lanner.pipeline.workers.loop import Order, Work
from lanner.pipeline.workers.progress import Place, Progress
from lanner.pipeline.workers.protocol import SLOTS, Message, Request, decode_answer, encode
from lanner.pipeline.workers.slot import Slot
from lanner.sources.pieces import Piece

TRUNCATED = "not JSON: truncated (byte 1)"


@pytest.fixture
def work(rules):
    progress = Progress.create()
    worker = Work(progress)
    worker.use(rules())
    yield worker
    progress.close()


def request(lines: list[bytes], **more) -> Request:
    return Request(list(map(len, lines)), **more)


def test_alerts_carry_the_index_of_their_event_and_its_number(work, event):
    lines = [b"[]", event("a"), event("b", attack=True)]
    answer = work.look_at(4, request(lines, numbers=[7, 8, 9], digests=True), lines)
    assert [(index, msgspec.json.decode(alert)["lanner"]["event"]) for index, alert in answer.alerts] == [(1, 9)]
    assert answer.events == 2
    assert answer.newest == "2024-05-01T10:20:30.000002Z"
    assert answer.digests == digest_of(event("a")) + digest_of(event("b", attack=True))
    assert work._progress.place() == Place(4, 2)


def test_what_is_no_event_is_described_and_what_is_refused_already_not_looked_at(work, event):
    lines = [b"{", event("a", attack=True)]
    answer = work.look_at(1, request(lines, refused={1: "deadly"}), lines)
    found = [(part.line, part.events, [refused.reason for refused in part.refused]) for part in answer.parts]
    assert found == [(0, [], [TRUNCATED]), (1, [], ["deadly"])]
    assert (answer.events, answer.alerts, answer.newest) == (0, [], None)


def test_an_event_that_breaks_the_engine_is_named_and_the_others_looked_at(work, event, monkeypatch):
    real = work._engine.process

    def broken(found, number, hits):
        if found.head.audit_id == "bad":
            raise RecursionError("a defect")
        return real(found, number, hits)

    monkeypatch.setattr(work._engine, "process", broken)
    lines = [event("bad"), event("b", attack=True)]
    answer = work.look_at(1, request(lines), lines)
    ((index, audit_id, trace),) = [(one.event, one.audit_id, one.trace) for one in answer.failures]
    assert (index, audit_id) == (0, "bad")
    assert "a defect" in trace
    assert len(answer.alerts) == 1


def test_it_serves_what_comes_by_the_pipe_until_that_ends(rules, event):
    asked, ask = os.pipe()
    hear, answered = os.pipe()
    progress, slots = Progress.create(), [Slot.create() for _ in range(SLOTS)]
    order = Order(asked, answered, -1, os.dup(progress.descriptor), [os.dup(slot.descriptor) for slot in slots])
    thread = threading.Thread(target=loop.serve, args=(order,))
    thread.start()
    text = b"\n".join([event("a"), event("b", attack=True)])
    for slot, content, head in (
        (1, [event("c", attack=True)], request([event("c", attack=True)], rules=rules().packed)),
        (0, [text], request([text], before=10)),
    ):
        packed = encode(head)
        slots[slot].write(packed, content, len(packed) + len(content[0]))
        os.write(ask, Message(slot, slot + 5, 0, len(packed)).pack())
    messages = [Message.unpack(os.read(hear, len(Message(0, 0, 0).pack()))) for _ in range(2)]
    assert [(message.slot, message.serial) for message in messages] == [(1, 6), (0, 5)]
    answers = [decode_answer(slots[message.slot].read(message.size)) for message in messages]
    assert [answer.events for answer in answers] == [1, 2]
    assert [msgspec.json.decode(alert)["lanner"].get("event") for one in answers for _, alert in one.alerts] == [
        None,
        12,
    ]
    os.close(ask)
    thread.join(10)
    assert not thread.is_alive()
    for descriptor in (asked, hear, answered):
        os.close(descriptor)
    for one in (progress, *slots):
        one.close()


def test_a_piece_is_cut_where_it_is_looked_at(event):
    texts, numbers = Piece([event("a") + b"\n\n", event("b")], 3).texts()
    assert (texts, list(numbers)) == ([event("a"), event("b")], [4, 6])


HANGING = """
import os, re, signal, sys
from lanner.pipeline.workers.loop import die_with_parent
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
die_with_parent(int(sys.argv[1]))
os.write(1, b"ready")
re.match(r"(a+)+$", "a" * 60 + "b")
"""


def test_the_end_of_the_parent_ends_it_even_inside_a_library_that_holds_the_interpreter():
    lifeline, mine = os.pipe()
    command = [sys.executable, "-c", HANGING, str(lifeline)]
    process = subprocess.Popen(command, pass_fds=[lifeline], stdout=subprocess.PIPE)
    os.close(lifeline)
    try:
        assert process.stdout.read(5) == b"ready"
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)
        os.close(mine)
        assert process.wait(20) == -signal.SIGKILL
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
