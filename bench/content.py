"""CPU seconds of the whole way of an event with lanner's own rules: decode, match, correlate, group, redact.

Each log is read as a stream in a process of its own, several times over: the first pass finds nothing compiled, the
quickest of the others counts as warm. What correlations and incidents remember begins anew with each pass. Unpacking,
the spool, the state and the outputs are not in it. `redacting` and `correlating` say what is gone without them.
Prints JSON lines.

Usage: python bench/content.py [LOG ...] [--passes 5] [--rules F ...]
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from detect import LOGS, peak_mib, report
from lanner import content
from lanner.audit.decode import decode
from lanner.audit.redaction.redactor import Redactor
from lanner.audit.redaction.settings import RedactionSettings
from lanner.detect.engine import Engine
from lanner.outputs.throttle import Throttle, ThrottleSettings
from lanner.pipeline.ingest import Detector
from lanner.rules.loading import LoadedRules, load_files
from lanner.sources.history import read_lines

BATCH_LINES = 200


def batches(log: Path) -> Iterator[list[bytes]]:
    lines = (line.data for line in read_lines(log))
    while batch := list(islice(lines, BATCH_LINES)):
        yield batch


def detector(engine: Engine, redactor: Redactor) -> Detector:
    return Detector(engine, Throttle(ThrottleSettings()), redactor)


def one_pass(log: Path, engine: Engine, redactor: Redactor) -> dict[str, Any]:
    """Feed a log to an engine whose correlations know nothing yet."""
    detecting = detector(engine, redactor)
    events = alerts = 0
    seconds = worst = 0.0
    for batch in batches(log):
        started = time.thread_time()
        found = [event for line in batch for event in decode(line).events]
        alerts += len(detecting.look_at(found)[0])
        took = time.thread_time() - started
        events, seconds, worst = events + len(found), seconds + took, max(worst, took)
    return {
        "events": events,
        "alerts": alerts,
        "incidents": detecting.grouping.open,
        "seconds": seconds,
        "worst": worst,
    }


def decoding(log: Path, passes: int) -> float:
    """Return the CPU seconds of decoding alone."""
    return min(sum(map(decode_batch, batches(log))) for _ in range(passes))


def decode_batch(batch: list[bytes]) -> float:
    started = time.thread_time()
    for line in batch:
        decode(line)
    return time.thread_time() - started


def warm(log: Path, engine: Engine, redactor: Redactor, passes: int) -> dict[str, Any]:
    runs = [one_pass(log, engine, redactor) for _ in range(passes)]
    return min(runs, key=lambda run: float(run["seconds"]))


def measure(log: Path, loaded: LoadedRules, passes: int) -> None:
    """Report what all of it costs, and what there is without redaction and without correlations."""
    redactor = Redactor(RedactionSettings(), bytes(32))
    began = time.thread_time()
    engine = Engine(loaded.rules, correlations=loaded.correlations, shown=redactor.redact_event)
    compiling = time.thread_time() - began
    gc.collect()
    gc.freeze()  # as `lanner run` does: rules live long and are many
    first = one_pass(log, engine, redactor)
    resident = peak_mib()
    best = warm(log, engine, redactor, passes)
    clear = warm(log, Engine(loaded.rules, correlations=loaded.correlations), redactor, passes)
    alone = warm(log, Engine(loaded.rules, shown=redactor.redact_event), redactor, passes)
    events = first["events"]

    def us(seconds: float) -> float:
        return seconds / events * 1e6

    report(
        log=log.name,
        events=events,
        rules=len(engine.rules),
        correlations=len(engine.correlations),
        alerts=first["alerts"],
        incidents=first["incidents"],
        first_pass_us=us(first["seconds"]),
        first_pass_events_per_second=round(events / first["seconds"]),
        first_pass_worst_batch_ms=first["worst"] * 1e3,
        warm_us=us(best["seconds"]),
        warm_events_per_second=round(events / best["seconds"]),
        warm_worst_batch_ms=best["worst"] * 1e3,
        decoding_us=us(decoding(log, passes)),
        redacting_us=us(best["seconds"] - clear["seconds"]),
        correlating_us=us(best["seconds"] - alone["seconds"]),
        compiling_seconds=compiling,
        peak_mib=round(resident),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="*", type=Path, default=LOGS)
    parser.add_argument("--passes", type=int, default=5, help="warm passes")
    parser.add_argument("--rules", nargs="+", type=Path, default=[content.FOLDER], help="other rules than lanner's own")
    parser.add_argument("--here", action="store_true", help="measure the one log in this process")
    asked = parser.parse_args()
    if asked.here:
        measure(asked.logs[0], load_files(asked.rules).require(), asked.passes)
        return
    for log in asked.logs:
        options = ["--here", "--passes", str(asked.passes), "--rules", *map(str, asked.rules)]
        subprocess.run([sys.executable, __file__, str(log), *options], check=True)


if __name__ == "__main__":
    main()
