"""A worker process: takes a batch out of shared memory, decodes and detects, puts its answer in the same place.

It holds nothing that must not be lost: the parent keeps each batch until it has the answer.
"""

from __future__ import annotations

import fcntl
import gc
import itertools
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable

import msgspec

from lanner.audit.decode import Decoded, Refusal, decode
from lanner.audit.event import Event, event_time
from lanner.detect.alert import Alert
from lanner.detect.correlate.hits import Hit
from lanner.pipeline.redelivery import digest_of
from lanner.pipeline.workers.progress import Progress
from lanner.pipeline.workers.protocol import (
    MESSAGE_BYTES,
    Answer,
    Failure,
    Message,
    Parts,
    RefusedPart,
    Request,
    decode_request,
    encode,
)
from lanner.pipeline.workers.ruleset import FORMS, RuleSet
from lanner.pipeline.workers.slot import Slot
from lanner.sources.pieces import Piece

TRACE_CHARACTERS = 4000


class Order(msgspec.Struct):
    """What a worker is started with: its ends of the pipes, and the shared memory."""

    requests: int
    answers: int
    lifeline: int
    progress: int
    slots: list[int]


class Work:
    """Detects in one batch after another with the rules it was last given."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def use(self, rules: RuleSet) -> None:
        """Take other rules."""
        self._engine = rules.engine()
        self._form: Callable[[Alert], bytes] = FORMS[rules.form]
        gc.collect()
        gc.freeze()  # the rules live long and are many

    def look_at(self, serial: int, request: Request, lines: list[bytes]) -> Answer:
        """Return what is in the lines, and say on the way which of them is being looked at."""
        answer = Answer(events=0, alerts=[])
        before = self._engine.render_errors
        self._progress.begin(serial)
        last = self._look_at_all(zip(lines, request.numbers or itertools.repeat(0), strict=False), request, answer)
        answer.newest = None if last is None else event_time(last.head)
        answer.render_errors = self._engine.render_errors - before
        return answer

    def _look_at_all(self, lines: Iterable[tuple[bytes, int]], request: Request, answer: Answer) -> Event | None:
        """Fill the answer and return the last event. What is done here is done for each event: it is kept short."""
        process, form, place = self._engine.process, self._form, self._progress.numbers
        refused, digests, event = request.refused, request.digests, None
        hits: list[Hit] = []
        for index, (line, number) in enumerate(lines):
            place[1] = index
            decoded = Decoded([], [Refusal(refused[index], 0, line)]) if index in refused else decode(line)
            events = decoded.events
            if len(events) != 1 or decoded.refusals or events[0].raw is not line:
                answer.parts.append(Parts(index, number, *_parts(line, decoded)))
            for event in events:
                try:
                    if alerts := process(event, number, hits):
                        answer.alerts += [(answer.events, form(alert)) for alert in alerts]
                        if (shown := self._engine.shown(event)) is not event:
                            answer.shown.append((answer.events, shown.raw))
                    if hits:
                        answer.hits += [(answer.events, hit) for hit in hits]
                        hits.clear()
                except Exception:  # noqa: BLE001 - an event that breaks the engine must not end the watch over others
                    answer.failures.append(_failure(answer.events, event))
                answer.events += 1
                if digests:
                    answer.digests += digest_of(event.raw)
        return event


def _failure(index: int, event: Event) -> Failure:
    return Failure(index, event.head.audit_id or "", traceback.format_exc()[-TRACE_CHARACTERS:])


def _parts(line: bytes, decoded: Decoded) -> tuple[list[tuple[int, int] | bytes], list[RefusedPart]]:
    """Find events and refusals in their line: each is a piece of it, and they come in its order."""
    events: list[tuple[int, int] | bytes] = []
    end = 0
    for event in decoded.events:
        if event.line:
            events.append(event.raw)
            continue
        start = line.index(event.raw, end)
        end = start + len(event.raw)
        events.append((start, end))
    refused: list[RefusedPart] = []
    end = 0
    for refusal in decoded.refusals:
        start = line.index(refusal.raw, end)
        end = start + len(refusal.raw)
        refused.append(RefusedPart(refusal.reason, start, end))
    return events, refused


def serve(order: Order) -> None:
    """Answer requests until a pipe ends."""
    slots = [Slot(descriptor) for descriptor in order.slots]
    work = Work(Progress(order.progress))
    while data := os.read(order.requests, MESSAGE_BYTES):
        message = Message.unpack(data)
        slot = slots[message.slot]
        request = decode_request(slot.read(message.head))
        lines = slot.cut(message.head, request.lengths)
        if request.before >= 0:
            lines, request.numbers = Piece(lines, request.before).texts()
        if request.rules:
            work.use(RuleSet.unpack(request.rules))
        answer = encode(work.look_at(message.serial, request, lines))
        slot.write(answer, (), len(answer))
        try:
            os.write(order.answers, Message(message.slot, message.serial, len(answer)).pack())
        except BrokenPipeError:
            return  # the parent is gone; whoever comes after it has the batch from its source


def die_with_parent(lifeline: int) -> None:
    """Have the kernel kill this process when the pipe's other end closes, even while it hangs in a library's code.

    The pipe says that it is readable by SIGIO, here SIGKILL instead (F_SETSIG in fcntl(2)); nobody ever writes to it.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def main(text: str) -> None:
    """Run as the process that `process.py` starts; `text` is an Order as JSON."""
    order = msgspec.json.decode(text, type=Order)
    # The parent ends its workers, after it has their answers: signals to the whole group are for the parent.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    die_with_parent(order.lifeline)
    serve(order)


if __name__ == "__main__":
    main(sys.argv[1])
