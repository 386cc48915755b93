"""Kill -9 at random points while a writer appends and rotates: each event is archived once, each alert given.

A writer appends the shipped log again and again, each event with an auditID of its own, and rotates as kube-apiserver
does. Meanwhile the supervisor with all its children, or one of them, or a detection worker is killed; with the
supervisor and its children dead the workers have to end by themselves. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.audit.decode import decode
from lanner.detect.repeats import Repeats
from lanner.errors import GroundError
from lanner.pipeline.ingest_process import build_engine
from lanner.settings.model import Settings
from lanner.sources.history import read_lines

ROOT = Path(__file__).parents[1]
LOG = ROOT / "examples" / "audit.jsonl.zst"
AUDIT_ID = re.compile(rb'"auditID":"[^"]*"')
SETTINGS = """
data: {folder}/data
log_level: error
workers: {workers}
sources: [{{type: file, path: {folder}/audit.log}}]
outputs: [{{type: file, path: {folder}/alerts.jsonl, format: json}}]
archive: {{keep_stages: [RequestReceived, ResponseStarted, ResponseComplete, Panic], commit_seconds: 2}}
web: {{enabled: false}}
"""


class Writer(threading.Thread):
    """Appends `total` bytes at `rate` bytes a second and rotates every `rotate` bytes, by rename and create."""

    def __init__(self, log: Path, total: int, rate: float, rotate: int) -> None:
        super().__init__(daemon=True)
        self.log, self.total, self.rate, self.rotate = log, total, rate, rotate
        self.lines: list[bytes] = []
        self.bytes = self.rotations = 0

    def run(self) -> None:
        source = [line.data for line in read_lines(LOG)]
        began, in_file, number = time.monotonic(), 0, 0
        file = self.log.open("ab", buffering=0)
        while self.bytes < self.total:
            line = AUDIT_ID.sub(b'"auditID":"crash-%d"' % number, source[number % len(source)], count=1)
            number += 1
            file.write(line + b"\n")
            self.lines.append(line)
            self.bytes += len(line) + 1
            in_file += len(line) + 1
            if in_file >= self.rotate:
                file.close()
                self.rotations += 1
                self.log.rename(self.log.with_name(f"audit-2026-01-01T00-00-{self.rotations:02d}.000.log"))
                file, in_file = self.log.open("ab", buffering=0), 0
            ahead = self.bytes / self.rate - (time.monotonic() - began)
            if ahead > 0.005:
                time.sleep(ahead)
        file.close()


def start(folder: Path) -> subprocess.Popen[bytes]:
    lanner = str(Path(sys.executable).with_name("lanner"))
    return subprocess.Popen([lanner, "run", "-c", str(folder / "lanner.yaml")], start_new_session=True)


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def kill_one(process: subprocess.Popen[bytes]) -> tuple[str, bool]:
    """Kill all but the workers, or one child, or one worker; returns what was killed and whether to start again."""
    family = children(process.pid)
    workers = [worker for child in family for worker in children(child)]
    chance = random.random()
    if not family or chance < 0.5:
        for pid in [process.pid, *family]:
            os.kill(pid, signal.SIGKILL)
        process.wait()
        wait_for_end(workers)
        return "all", True
    what, choice = ("worker", workers) if workers and chance < 0.8 else ("child", family)
    os.kill(random.choice(choice), signal.SIGKILL)
    return what, False


def wait_for_beginning(folder: Path) -> None:
    """Wait until something is durable: of a log without a checkpoint, what was rotated away before is not read."""
    for _ in range(600):
        if any((folder / "data" / "spool").glob("*.seg")):
            return
        time.sleep(0.1)


def wait_for_end(pids: list[int]) -> None:
    """Raise when a worker outlives the process that it worked for."""
    deadline = time.monotonic() + 10
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        if time.monotonic() > deadline:
            raise RuntimeError(f"workers {left} are left behind")
        time.sleep(0.05)


def crash(folder: Path, asked: argparse.Namespace) -> tuple[Writer, Counter[str]]:
    (folder / "lanner.yaml").write_text(SETTINGS.format(folder=folder, workers=asked.workers))
    kills, total, rate = asked.kills, int(asked.megabytes * 1e6), asked.rate * 1e6
    writer = Writer(folder / "audit.log", total, rate, int(asked.rotate * 1e6))
    process, killed = start(folder), Counter[str]()
    writer.start()
    wait_for_beginning(folder)
    span = total / rate
    for _ in range(kills):
        time.sleep(random.uniform(0.2, 1.8) * span / kills)
        what, again = kill_one(process)
        killed[what] += 1
        if again:
            process = start(folder)
    writer.join()
    wait_until_read(folder, len(writer.lines))
    process.terminate()
    process.wait(120)
    return writer, killed


def wait_until_read(folder: Path, events: int) -> None:
    """Wait until the archive has stopped growing."""
    before, same = -1, 0
    for _ in range(300):
        time.sleep(1)
        now = count(folder)
        same = same + 1 if now == before else 0
        before = now
        if now >= events or same > 30:
            return


def count(folder: Path) -> int:
    """Return how many events are archived, 0 while there is no archive yet."""
    try:
        return len(archived(folder, ("audit_text",)))
    except GroundError:
        return 0


def archived(folder: Path, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    archive = Archive.open(ArchiveSettings(), folder / "data" / "archive", create=False)
    table = archive.refresh().scan(selected_fields=columns).to_arrow()
    return list(zip(*(table.column(name).to_pylist() for name in columns), strict=True))


def report(folder: Path, writer: Writer, killed: Counter[str]) -> dict[str, object]:
    expected_events = Counter(decode(line).events[0].head.audit_id for line in writer.lines)
    found_events = Counter(audit_id for (audit_id,) in archived(folder, ("audit_text",)))
    engine = build_engine(Settings())
    # Those that are told once in a time begin anew with each process, and so do some correlations.
    rules = {rule.name for rule in engine.rules}.difference(Repeats(engine.rules).spans)
    expected = {
        (alert.rule, alert.lanner.audit_id)
        for line in writer.lines
        for event in decode(line).events
        for alert in engine.process(event)
        if alert.rule in rules
    }
    given = Counter(
        (alert["rule"], alert["lanner"]["audit_id"])
        for alert in map(json.loads, (folder / "alerts.jsonl").read_text().splitlines())
        if alert["rule"] in rules
    )
    return {
        "megabytes": round(writer.bytes / 1e6, 1),
        "rotations": writer.rotations,
        "kills": dict(killed),
        "events": len(expected_events),
        "events_missing": len(expected_events - found_events),
        "events_doubled": sum(1 for count in found_events.values() if count > 1),
        "events_strange": len(set(found_events) - set(expected_events)),
        "alerts": len(expected),
        "alerts_missing": len(expected - set(given)),
        "alerts_repeated": sum(count - 1 for count in given.values()),
        "alerts_strange": len(set(given) - expected),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--megabytes", type=float, default=200)
    parser.add_argument("--rate", type=float, default=2.5, help="megabytes a second")
    parser.add_argument("--rotate", type=float, default=15, help="megabytes a file")
    parser.add_argument("--workers", type=int, default=2, help="detection workers; 1: ingest detects itself")
    parser.add_argument("--keep", help="folder to work in and keep")
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args()
    random.seed(asked.seed)
    with tempfile.TemporaryDirectory(prefix="lanner-crash-") as name:
        folder = Path(asked.keep or name)
        folder.mkdir(exist_ok=True, parents=True)
        writer, killed = crash(folder, asked)
        print(json.dumps(report(folder, writer, killed)))


if __name__ == "__main__":
    main()
