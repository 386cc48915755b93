"""What redaction costs on a real log, in CPU seconds, beside decoding: `python bench/redaction.py [LOG]`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lanner.audit.decode import decode
from lanner.audit.event import Event
from lanner.audit.redaction.redactor import Redactor
from lanner.audit.redaction.settings import RedactionSettings
from lanner.sources.history import read_lines

LOG = Path(__file__).parents[2] / "shared" / "data" / "audit" / "full.jsonl.zst"
ROUNDS = 3


def best_seconds(work: Callable[[Any], object], items: Iterable[Any]) -> float:
    """Return the least CPU seconds of some rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for item in items:
            work(item)
        found.append(time.process_time() - began)
    return min(found)


def main() -> None:
    log = Path(sys.argv[1]) if sys.argv[1:] else LOG
    lines = [line.data for line in read_lines(log)]
    events: list[Event] = [event for line in lines for event in decode(line).events]
    redactor = Redactor(RedactionSettings(), bytes(32))
    for event in events:
        redactor.redact(event.raw, event.head)
    told = {
        "log": log.name,
        "events": len(events),
        "bytes_an_event": sum(map(len, lines)) // len(lines),
        "values": dict(redactor.counts),
        "decode_us": best_seconds(decode, lines) / len(events) * 1e6,
        "redact_us": best_seconds(lambda event: redactor.redact(event.raw, event.head), events) / len(events) * 1e6,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
