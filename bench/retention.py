"""Kill -9 at random points of expiries and tier moves: no event lost, doubled or left, and verify passes.

Each trial adds events, some over their time, and starts an expiry, or moves all files to the other tier; the process
is killed at a random moment, started again and left to end. Then events, files on the disk and seals are checked.
Prints one JSON object.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import multiprocessing
import random
import signal
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from lanner.archive.retention.expire import expire
from lanner.archive.retention.settings import RetentionRule, RetentionSettings, TierSettings
from lanner.archive.retention.tiers import move_tiers
from lanner.archive.row import Row
from lanner.archive.seals.keys import public_key
from lanner.archive.seals.verify import verify
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
SETTINGS = ArchiveSettings()
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["lanner.archive.retention.expire", "lanner.archive.retention.tiers"])
AGES = (1, 40, 100, 101)


def policy(folder: Path, *, cold: bool = False) -> RetentionSettings:
    """Delete after 90 days, `dev` after 30; all on the cold tier or none."""
    return RetentionSettings(
        policy="cold 90d, then delete" if cold else "90d",
        rules=(RetentionRule(name="dev", namespaces=("dev",), policy="30d"),),
        tiers=(TierSettings(name="cold", location=str(folder / "cold")),),
    )


def stays(number: int) -> bool:
    age, namespace = AGES[number % 4], ("dev", "shop")[number // 4 % 2]
    return age < (30 if namespace == "dev" else 90)


def row(number: int) -> Row:
    moment = NOW - dt.timedelta(days=AGES[number % 4])
    namespace = ("dev", "shop")[number // 4 % 2]
    text = json.dumps(
        {"auditID": str(number), "objectRef": {"namespace": namespace}, "stageTimestamp": f"{moment:%FT%T.%f}Z"}
    )
    return Row(raw=text.encode(), source="s", ordinal=number, ingested=int(moment.timestamp() * 1e6))


def run_expire(folder: Path) -> None:
    with closing(Archive.open(SETTINGS, folder / "archive")) as archive:
        expire(archive, policy(folder), NOW)


def run_to_cold(folder: Path) -> None:
    with closing(Archive.open(SETTINGS, folder / "archive")) as archive:
        move_tiers(archive, policy(folder, cold=True), NOW)


def run_to_hot(folder: Path) -> None:
    with closing(Archive.open(SETTINGS, folder / "archive")) as archive:
        move_tiers(archive, policy(folder), NOW)


def timed(task, folder: Path) -> float:
    """Run a task to its end in a process of its own; returns its seconds."""
    begun = time.monotonic()
    process = PROCESSES.Process(target=task, args=(folder,))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{task.__name__} ended with {process.exitcode}")
    return time.monotonic() - begun


def killed(task, folder: Path, within: float) -> bool:
    """Kill a task at a random moment; returns whether it was still at work."""
    process = PROCESSES.Process(target=task, args=(folder,))
    process.start()
    process.join(random.uniform(0, within))
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


class Trial:
    def __init__(self, folder: Path, per_trial: int) -> None:
        self.folder, self.per_trial = folder, per_trial
        self.numbers = 0
        self.problems: Counter[str] = Counter()
        self.archive = Archive.open(SETTINGS, folder / "archive")

    def add(self) -> None:
        for _ in range(3):
            numbers = range(self.numbers, self.numbers + self.per_trial)
            self.archive.append([row(number) for number in numbers])
            self.numbers += self.per_trial

    def check(self, *, expired: bool) -> None:
        table = self.archive.refresh()
        found = Counter(map(int, table.scan(selected_fields=("audit_text",)).to_arrow()["audit_text"].to_pylist()))
        wanted = {number for number in range(self.numbers) if not expired or stays(number)}
        self.problems["lost"] += len(wanted - set(found))
        self.problems["doubled"] += sum(count - 1 for count in found.values())
        self.problems["not_gone"] += len(set(found) - wanted)
        report = verify(self.archive, [public_key(self.folder / "archive" / "seals" / "seal.pub")])
        self.problems["findings"] += sum(not finding.is_note for finding in report.findings)
        named = {Path(task.file.file_path.removeprefix("file://")) for task in table.scan().plan_files()}
        self.problems["files_left"] += len(set(self.folder.rglob("*.parquet")) - named)


def run(folder: Path, kills: int, per_trial: int) -> dict[str, object]:
    trial = Trial(folder, per_trial)
    hit: Counter[str] = Counter()
    trial.add()
    within = timed(run_expire, folder)
    for _ in range(kills):
        trial.add()
        hit["expire"] += killed(run_expire, folder, within)
        timed(run_expire, folder)
        trial.check(expired=True)
    within = timed(run_to_cold, folder)
    for number in range(kills):
        task = run_to_cold if number % 2 else run_to_hot
        hit["tier"] += killed(task, folder, within)
        timed(task, folder)
        trial.check(expired=True)
    left = sum(map(stays, range(trial.numbers)))
    return {"kills": dict(hit), "events": trial.numbers, "events_left": left, **trial.problems}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="of each kind")
    parser.add_argument("--rows", type=int, default=400, help="events a commit; three commits a trial")
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args()
    random.seed(asked.seed)
    with tempfile.TemporaryDirectory(prefix="lanner-retention-") as folder:
        print(json.dumps(run(Path(folder), asked.kills, asked.rows)))


if __name__ == "__main__":
    main()
