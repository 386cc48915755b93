"""Throughput, memory and endurance of a whole `lanner run`: ingest, archiver and page.

A writer appends the shipped log again and again, each event with an auditID of its own and its times moved to now, to
a file that it rotates and whose read parts it deletes: as fast as lanner takes it, or at --rate events a second. Every
second memory, files, threads, spool, state and archive are looked at. Prints one JSON object; --samples keeps them all.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

from lanner.errors import GroundError
from lanner.sources.history import read_lines
from lanner.state.store import Store

ROOT = Path(__file__).parents[1]
LOG = ROOT / "examples" / "audit.jsonl.zst"
ROTATE_BYTES = 100 * 1000 * 1000
AHEAD_EVENTS = 60_000
CHUNK_EVENTS = 500
PORT = 18767
STAMPS = re.compile(rb'("auditID":"|"requestReceivedTimestamp":"|"stageTimestamp":")([^"]*)')
# A supervisor starts its parts in this order, so their process ids rise in it.
PARTS = ("ingest", "archiver", "web")
MIB = 1024 * 1024


class Sample(TypedDict, total=False):
    seconds: float
    written: int
    events: int
    archived: int
    alerts: int
    lag: float | None
    rss: dict[str, float]
    pss: dict[str, float]
    files: dict[str, int]
    threads: dict[str, int]
    cpu: dict[str, float]
    spool: int
    state: int
    wal: int
    parquet: int
    parquet_bytes: int
    metadata_files: int
    metadata_bytes: int
    newest_metadata_bytes: int
    problem: str


class Writer(threading.Thread):
    """Appends `total` events and rotates; `taken` is what lanner has read: it bounds how far it runs ahead."""

    def __init__(self, log: Path, total: int, rate: float) -> None:
        super().__init__(daemon=True)
        self.log, self.total, self.rate = log, total, rate
        self.written = self.taken = 0
        self.stopped = threading.Event()
        self._templates = [STAMPS.split(line.data) for line in read_lines(LOG)]
        self._rotated: deque[tuple[Path, int]] = deque()

    def run(self) -> None:
        began = time.monotonic()
        file = self.log.open("ab", buffering=0)
        while self.written < self.total and not self.stopped.is_set():
            self._wait(began)
            file.write(self._chunk(min(CHUNK_EVENTS, self.total - self.written)))
            if file.tell() >= ROTATE_BYTES:
                file.close()
                file = self._rotate()
        file.close()

    def _wait(self, began: float) -> None:
        if self.rate:
            self.stopped.wait(max(0.0, began + self.written / self.rate - time.monotonic()))
        while self.written - self.taken > AHEAD_EVENTS and not self.stopped.wait(0.02):
            continue

    def _chunk(self, count: int) -> bytes:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
        lines = [self._line(number, now) for number in range(self.written, self.written + count)]
        self.written += count
        return b"".join(lines)

    def _line(self, number: int, now: bytes) -> bytes:
        turn, index = divmod(number, len(self._templates))
        pieces = list(self._templates[index])
        for place in range(1, len(pieces), 3):
            # The stages of a request keep one auditID and one time of receipt.
            key, value = pieces[place], pieces[place + 1]
            if key.startswith(b'"auditID'):
                pieces[place + 1] = b"%08x%s" % (turn, value[8:])
            elif key.startswith(b'"stage'):
                pieces[place + 1] = now
        return b"".join(pieces) + b"\n"

    def _rotate(self) -> Any:
        aside = self.log.with_name(datetime.now(UTC).strftime("audit-%Y-%m-%dT%H-%M-%S.%f")[:-3] + ".log")
        self.log.rename(aside)
        self._rotated.append((aside, self.written))
        while len(self._rotated) > 2 and self._rotated[0][1] < self.taken:
            self._rotated.popleft()[0].unlink()
        return self.log.open("ab", buffering=0)


class Reader(threading.Thread):
    """What people do meanwhile: asks the page and the API once a second."""

    PATHS = ("/api/v1/alerts", "/api/v1/status", "/")

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stopped = threading.Event()
        self.answers = self.failures = 0

    def run(self) -> None:
        number = 0
        while not self.stopped.wait(1.0):
            path = self.PATHS[number % len(self.PATHS)]
            number += 1
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=10) as answer:
                    answer.read()
                self.answers += 1
            except OSError:
                self.failures += 1


class Looker:
    """Looks at the processes and the data folder of a running lanner."""

    def __init__(self, pid: int, data: Path) -> None:
        self._pid, self._data = pid, data
        self._began = time.monotonic()
        self._store: Store | None = None
        self.statuses: dict[str, dict[str, Any]] = {}

    def read_statuses(self) -> None:
        with contextlib.suppress(GroundError, OSError):
            self._store = self._store or Store(self._data / "state.db", read_only=True)
            self.statuses = self._store.statuses()

    def processes(self) -> dict[str, int]:
        try:
            text = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text()
        except OSError:
            return {}
        children = sorted(map(int, text.split()))
        return {"supervisor": self._pid, **dict(zip(PARTS, children, strict=False))}

    def look(self) -> Sample:
        ingest, archiver = self.statuses.get("ingest", {}), self.statuses.get("archiver", {})
        sample = Sample(
            seconds=round(time.monotonic() - self._began, 2),
            events=ingest.get("events", 0),
            alerts=ingest.get("alerts", 0),
            lag=ingest.get("lag_seconds"),
            archived=archiver.get("total_events", 0),
            problem=ingest.get("problem", "") or archiver.get("problem", ""),
            spool=_size(self._data / "spool"),
            state=_size(self._data / "state.db"),
            wal=_size(self._data / "state.db-wal"),
            rss={},
            pss={},
            files={},
            threads={},
            cpu={},
        )
        for name, pid in self.processes().items():
            with contextlib.suppress(OSError, KeyError):
                _look_at(sample, name, pid)
        sample.update(_archive(self._data / "archive"))
        return sample


def _look_at(sample: Sample, name: str, pid: int) -> None:
    memory = dict(re.findall(r"(?m)^(\w+): +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text()))
    sample["rss"][name] = round(int(memory["Rss"]) / 1024, 1)
    sample["pss"][name] = round(int(memory["Pss"]) / 1024, 1)
    sample["files"][name] = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    sample["cpu"][name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    sample["threads"][name] = int(fields[17])


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(_size(each) for each in path.iterdir())
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _archive(folder: Path) -> Sample:
    found = Sample(parquet=0, parquet_bytes=0, metadata_files=0, metadata_bytes=0, newest_metadata_bytes=0)
    newest = 0.0
    for path in folder.rglob("*.*"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        if path.suffix == ".parquet":
            found["parquet"] += 1
            found["parquet_bytes"] += stat.st_size
        elif path.suffix in {".json", ".avro"}:
            found["metadata_files"] += 1
            found["metadata_bytes"] += stat.st_size
            if path.suffix == ".json" and stat.st_mtime > newest:
                newest, found["newest_metadata_bytes"] = stat.st_mtime, stat.st_size
    return found


def soak(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    (folder / "audit.log").touch()
    (folder / "lanner.yaml").write_text(_settings(arguments, folder))
    pinned = ["taskset", "-c", arguments.cpus] if arguments.cpus else []
    command = [*pinned, str(Path(sys.executable).with_name("lanner")), "run", "-c", str(folder / "lanner.yaml")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    looker = Looker(process.pid, folder / "data")
    writer, reader = Writer(folder / "audit.log", arguments.events, arguments.rate), Reader()
    try:
        _wait_ready(looker)
        reader.start()
        writer.start()
        samples = _watch(looker, writer, arguments)
    finally:
        writer.stopped.set()
        reader.stopped.set()
        process.send_signal(signal.SIGTERM)
        process.wait(120)
    if arguments.samples:
        arguments.samples.write_text("".join(json.dumps(sample) + "\n" for sample in samples))
    return {"answers": reader.answers, "failed answers": reader.failures} | summary(samples, arguments.events)


def _settings(arguments: argparse.Namespace, folder: Path) -> str:
    return (
        f"data: {folder}/data\nlog_level: warning\nsources: [{{type: file, path: {folder}/audit.log}}]\n"
        f"outputs: [{{type: file, path: {folder}/alerts.jsonl, format: json}}]\n"
        f"archive: {{commit_seconds: {arguments.commit_seconds}, compact: {{seconds: {arguments.compact_seconds}}}}}\n"
        f"spool: {{max_bytes: {arguments.spool_bytes}}}\n"
        f'web: {{listen: "127.0.0.1:{PORT}"}}\n'
    )


def _wait_ready(looker: Looker) -> None:
    deadline = time.monotonic() + 60
    while "archiver" not in looker.statuses and time.monotonic() < deadline:
        time.sleep(0.2)
        looker.read_statuses()


def _watch(looker: Looker, writer: Writer, arguments: argparse.Namespace) -> list[Sample]:
    """Look each second until all is archived, or nothing more happens, or the time is over."""
    samples: list[Sample] = []
    deadline = time.monotonic() + arguments.seconds
    due = still = 0.0
    while time.monotonic() < deadline and still < 3 * max(arguments.commit_seconds, 2):
        time.sleep(0.1)
        looker.read_statuses()
        writer.taken = looker.statuses.get("ingest", {}).get("events", 0)
        if time.monotonic() < due:
            continue
        due = time.monotonic() + 1.0
        sample = looker.look()
        sample["written"] = writer.written
        done = samples and not writer.is_alive() and sample["archived"] == samples[-1]["archived"]
        still = still + 1.0 if done else 0.0
        samples.append(sample)
        if arguments.verbose:
            print(json.dumps(sample), file=sys.stderr, flush=True)
    return samples


def summary(samples: list[Sample], total: int) -> dict[str, Any]:
    last = samples[-1]
    marks = {f"{part} %": _at(samples, total * part / 100) for part in (10, 50, 100)}
    return {
        "events": last["events"],
        "archived": last["archived"],
        "alerts": last["alerts"],
        "ingest events/s": _rate(samples, "events"),
        "archive events/s": _rate(samples, "archived"),
        "cpu seconds": last["cpu"],
        "rss MB": {name: _memory(sample, "rss") for name, sample in marks.items()},
        "pss MB": {name: _memory(sample, "pss") for name, sample in marks.items()},
        "rss MB at the end": _memory(last, "rss"),
        "peak of rss MB, sum": max(sum(sample["rss"].values()) for sample in samples),
        "peak of pss MB, sum": max(sum(sample["pss"].values()) for sample in samples),
        "slope, MB per million events": {part: _slope(samples, part) for part in ("supervisor", *PARTS)},
        "threads": last["threads"],
        "open files": last["files"],
        "peaks": {
            key: max(sample[key] for sample in samples)
            for key in ("spool", "state", "wal", "metadata_files", "metadata_bytes", "newest_metadata_bytes")
        },
        "archive": {key: last[key] for key in ("parquet", "parquet_bytes", "metadata_files", "metadata_bytes")},
        "worst lag s": max((sample["lag"] or 0.0 for sample in samples), default=0.0),
        "problems": sorted({sample["problem"] for sample in samples if sample["problem"]}),
    }


def _at(samples: list[Sample], events: float) -> Sample:
    return next((sample for sample in samples if sample["events"] >= events), samples[-1])


def _memory(sample: Sample, kind: str) -> dict[str, float]:
    each = sample[kind]
    return each | {"sum": round(sum(each.values()), 1)}


def _rate(samples: list[Sample], key: str) -> float:
    """Events a second between the first second of work and the last that brought any."""
    first = next((sample for sample in samples if sample[key]), samples[0])
    last = next(sample for sample in samples if sample[key] == samples[-1][key])
    return round((last[key] - first[key]) / max(last["seconds"] - first["seconds"], 1e-9))


def _slope(samples: list[Sample], part: str) -> float:
    """Least squares of resident memory over events taken, from a tenth of the events on."""
    late = [sample for sample in samples if sample["events"] >= samples[-1]["events"] / 10 and part in sample["rss"]]
    if len(late) < 2:
        return 0.0
    xs = [max(sample["events"], sample["archived"]) / 1e6 for sample in late]
    ys = [sample["rss"][part] for sample in late]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((one - x) ** 2 for one in xs)
    return round(sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / spread, 1) if spread else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=0.0, help="events a second; 0: as fast as lanner takes them")
    parser.add_argument("--seconds", type=float, default=3600.0, help="end at the latest after so long")
    parser.add_argument("--cpus", default="", help="pin lanner, not the writer, to these, as taskset names them")
    parser.add_argument("--commit-seconds", type=float, default=10.0)
    parser.add_argument("--compact-seconds", type=float, default=60.0, help="how often background compaction looks")
    parser.add_argument("--spool-bytes", type=int, default=4 * 1024 * MIB)
    parser.add_argument("--samples", type=Path, help="write each look as a line of JSON here")
    parser.add_argument("--verbose", action="store_true", help="print each look to standard error")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lanner-soak-") as name:
        print(json.dumps(soak(arguments, Path(name)), indent=1))


if __name__ == "__main__":
    main()
