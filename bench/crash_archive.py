"""Kill -9 at random points of appends and of compactions: no event lost, none doubled, nothing left behind in the end.

A child appends numbered events in small commits, or compacts what is there, until it is killed; then every event up to
the position that the table says must be in it once, byte for byte. At the end all is compacted and swept, and only the
files that the table names may be left. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lanner.archive.compaction.compactor import Compactor, Pace
from lanner.archive.compaction.sweep import ORPHAN_SECONDS, sweep
from lanner.archive.export import export_lines
from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive

PER_COMMIT = 50
PACE = Pace(level=9, group_bytes=1 << 20)
EVENT = (
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"%d","stage":"ResponseComplete",'
    '"requestURI":"/x","verb":"get","user":{"username":"ann"},"objectRef":{"resource":"pods","name":"p%d"},'
    '"requestReceivedTimestamp":"2026-01-0%dT00:00:00.000000Z","stageTimestamp":"2026-01-0%dT00:00:00.%06dZ"}'
)


def line(number: int) -> bytes:
    day = 1 + number % 2
    return (EVENT % (number, number % 7, day, day, number % 1_000_000)).encode()


def append(folder: Path) -> None:
    """Append commits until somebody ends it; each goes on where the position stands."""
    archive = Archive.open(ArchiveSettings(), folder)
    while True:
        position = archive.position()
        done = position.sequence if position else 0
        numbers = range(done * PER_COMMIT, (done + 1) * PER_COMMIT)
        rows = [Row(raw=line(number), source="s", ordinal=number) for number in numbers]
        archive.append(rows, sequence=done + 1)
        print("commit", flush=True)


def compact(folder: Path) -> None:
    """Compact anew, whatever there is, until somebody ends it."""
    archive = Archive.open(ArchiveSettings(), folder)
    while True:
        for _ in Compactor(archive, PACE).rewrite():
            print("merge", flush=True)
        sweep(archive, 0)


def kill(what: str, folder: Path, chance: random.Random) -> None:
    """Run a child until it has begun to work, then for a random while, then kill it."""
    command = [sys.executable, __file__, "--child", what, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.3))
        os.killpg(child.pid, signal.SIGKILL)


def check(archive: Archive) -> int:
    """Return how many events there are; fails when one is missing, doubled or changed."""
    position = archive.position()
    wanted = (position.sequence if position else 0) * PER_COMMIT
    found = list(export_lines(archive))
    assert found == [line(number) for number in range(wanted)], f"{len(found)} events instead of {wanted}"
    return wanted


def left_over(archive: Archive) -> int:
    named = {task.file.file_path for task in archive.refresh().scan().plan_files()}
    return len({str(path) for path in archive.folder.rglob("*.parquet")} - named)


def run(folder: Path, kills: int, seed: int) -> dict[str, object]:
    chance = random.Random(seed)
    events = 0
    for _ in range(kills):
        for what in ("append", "compact"):
            kill(what, folder, chance)
            archive = Archive.open(ArchiveSettings(), folder, create=False)
            events = check(archive)
            archive.close()
    archive = Archive.open(ArchiveSettings(), folder, create=False)
    orphans = left_over(archive)
    while Compactor(archive, PACE).step():
        pass
    swept = sweep(archive, 0, time.time() + ORPHAN_SECONDS + 1)
    left = left_over(archive)
    assert check(archive) == events
    assert left == 0, f"{left} files that no snapshot names"
    assert not list((folder / "compaction").glob("*"))
    lanner = str(Path(sys.executable).with_name("lanner"))
    verified = subprocess.run(
        [lanner, "archive", "verify", "--data", str(folder.parent)], check=False, capture_output=True, text=True
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    return {"kills of appends": kills, "kills of compactions": kills, "events": events, "lost": 0, "doubled": 0,
            "files left by kills": orphans, "files swept at the end": swept.files, "left": left}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        {"append": append, "compact": compact}[asked.child[0]](Path(asked.child[1]))
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(Path(folder) / "archive", asked.kills, asked.seed)))


if __name__ == "__main__":
    main()
