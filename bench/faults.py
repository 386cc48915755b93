"""Disk full, a read-only archive, a damaged checkpoint, a damaged state database: what lanner says and what it loses.

Each scenario runs a whole `lanner run` while a writer appends and rotates, breaks one thing, repairs it, and counts
events in the archive and alerts in the output file. Disk scenarios need root (small tmpfs mounts of their own).
Prints one JSON object a scenario.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from crash import SETTINGS, Writer, children, count, report, start

from lanner.errors import GroundError
from lanner.state.store import Store

MEGABYTE = 1_000_000


class Trial:
    """One running lanner with a writer beside it."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        (folder / "lanner.yaml").write_text(SETTINGS.format(folder=folder))
        self.writer = Writer(folder / "audit.log", megabytes * MEGABYTE, 4 * MEGABYTE, 8 * MEGABYTE)
        self.process = start(folder)
        self.wait_until_reading()
        self.writer.start()

    def wait_until_reading(self) -> None:
        """Wait for ingest: what was rotated away before lanner's first start is not its business."""
        state = self.folder / "data" / "state.db"
        while not (state.exists() and "ingest" in Store(state).statuses()):
            time.sleep(0.1)

    def problems(self) -> dict[str, str]:
        """Return what ingest and archiver say is wrong now."""
        try:
            store = Store(self.folder / "data" / "state.db", read_only=True)
        except GroundError as error:
            return {"state": str(error)}
        found = {part: str(status.get("problem", "")) for part, status in store.statuses().items()}
        store.close()
        return {part: problem for part, problem in found.items() if problem}

    def wait_for_problem(self, seconds: float = 60) -> dict[str, str]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := self.problems():
                return found
            time.sleep(0.2)
        return {}

    def kill(self) -> None:
        for pid in [self.process.pid, *children(self.process.pid)]:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def finish(self) -> dict[str, object]:
        self.writer.join()
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and count(self.folder) < len(self.writer.lines):
            time.sleep(1)
        self.process.terminate()
        code = self.process.wait(90)
        return report(self.folder, self.writer, Counter()) | {"exit_code": code}


def mount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def disk_full(folder: Path) -> dict[str, object]:
    data = folder / "data"
    data.mkdir()
    mount(data, "size=12m")
    try:
        trial = Trial(folder, 60)
        said = trial.wait_for_problem()
        time.sleep(5)
        remount(data, "size=400m")
        return {"said": said} | trial.finish()
    finally:
        subprocess.run(["umount", "-l", str(data)], check=False)


def read_only_archive(folder: Path) -> dict[str, object]:
    """Make the archive's folders immutable under a running lanner, then give them back."""
    trial = Trial(folder, 40)
    time.sleep(4)
    immutable(folder / "data" / "archive", on=True)
    try:
        said = trial.wait_for_problem()
        time.sleep(3)
    finally:
        immutable(folder / "data" / "archive", on=False)
    return {"said": said} | trial.finish()


def read_only_at_start(folder: Path) -> dict[str, object]:
    """Start with an archive folder on a file system that is mounted read-only, then make it writable."""
    archive = folder / "data" / "archive"
    archive.mkdir(parents=True)
    mount(archive, "size=400m,ro")
    try:
        trial = Trial(folder, 20)
        time.sleep(5)
        remount(archive, "rw")
        return trial.finish()
    finally:
        subprocess.run(["umount", "-l", str(archive)], check=False)


def immutable(folder: Path, *, on: bool) -> None:
    """Forbid new files in all folders below, as a file system mounted read-only would."""
    folders = [str(path) for path in (folder, *folder.rglob("*")) if path.is_dir()]
    subprocess.run(["chattr", "+i" if on else "-i", *folders], check=True)


def broken_between(folder: Path, harm: Callable[[Path], None]) -> dict[str, object]:
    """Kill lanner, do harm to its state, start it again; the writer goes on all the time."""
    trial = Trial(folder, 40)
    time.sleep(5)
    trial.kill()
    harm(folder / "data" / "state.db")
    trial.process = start(folder)
    return trial.finish()


def damage_checkpoint(state: Path) -> None:
    connection = sqlite3.connect(state)
    connection.execute("""update checkpoint set position = '{"version":1,"fil'""")
    connection.commit()
    connection.close()


def damage_database(state: Path) -> None:
    with state.open("r+b") as file:
        file.write(os.urandom(8192))
    for suffix in ("-wal", "-shm"):
        state.with_name(state.name + suffix).unlink(missing_ok=True)


SCENARIOS: dict[str, Callable[[Path], dict[str, object]]] = {
    "disk-full": disk_full,
    "read-only-archive": read_only_archive,
    "read-only-at-start": read_only_at_start,
    "damaged-checkpoint": lambda folder: broken_between(folder, damage_checkpoint),
    "damaged-database": lambda folder: broken_between(folder, damage_database),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="*", metavar="SCENARIO", help=f"of {list(SCENARIOS)}; default: all")
    for name in parser.parse_args().scenario or SCENARIOS:
        with tempfile.TemporaryDirectory(prefix="lanner-fault-") as folder:
            print(json.dumps({"scenario": name} | SCENARIOS[name](Path(folder))), flush=True)


if __name__ == "__main__":
    main()
