"""Events per CPU second of decode and match on real logs, one core, at 48, 480 and 4,800 rules, as JSON lines.

Each figure is the quickest of some rounds. Beside it stands the floor of decoding alone, measured in the same run. Each
rule set (see rules.py) runs in a process of its own, which first reads the log once as a stream: that gives what the
first events cost and the peak of its resident memory; then it measures rounds over the log in memory.

Usage: python bench/detect.py [LOG ...] [--rules COUNT ...] [--matching first|all] [--flood EVENTS]
Logs may be packed; without one the shared ones are used. --flood: each event has a resource and verb never seen before.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from lanner.audit.decode import decode
from lanner.detect.engine import Engine
from lanner.rules.compile import compile_conditions
from lanner.rules.falco.documents import load_files, load_texts
from lanner.sources.history import read_lines
from rules import FALCO, document, many

AUDIT = Path(__file__).parents[1].parent / "shared" / "data" / "audit"
LOGS = [AUDIT / name for name in ("full.jsonl.zst", "recommended_policy.jsonl.zst")]
COUNTS = (48, 480, 4800)
ROUNDS = 7
FLOOD_STEPS = 10


class FloorHead(msgspec.Struct, rename="camel"):
    """The least that a detector must decode: typed head, bodies as raw text."""

    stage: str
    verb: str
    user: msgspec.Raw
    audit_id: str = msgspec.field(name="auditID")
    object_ref: msgspec.Raw = msgspec.Raw(b"")
    request_object: msgspec.Raw = msgspec.Raw(b"")
    response_object: msgspec.Raw = msgspec.Raw(b"")


def cpu_seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the CPU seconds of the quickest round."""
    return min(cpu_seconds_once(work) for _ in range(rounds))


def cpu_seconds_once(work: Callable[[], object]) -> float:
    started = time.thread_time()
    work()
    return time.thread_time() - started


def peak_mib() -> float:
    """Return the peak of resident memory of this process; getrusage would give that of the process it came from."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def report(**figures: Any) -> None:
    rounded = {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}
    print(json.dumps(rounded), flush=True)


def rate(name: str, seconds: float, events: int) -> dict[str, float]:
    return {f"{name}_events_per_second": round(events / seconds), f"{name}_us": seconds / events * 1e6}


def decoding(log: Path) -> None:
    """Report the floor and lanner's decoding."""
    lines = [line.data for line in read_lines(log)]
    floor = msgspec.json.Decoder(FloorHead).decode
    report(
        log=log.name,
        events=len(lines),
        kilobytes=sum(map(len, lines)) / len(lines) / 1000,
        **rate("floor", cpu_seconds(partial(each, floor, lines)), len(lines)),
        **rate("decode", cpu_seconds(partial(each, decode, lines)), len(lines)),
    )


def each(function: Callable[[bytes], object], lines: list[bytes]) -> None:
    for line in lines:
        function(line)


def detection(log: Path, count: int, matching: str) -> None:
    """Report what a rule set costs on a log, in this process."""
    began = peak_mib()
    rules = many(load_files([FALCO]).rules, count)
    made: list[Engine] = []
    compiling = cpu_seconds_once(lambda: made.append(Engine(rules, matching=matching)))  # type: ignore[arg-type] # of our own parser
    engine = made[0]
    gc.collect()
    gc.freeze()  # as `lanner run` does: rules live long and are many
    first = first_pass(engine, log)
    resident = peak_mib()
    lines = [line.data for line in read_lines(log)]
    matcher = compile_conditions([rule.condition for rule in engine.rules])
    match = matcher.match if matching == "all" else matcher.first
    report(
        log=log.name,
        rules=count,
        matching=matching,
        **rate("detect", cpu_seconds(lambda: sum(map(len, alerts(engine, lines)))), len(lines)),
        **rate("without_alerts", cpu_seconds(lambda: [match(event) for event in events(lines)]), len(lines)),
        **first,
        compile_seconds=compiling,
        resident_mib=round(resident),
        resident_at_start_mib=round(began),
    )


