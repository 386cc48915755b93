"""Changes an archive at random in ways that hide or forge events; `verify` has to find each and name where.

The archive is made of the shipped log in several commits, with a compaction, an expiry and a tier move among them;
after each change it is put back as it was. Prints one JSON object: for each kind of change how many were made, found
and named, then the misses.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyiceberg.manifest import DataFile, write_manifest

from lanner.archive.change import Change, NoSeal
from lanner.archive.compaction.compactor import Compactor, Pace
from lanner.archive.datafiles import write_data_files
from lanner.archive.retention.expire import expire
from lanner.archive.retention.settings import RetentionRule, RetentionSettings, TierSettings
from lanner.archive.retention.tiers import move_tiers
from lanner.archive.row import Row
from lanner.archive.seals.chain import Chain
from lanner.archive.seals.keys import public_key
from lanner.archive.seals.link import read_link, sign
from lanner.archive.seals.sealer import Sealer
from lanner.archive.seals.verify import Report, verify, verify_folder
from lanner.archive.settings import ArchiveSettings, SealSettings
from lanner.archive.store import Archive
from lanner.sources.history import read_lines

LOG = Path(__file__).parents[1] / "examples" / "audit.jsonl.zst"
COMMITS = 9
SETTINGS = ArchiveSettings()
LATER = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


def rows_of_log() -> list[Row]:
    lines = enumerate(read_lines(LOG))
    return [Row(raw=line.data, source="log", offset=line.offset, ordinal=number, ingested=1) for number, line in lines]


def make(folder: Path, rows: list[Row], per_commit: int) -> tuple[Path, int]:
    """Append, compact, delete, move to another tier, append more; returns what was found falsely on the way.

    The catalog of the middle is kept for the change that puts it back.
    """
    found = 0
    cold = TierSettings(name="cold", location=str(folder / "cold"))
    system = RetentionRule(name="system", namespaces=("kube-system",), policy="1d")
    retention = RetentionSettings(policy="cold 9y, then keep", rules=(system,), tiers=(cold,))
    with closing(Archive.open(SETTINGS, folder)) as archive:
        for number in range(COMMITS):
            archive.append(rows[number * per_commit : (number + 1) * per_commit], sequence=number)
            if number == COMMITS // 2:
                for step in (
                    lambda: Compactor(archive, Pace(level=3, group_bytes=1 << 24)).step(),
                    lambda: archive.append(rows[-per_commit:]),
                    lambda: expire(archive, retention, LATER),
                    lambda: move_tiers(archive, retention, LATER),
                ):
                    step()
                    found += len(check(folder).findings)
                shutil.copy(folder / "catalog.db", folder.parent / "catalog-then.db")
    return folder, found


def files_of(archive: Archive) -> list[DataFile]:
    return sorted((task.file for task in archive.refresh().scan().plan_files()), key=lambda file: file.file_path)


def path_of(file: DataFile) -> Path:
    return Path(file.file_path.removeprefix("file://"))


class Trial:
    """One archive to harm; what a change returns has to stand in a finding."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with closing(Archive.open(SETTINGS, folder, create=False)) as archive:
            self.files = files_of(archive)
            self.metadata = Path(archive.table.metadata_location.removeprefix("file://"))
        self.chain = Chain(folder / "seals").path

    def file(self) -> DataFile:
        return random.choice(self.files)

    def lines(self) -> list[bytes]:
        return self.chain.read_bytes().splitlines(keepends=True)


def name(file: DataFile) -> str:
    return path_of(file).name


def bit_flip(trial: Trial) -> str:
    return flip(path_of(trial.file()))


def flip(path: Path) -> str:
    data = bytearray(path.read_bytes())
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    path.write_bytes(data)
    return path.name


def rewrite(file: DataFile, change: Callable[[pa.Table], pa.Table]) -> str:
    table = pq.read_table(path_of(file), partitioning=None)
    pq.write_table(change(table), path_of(file), compression="zstd")
    return name(file)


def row_removed(trial: Trial) -> str:
    file = trial.file()
    row = random.randrange(file.record_count)
    return rewrite(file, lambda table: pa.concat_tables([table.slice(0, row), table.slice(row + 1)])) + block(row)


def row_added(trial: Trial) -> str:
    file = trial.file()
    row = random.randrange(file.record_count)
    return rewrite(file, lambda table: pa.concat_tables([table, table.slice(row, 1)]))


