"""Events per second of decode and match on real logs, one core, beside the floor of decoding alone.

Usage: python bench/detect.py [LOG ...] [--rules FILE]; logs may be packed. Without a log the shared ones are used.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from lanner.audit.decode import decode
from lanner.detect.engine import Engine
from lanner.rules.falco.documents import load_files
from lanner.sources.history import read_lines

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
LOGS = [SHARED / "audit" / name for name in ("full.jsonl.zst", "recommended_policy.jsonl.zst")]
RULES = SHARED / "falco_rules" / "k8saudit" / "k8s_audit_rules.yaml"
ROUNDS = 5


class FloorHead(msgspec.Struct, rename="camel"):
    """The least that a detector must decode: typed head, bodies as raw text."""

    stage: str
    verb: str
    user: msgspec.Raw
    audit_id: str = msgspec.field(name="auditID")
    object_ref: msgspec.Raw = msgspec.Raw(b"")
    request_object: msgspec.Raw = msgspec.Raw(b"")
    response_object: msgspec.Raw = msgspec.Raw(b"")


def best(work: Callable[[], object]) -> float:
    """Return the seconds of the quickest round."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def detect(engine: Engine, lines: list[bytes]) -> int:
    alerts = 0
    for line in lines:
        for event in decode(line).events:
            alerts += len(engine.process(event))
    return alerts


def measure(log: Path, rules: Path) -> None:
    lines = [line.data for line in read_lines(log)]
    loaded = load_files([rules]).rules
    size = sum(map(len, lines)) / len(lines) / 1000
    print(f"{log.name}: {len(lines)} events, {size:.1f} KB each")
    floor = msgspec.json.Decoder(FloorHead).decode
    report("msgspec floor", best(lambda: [floor(line) for line in lines]), len(lines))
    report("decode", best(lambda: [decode(line) for line in lines]), len(lines))
    for matching in ("first", "all"):
        engine = Engine(loaded, matching=matching)
        alerts = detect(engine, lines)
        report(f"decode and detect, {matching}, {alerts} alerts", best(partial(detect, engine, lines)), len(lines))


def report(what: str, seconds: float, events: int) -> None:
    print(f"  {what:45} {events / seconds:>10,.0f} events/s {seconds / events * 1e6:8.2f} us/event")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", nargs="*", type=Path, default=LOGS)
    parser.add_argument("--rules", type=Path, default=RULES)
    arguments = parser.parse_args()
    for log in arguments.logs:
        measure(log, arguments.rules)


if __name__ == "__main__":
    main()
