"""How fast `lanner policy simulate` reads: the full log repeated to a size, from a plain file, in one process.

Prints one JSON object: seconds as a user waits, megabytes of log a second, and what the first pass alone costs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from lanner.policy.loading import load_policy
from lanner.policy.simulation import Simulation
from lanner.policy.summary import summarize
from lanner.sources.history import read_lines

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
LOG = SHARED / "audit" / "full.jsonl.zst"
POLICY = SHARED / "policy_oracle" / "policies" / "rec.yaml"


def repeated(log: Path, size: int, folder: Path) -> Path:
    """Write a log's lines again and again until a size is reached."""
    lines = [line.data + b"\n" for line in read_lines(log)]
    path = folder / "audit.log"
    written = 0
    with path.open("wb") as file:
        while written < size:
            file.writelines(lines)
            written += sum(map(len, lines))
    return path


def measure(log: Path, policy: Path, *, pack: bool) -> dict[str, float | int]:
    """Simulate once and return what it took."""
    loaded = load_policy(policy).policy
    assert loaded is not None
    simulation = Simulation(loaded, pack=pack)
    started, worked = time.perf_counter(), time.process_time()
    for line in read_lines(log):
        simulation.add(line.data)
    summary = summarize(simulation)
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    return {
        "events": summary.events_now,
        "bytes": summary.bytes_now,
        "bytes_kept": summary.bytes_kept,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "megabytes_per_second": round(summary.bytes_now / seconds / 1e6, 1),
        "events_per_second": round(summary.events_now / seconds),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--log", type=Path, default=LOG)
    parser.add_argument("--policy", type=Path, default=POLICY)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = repeated(options.log, options.bytes, Path(folder))
        for pack in (False, True):
            print(json.dumps({"packing": pack, **measure(log, options.policy, pack=pack)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
