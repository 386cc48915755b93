"""One process that detects against several: events per second, processor time per event, memory of each process.

Rounds with different numbers of workers follow one another, and the best of each counts: other programs on the machine
disturb the longer runs more. A replay runs over a log some times and over twice as many: the difference of the two is
the steady state, without the start of workers and what the first events of each kind cost. Modules are compiled, as
those that are installed. Prints one JSON object a line.

Usage: python bench/workers.py [--rounds 3] [--workers 1 2] [--what replay ingest]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

from lanner.sources.history import read_lines

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
LOGS = {"full": 10, "recommended_policy": 20}
"""How often the shorter replay reads each."""
RULES = SHARED / "falco_rules" / "k8saudit" / "k8s_audit_rules.yaml"
LANNER = str(Path(sys.executable).with_name("lanner"))
ROLES = {"lanner.pipeline.workers.loop": "worker", "lanner.pipeline.child": "ingest"}
BACKLOG_BYTES = 600_000_000
SETTINGS = """
data: {folder}/data
log_level: error
workers: {workers}
sources: [{{type: file, path: {log}}}]
outputs: [{{type: file, path: {folder}/alerts.jsonl, format: json}}]
rules: {{content: false, files: [{rules}]}}
archive: {{enabled: false}}
web: {{enabled: false}}
"""


class Memory(threading.Thread):
    """Looks at a process and all below it; `peaks` are mebibytes of proportional set size by role."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peaks: dict[str, float] = defaultdict(float)
        self._pid, self._ended = pid, threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.1):
            self._look(self._pid, "main")

    def _look(self, pid: int, role: str) -> None:
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            role = next((role for name, role in ROLES.items() if name in arguments), role)
            rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            size = next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
            below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except (OSError, StopIteration):
            return
        for child in below:
            self._look(int(child), role)
        self.peaks[role] = max(self.peaks[role], round(size / 1024, 1))

    def end(self) -> dict[str, float]:
        self._ended.set()
        self.join()
        return dict(self.peaks)


def processor() -> float:
    """Return the seconds that all ended children took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def replay(name: str, times: int, workers: int) -> dict[str, Any]:
    log = str(SHARED / "audit" / f"{name}.jsonl.zst")
    command = [LANNER, "replay", *[log] * times, "--rules", str(RULES), "--format", "json", "--stats"]
    before = processor()
    process = subprocess.Popen(
        [*command, "--workers", str(workers)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    memory = Memory(process.pid)
    memory.start()
    _, said = process.communicate()
    stats = json.loads(said.splitlines()[-1])
    return {
        "events": stats["events"],
        "seconds": stats["seconds"],
        "processor_us": round((processor() - before) / stats["events"] * 1e6, 2),
        "memory_mib": memory.end(),
    }


def backlog(folder: Path, name: str) -> tuple[Path, int]:
    """Write a plain log of BACKLOG_BYTES; returns it and its events."""
    log, lines = folder / f"{name}.log", [line.data for line in read_lines(SHARED / "audit" / f"{name}.jsonl.zst")]
    text, written = b"\n".join([*lines, b""]), 0
    with log.open("wb") as file:
        while written < BACKLOG_BYTES:
            written += file.write(text)
    return log, written // len(text) * len(lines)


def ingest(log: Path, events: int, workers: int) -> dict[str, Any]:
    """Let `lanner run` read the log; the clock runs from the first durable batch to the last."""
    with tempfile.TemporaryDirectory(prefix="lanner-workers-") as name:
        folder = Path(name)
        (folder / "lanner.yaml").write_text(SETTINGS.format(folder=folder, workers=workers, log=log, rules=RULES))
        before = processor()
        process = subprocess.Popen([LANNER, "run", "-c", str(folder / "lanner.yaml")])
        memory = Memory(process.pid)
        memory.start()
        first, start = wait_for(folder, 1)
        _, end = wait_for(folder, log.stat().st_size)
        peaks = memory.end()
        process.terminate()
        process.wait(60)
        share = 1 - first / log.stat().st_size
        return {
            "events": round(events * share),
            "seconds": round(end - start, 3),
            "processor_us": round((processor() - before) / events * 1e6, 2),
            "memory_mib": peaks,
        }


def wait_for(folder: Path, offset: int) -> tuple[int, float]:
    """Wait until the checkpoint is there; returns where it is and when."""
    while (found := durable(folder)) < offset:
        time.sleep(0.02)
    return found, time.perf_counter()


def durable(folder: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{folder}/data/state.db?mode=ro", uri=True)) as state:
            ((position,),) = state.execute("select position from checkpoint").fetchall()
    except (sqlite3.Error, ValueError):
        return 0
    return max(log["position"]["offset"] for log in json.loads(position)["logs"].values())


def report(what: str, log: str, found: dict[int, list[dict[str, Any]]]) -> None:
    one = min(run["seconds"] for run in next(iter(found.values())))
    for workers, runs in found.items():
        best = min(runs, key=lambda run: run["seconds"])
        row = {"what": what, "log": log, "workers": workers, "rounds": len(runs), "events": best["events"]}
        row |= {"events_per_second": round(best["events"] / best["seconds"]), "times": round(one / best["seconds"], 2)}
        row |= {"processor_us": min(run["processor_us"] for run in runs), "memory_mib": best["memory_mib"]}
        print(json.dumps(row), flush=True)


def steady(short: list[dict[str, Any]], long: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the longer of two runs had more than the shorter."""
    less, more = (min(runs, key=lambda run: float(run["seconds"])) for runs in (short, long))
    events = more["events"] - less["events"]
    used = [min(run["processor_us"] for run in runs) * runs[0]["events"] for runs in (short, long)]
    figures = {"events": events, "seconds": more["seconds"] - less["seconds"]}
    return figures | {"processor_us": round((used[1] - used[0]) / events, 2), "memory_mib": more["memory_mib"]}


def replays(name: str, times: int, workers: list[int], rounds: int) -> None:
    found: dict[int, dict[int, list[dict[str, Any]]]] = {1: defaultdict(list), 2: defaultdict(list)}
    for _ in range(rounds):
        for length, runs in found.items():
            for number in workers:
                runs[number].append(replay(name, times * length, number))
    for runs in found.values():
        report("replay", name, runs)
    report("replay, steady", name, {number: [steady(found[1][number], found[2][number])] for number in workers})


def ingests(workers: list[int], rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="lanner-backlog-") as folder:
        for name in LOGS:
            log, events = backlog(Path(folder), name)
            runs: dict[int, list[dict[str, Any]]] = defaultdict(list)
            for _ in range(rounds):
                for number in workers:
                    runs[number].append(ingest(log, events, number))
            log.unlink()
            report("ingest", name, runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--what", nargs="+", choices=["replay", "ingest"], default=["replay", "ingest"])
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(json.dumps({"cores": os.cpu_count(), "load": os.getloadavg()[0]}))
    if "replay" in asked.what:
        for name, times in LOGS.items():
            replays(name, times, asked.workers, asked.rounds)
    if "ingest" in asked.what:
        ingests(asked.workers, asked.rounds)


if __name__ == "__main__":
    main()