def row_changed(trial: Trial) -> str:
    file = trial.file()
    row, column = random.randrange(file.record_count), random.choice(["username", "verb", "name", "request_uri"])

    def change(table: pa.Table) -> pa.Table:
        values = table[column].to_pylist()
        values[row] = f"{values[row]}x"
        return table.set_column(table.column_names.index(column), table.schema.field(column), [values])

    return rewrite(file, change) + block(row)


def rows_reordered(trial: Trial) -> str:
    file = trial.file()
    order = list(range(file.record_count))
    one, other = random.sample(order, 2)
    order[one], order[other] = order[other], order[one]
    return rewrite(file, lambda table: table.take(order)) + block(one)


def block(row: int) -> str:
    """Give the thousand rows that have to be named with the file; see `is_named`."""
    return f"|{row + 1}"


def files_swapped(trial: Trial) -> str:
    one, other = map(path_of, random.sample(trial.files, 2))
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)
    return one.name


def file_removed(trial: Trial) -> str:
    path_of(file := trial.file()).unlink()
    return name(file)


def file_cut(trial: Trial) -> str:
    path = path_of(trial.file())
    path.write_bytes(path.read_bytes()[: random.randrange(path.stat().st_size)])
    return path.name


def file_added(trial: Trial) -> str:
    """Commit a copy of rows without a seal, as any Iceberg client could."""
    with closing(Archive.open(SETTINGS, trial.folder, seal=NoSeal())) as archive:
        table = pq.read_table(path_of(trial.file()), partitioning=None).slice(0, random.randint(1, 50))
        (added,) = write_data_files(archive.table, table, NoSeal())
        archive.exchange(Change("append", added=[added]))
    return name(added)


def file_dropped(trial: Trial) -> str:
    """Take a file out of the table without a seal."""
    with closing(Archive.open(SETTINGS, trial.folder, seal=NoSeal())) as archive:
        file = random.choice(files_of(archive))
        archive.exchange(Change("expire", removed=[file]))
    return name(file)


def chain_cut(trial: Trial) -> str:
    lines = trial.lines()
    keep = random.randrange(len(lines) - 1)
    trial.chain.write_bytes(b"".join(lines[:keep]))
    return f" {keep + 1} "


def link_removed(trial: Trial) -> str:
    lines = trial.lines()
    index = random.randrange(len(lines) - 1)
    trial.chain.write_bytes(b"".join(lines[:index] + lines[index + 1 :]))
    return f"link {index + 1} is missing"


def links_swapped(trial: Trial) -> str:
    lines = trial.lines()
    index = random.randrange(len(lines) - 1)
    lines[index], lines[index + 1] = lines[index + 1], lines[index]
    trial.chain.write_bytes(b"".join(lines))
    return f"link {index + 1}"


def link_edited(trial: Trial) -> str:
    lines = trial.lines()
    index = random.randrange(len(lines))
    line = bytearray(lines[index])
    line[random.randrange(len(line) - 1)] ^= 1 << random.randrange(7)
    lines[index] = bytes(line)
    trial.chain.write_bytes(b"".join(lines))
    return f" {index + 1} "


def link_forged(trial: Trial) -> str:
    """Sign a changed link with another key."""
    lines = trial.lines()
    index = random.randrange(len(lines))
    link = sign(read_link(lines[index].strip()), Ed25519PrivateKey.generate())
    lines[index] = link.line() + b"\n"
    trial.chain.write_bytes(b"".join(lines))
    return f"link {index + 1}"


def edit_metadata(trial: Trial, change: Callable[[dict], str]) -> str:
    metadata = json.loads(trial.metadata.read_bytes())
    named = change(metadata)
    trial.metadata.write_text(json.dumps(metadata))
    return named


def summary_edited(trial: Trial) -> str:
    def change(metadata: dict) -> str:
        snapshot = random.choice(metadata["snapshots"])
        key = random.choice(
            [key for key in snapshot["summary"] if key.startswith("lanner.") and key != "lanner.commit"]
        )
        snapshot["summary"][key] += random.choice("0 x")
        return str(snapshot["snapshot-id"])

    return edit_metadata(trial, change)


def snapshot_time_edited(trial: Trial) -> str:
    def change(metadata: dict) -> str:
        snapshot = random.choice(metadata["snapshots"])
        snapshot["timestamp-ms"] += random.choice([-1, 1]) * random.randint(4_000_000, 10**9)
        return str(snapshot["snapshot-id"])

    return edit_metadata(trial, change)


def columns_edited(trial: Trial) -> str:
    def change(metadata: dict) -> str:
        one, other = random.sample(metadata["schemas"][0]["fields"][6:20], 2)
        one["name"], other["name"] = other["name"], one["name"]
        return "columns"

    return edit_metadata(trial, change)


