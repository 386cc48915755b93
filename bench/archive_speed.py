"""What archiving costs on one core, alone and beside detection, in CPU seconds and by the clock, as JSON lines.

`import` is `lanner archive import` of a plain log within this process; `archiver` reads the same events from a spool,
in batches of 500, as in `lanner run`: redaction, stages, columns, Parquet, seals, commits. `both` adds what detection
takes. The log is read some times over; each figure is that of the round with the least CPU time.

Usage: python bench/archive_speed.py [LOG] [--rounds N] [--repeat N] [--profile import|archiver]
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import os
import pstats
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from lanner import content
from lanner.archive.importing import importer
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.audit.decode import decode
from lanner.audit.redaction.redactor import Redactor
from lanner.audit.redaction.settings import RedactionSettings
from lanner.config.folders import DataFolder
from lanner.detect.engine import Engine
from lanner.pipeline.archiver import Archiver
from lanner.rules.loading import load_files
from lanner.settings.model import Settings
from lanner.sources.history import read_lines
from lanner.state.spool import Record, SpoolWriter
from lanner.state.store import Commit, Store
from rules import FALCO

LOG = Path(__file__).parents[1].parent / "shared" / "data" / "audit" / "full.jsonl.zst"
BATCH_LINES = 500
Work = Callable[[Path], object]
Cost = tuple[float, float]
"""CPU seconds of all threads, and seconds."""


def cost(work: Work, rounds: int, prepare: Work = lambda _folder: None) -> Cost:
    """Return what some work in an empty folder takes."""
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="lanner-bench-") as name:
            folder = Path(name)
            prepare(folder)
            gc.collect()
            gc.freeze()  # as both do
            cpu, clock = time.process_time(), time.perf_counter()
            work(folder)
            found.append((time.process_time() - cpu, time.perf_counter() - clock))
            gc.unfreeze()
    return min(found)


def imported(log: Path, *, redacted: bool) -> Work:
    def work(folder: Path) -> None:
        archive = Archive.open(ArchiveSettings(), folder)
        redactor = Redactor(RedactionSettings(), bytes(32)) if redacted else None
        with importer(archive, ArchiveSettings(), redactor=redactor) as imports:
            imports.run(str(log), lambda: read_lines(log))
        archive.close()

    return work


def spooled(lines: list[bytes]) -> Work:
    def prepare(root: Path) -> None:
        folder = DataFolder(root)
        writer, store = SpoolWriter(folder.spool), Store(folder.state)
        for start in range(0, len(lines), BATCH_LINES):
            some = lines[start : start + BATCH_LINES]
            offsets = list(range(start, start + len(some)))
            place = {"source": "file:/log", "origin": "/log", "received": time.time(), "checkpoint": {"offset": start}}
            writer.append([Record(sequence=writer.next_sequence, offsets=offsets, lines=some, **place)])
        store.commit(Commit(sequence=writer.next_sequence - 1, checkpoints={"file:/log": {"offset": start}}))
        store.close()

    return prepare


def archived(*, redacted: bool) -> Work:
    def work(root: Path) -> None:
        settings = Settings(data=str(root), redaction=RedactionSettings(enabled=redacted))
        stop = threading.Event()
        stop.set()  # it archives what the spool holds, and ends
        archiver = Archiver(settings, DataFolder(root))
        archiver.run(stop)
        archiver.close()

    return work


def detected(lines: list[bytes], rules: Path, matching: str) -> Work:
    engine = Engine(load_files([rules]).require().rules, matching=matching)  # type: ignore[arg-type] # of two words

    def work(_folder: Path) -> None:
        for line in lines:
            for event in decode(line).events:
                engine.process(event)

    return work


def report(name: str, found: Cost, events: int) -> Cost:
    cpu, clock = found
    figures = {"events_per_second": round(events / cpu), "us": round(cpu / events * 1e6, 1)}
    print(json.dumps({"what": name, **figures, "by_clock": round(events / clock)}), flush=True)
    return found


def measure(log: Path, rounds: int, repeat: int) -> None:
    lines = [line.data for line in read_lines(log)] * repeat
    events = sum(len(decode(line).events) for line in lines)
    sizes = {"log": log.name, "events": events, "bytes_an_event": sum(map(len, lines)) // events}
    print(json.dumps(sizes), flush=True)
    with tempfile.TemporaryDirectory(prefix="lanner-bench-") as name:
        plain = Path(name) / "log.jsonl"
        plain.write_bytes(b"\n".join(lines) + b"\n")
        for redacted in (True, False):
            words = "redacted" if redacted else "clear"
            report(f"import, {words}", cost(imported(plain, redacted=redacted), rounds), events)
    archive = {
        words: report(
            f"archiver, {words}", cost(archived(redacted=words == "redacted"), rounds, spooled(lines)), events
        )
        for words in ("redacted", "clear")
    }
    for rules, path in (("Falco's rules", FALCO), ("lanner's rules", content.FOLDER)):
        detection = report(f"detection, {rules}", cost(detected(lines, path, "all"), rounds), events)
        for words, other in archive.items():
            both = (detection[0] + other[0], detection[1] + other[1])
            report(f"both, {rules}, {words}", both, events)


def profile(log: Path, part: str) -> None:
    lines = [line.data for line in read_lines(log)]
    work = imported(log, redacted=True) if part == "import" else archived(redacted=True)
    with tempfile.TemporaryDirectory(prefix="lanner-bench-") as name:
        spooled(lines)(Path(name))
        profiler = cProfile.Profile()
        profiler.runcall(work, Path(name))
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("log", nargs="?", type=Path, default=LOG)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--profile", choices=("import", "archiver"))
    options = parser.parse_args()
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    if options.profile:
        profile(options.log, options.profile)
    else:
        measure(options.log, options.rounds, options.repeat)


if __name__ == "__main__":
    main()