def events(lines: list[bytes]) -> Iterator[Any]:
    for line in lines:
        yield from decode(line).events


def alerts(engine: Engine, lines: list[bytes]) -> Iterator[list[Any]]:
    return (engine.process(event) for event in events(lines))


def first_pass(engine: Engine, log: Path) -> dict[str, Any]:
    """Feed a new engine, and tell what the first event of each class and all events cost it."""
    costs: list[float] = []
    firsts: list[float] = []
    seen = set()
    found = 0
    for line in read_lines(log):
        for event in decode(line.data).events:
            started = time.thread_time()
            found += len(engine.process(event))
            costs.append(time.thread_time() - started)
            ref = event.head.object_ref
            known = (event.head.stage, event.head.verb, ref and ref.resource, ref and ref.subresource)
            if known not in seen:
                seen.add(known)
                firsts.append(costs[-1])
    costs.sort()
    firsts.sort()
    return {
        "alerts": found,
        "classes": len(firsts),
        "first_of_class_ms_p50": firsts[len(firsts) // 2] * 1e3,
        "first_of_class_ms_p90": firsts[len(firsts) * 9 // 10] * 1e3,
        "first_of_class_ms_worst": firsts[-1] * 1e3,
        "first_pass_ms": sum(costs) * 1e3,
        "first_pass_ms_p99": costs[len(costs) * 99 // 100] * 1e3,
        "first_pass_ms_worst": costs[-1] * 1e3,
        "first_pass_above_10_ms": sum(cost > 0.01 for cost in costs),
    }


def loading(count: int) -> None:
    """Report what loading a rules file costs."""
    text = document(many(load_files([FALCO]).rules, count))
    report(rules=count, load_seconds=cpu_seconds_once(lambda: load_texts([("rules.yaml", text)])))


def flood(count: int) -> None:
    """Report memory and speed while every event brings a resource, a subresource and a verb never seen."""
    engine = Engine(many(load_files([FALCO]).rules, COUNTS[-1]))
    line = (
        b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"%d","stage":"ResponseComplete","verb":"verb%d",'
        b'"user":{"username":"mallory"},"objectRef":{"resource":"made-up-%d","subresource":"s%d","namespace":"n%d"},'
        b'"requestURI":"/apis/%d","stageTimestamp":"2026-11-23T10:00:01.000037Z"}'
    )
    step = max(1, count // FLOOD_STEPS)
    for start in range(0, count, step):
        lines = [line % ((number,) * 6) for number in range(start, start + step)]
        seconds = cpu_seconds_once(lambda lines=lines: sum(map(len, alerts(engine, lines))))  # type: ignore[misc] # a default binds the loop's lines
        report(flood=start + step, **rate("detect", seconds, step), resident_mib=round(peak_mib()))


def apart(*arguments: str) -> None:
    """Run one measurement in a process of its own."""
    subprocess.run([sys.executable, __file__, *arguments], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="*", type=Path, default=LOGS)
    parser.add_argument("--rules", nargs="+", type=int, default=COUNTS, help="sizes of rule sets")
    parser.add_argument("--matching", choices=["first", "all"], help="only this")
    parser.add_argument("--flood", type=int, metavar="EVENTS", help="only this: events of new resources and verbs")
    parser.add_argument("--here", action="store_true", help="measure the one log, size and matching in this process")
    arguments = parser.parse_args()
    if arguments.flood:
        flood(arguments.flood)
    elif arguments.here:
        detection(arguments.logs[0], arguments.rules[0], arguments.matching)
    else:
        everything(arguments)


def everything(arguments: argparse.Namespace) -> None:
    for log in arguments.logs:
        decoding(log)
        for count in arguments.rules:
            for matching in [arguments.matching] if arguments.matching else ("first", "all"):
                apart(str(log), "--rules", str(count), "--matching", matching, "--here")
    for count in arguments.rules:
        loading(count)


if __name__ == "__main__":
    main()