def put_back(trial: Trial) -> str:
    shutil.copy(trial.folder.parent / "catalog-then.db", trial.folder / "catalog.db")
    return "put back"


def put_back_by_metadata(trial: Trial) -> str:
    def change(metadata: dict) -> str:
        snapshot = random.choice(metadata["snapshots"][:-1])
        metadata["current-snapshot-id"] = metadata["refs"]["main"]["snapshot-id"] = snapshot["snapshot-id"]
        return "put back"

    return edit_metadata(trial, change)


def bounds_edited(trial: Trial) -> str:
    """Say of a file that it holds other names than it does, so that no hunt looks into it."""
    with closing(Archive.open(SETTINGS, trial.folder, create=False)) as archive:
        table = archive.table
        manifest = random.choice(list(table.current_snapshot().manifests(table.io)))
        entries = manifest.fetch_manifest_entry(table.io, discard_deleted=False)
        file = random.choice(entries).data_file
        column = random.choice(list(file.upper_bounds))
        file.upper_bounds[column] = file.lower_bounds[column] = b"\0\0\0\0"
        Path(manifest.manifest_path.removeprefix("file://")).unlink()
        output = table.io.new_output(manifest.manifest_path)
        snapshot = manifest.added_snapshot_id
        with write_manifest(2, table.spec(), table.schema(), output, snapshot, "deflate") as writer:
            for entry in entries:
                writer.existing(entry)
    return name(file)


def clock_moved(trial: Trial) -> str:
    """Commit while the machine's clock is wrong."""
    wrong = dt.datetime.now(dt.UTC) + random.choice([-1, 1]) * dt.timedelta(seconds=random.randint(4000, 10**7))
    sealer = Sealer(SealSettings(), trial.folder, clock=lambda: wrong)
    with closing(Archive.open(SETTINGS, trial.folder, seal=sealer)) as archive:
        archive.append([], sequence=99)
    return f"link {len(trial.lines())}"


CHANGES: tuple[Callable[[Trial], str], ...] = (
    bit_flip, row_removed, row_added, row_changed, rows_reordered, files_swapped, file_removed, file_cut, file_added,
    file_dropped, chain_cut, link_removed, links_swapped, link_edited, link_forged, summary_edited,
    snapshot_time_edited, columns_edited, put_back, put_back_by_metadata, bounds_edited, clock_moved,
)  # fmt: skip


def check(folder: Path) -> Report:
    key = public_key(folder / "seals" / "seal.pub")
    return verify_folder(SETTINGS, folder, lambda archive: verify(archive, [key]))


def is_named(report: Report, named: str) -> bool:
    """Say whether a finding names the place, and, where rows are to be named, the row."""
    place, _, row = named.partition("|")
    places = [f for f in report.findings if place in f"{f.file} {f.message} link {f.link}"]
    return any(not row or any(first <= int(row) <= last for first, last in f.rows) for f in places)


def run(folder: Path, changes: int, per_commit: int) -> dict[str, object]:
    home, false = make(folder / "archive", rows_of_log(), per_commit)
    begun = time.process_time()
    before = check(home)
    seconds = time.process_time() - begun
    assert before.is_whole, before.findings
    shutil.copytree(home, folder / "whole")
    made, found, named = Counter[str](), Counter[str](), Counter[str]()
    missed = []
    for number in range(changes):
        change = CHANGES[number % len(CHANGES)]
        place = change(Trial(home))
        report = check(home)
        made[change.__name__] += 1
        found[change.__name__] += not report.is_whole
        named[change.__name__] += is_named(report, place)
        if report.is_whole or not is_named(report, place):
            missed.append([change.__name__, place, [f"{f.file} {f.message} {f.rows}" for f in report.findings]])
        shutil.rmtree(home)
        shutil.copytree(folder / "whole", home)
    kinds = {kind: [made[kind], found[kind], named[kind]] for kind in made}
    after = [finding for finding in check(home).findings if not finding.is_note]
    return {
        "changes": changes, "found": found.total(), "named": named.total(), "false_finds": false + len(after),
        "verify_cpu_us_per_event": round(seconds / before.rows * 1e6, 2), "made_found_named": kinds, "missed": missed,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1100, help="events a commit")
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args()
    random.seed(asked.seed)
    with tempfile.TemporaryDirectory(prefix="lanner-tamper-") as folder:
        print(json.dumps(run(Path(folder), asked.changes, asked.rows)))


if __name__ == "__main__":
    main()
