"""Holds the table's metadata against the chain: snapshots, columns, and what the manifests say of each file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from lanner.archive.seals.entry import SEAL, entry_digest, file_name, says_digest, table_digest
from lanner.archive.seals.finding import Finding
from lanner.archive.seals.history import History
from lanner.archive.seals.link import Link, read_link
from lanner.archive.summary import COMMIT

COMMIT_TIME = dt.timedelta(hours=1)
"""A snapshot is made within so long of its link."""
_SLACK = dt.timedelta(seconds=2)


class Sealing(NamedTuple):
    """A snapshot and its link."""

    snapshot: Snapshot
    link: Link


def sealings(table: Table, findings: list[Finding]) -> list[Sealing]:
    """Return the snapshots with their links in the order of commits; those without one become findings."""
    found = []
    for snapshot in sorted(table.metadata.snapshots, key=lambda snapshot: snapshot.sequence_number or 0):
        text = _says(snapshot).get(SEAL)
        try:
            if text is None:
                findings.append(_of(snapshot, "has no seal: another program made this commit, or it was edited"))
            else:
                found.append(Sealing(snapshot, read_link(text.encode())))
        except ValueError:
            findings.append(_of(snapshot, "was edited: its seal is no link any more"))
    return found


def catch_up(history: History, found: list[Sealing]) -> Iterator[Finding]:
    """Let the history follow the links that the table has and the chain's file does not."""
    last = history.head.number if history.head else 0
    behind = [link for _, link in found if link.number > last]
    if len(behind) > 1:
        first, end = behind[0], behind[-1]
        message = f"the chain's file was cut: links {first.number} to {end.number} are in the table alone"
        yield Finding("chain", message, link=first.number, sealed=first.time)
    elif behind:
        message = (
            f"link {behind[0].number} is in the table alone: a commit was killed, or the chain's last line removed"
        )
        yield Finding("note", message, link=behind[0].number, sealed=behind[0].time)
    for link in behind:
        history.follow(link)


def check_snapshots(history: History, table: Table, found: list[Sealing]) -> Iterator[Finding]:
    """Hold each snapshot against its link."""
    before = 0
    for snapshot, link in found:
        if history.hashes.get(link.number) != link.hash():
            yield _of(snapshot, f"has another link {link.number} than the chain")
        elif link.number <= before:
            yield _of(snapshot, f"stands out of order: link {link.number} after link {before}")
        yield from _check_summary(snapshot, link)
        before = max(before, link.number)
    yield from _check_newest(history, table, found)


def _check_summary(snapshot: Snapshot, link: Link) -> Iterator[Finding]:
    if says_digest({key: text for key, text in _says(snapshot).items() if key != COMMIT}) != link.says:
        yield _of(snapshot, f"was edited: its summary is not what link {link.number} sealed")
    made = dt.datetime.fromtimestamp(snapshot.timestamp_ms / 1000, dt.UTC)
    if not -_SLACK <= made - link.time <= COMMIT_TIME:
        yield _of(snapshot, f"was edited, or the clock moved: it says {made}, its link {link.time}", kind="clock")


def _check_newest(history: History, table: Table, found: list[Sealing]) -> Iterator[Finding]:
    current = table.current_snapshot()
    stands = next((link for snapshot, link in found if current and snapshot.snapshot_id == current.snapshot_id), None)
    head = history.head
    if head is None or (stands and stands.number == head.number):
        return
    if stands is None and found and current is not None:
        return  # told already: the current snapshot has no seal
    back = f"link {stands.number} of {stands.time:%Y-%m-%d %H:%M:%S}" if stands else "its beginning"
    undone = f"what was committed up to link {head.number} of {head.time:%Y-%m-%d %H:%M:%S} is undone"
    message = f"the table was put back to {back}; {undone}"
    yield Finding("rollback", message, link=(stands.number if stands else 0) + 1, sealed=head.time)


def check_table(history: History, table: Table) -> Iterator[Finding]:
    """Hold columns and partitions against the newest link."""
    head = history.head
    if head and head.table != table_digest(table):
        message = "the table's columns or partitions are not those that the newest link sealed"
        yield Finding("table", message, link=head.number, sealed=head.time)


def check_files(history: History, table: Table, reached: int) -> Iterator[Finding | DataFile]:
    """Yield what differs between manifests and chain, and each file that both name; `reached` is the table's link."""
    seen: set[str] = set()
    for file, has_deletes in _listed(table):
        name = file_name(table, file.file_path)
        standing = history.standing.get(name)
        if has_deletes:
            yield Finding("file", "rows of this file are hidden by a delete file", file=name)
        if name in seen:
            yield Finding("file", "the table names this file twice, so its rows are doubled", file=name)
        elif standing is None:
            if history.gone.get(name, 0) <= reached:
                yield _stranger(history, name)
        else:
            if standing.file.entry != entry_digest(file):
                message = "what the table says of this file (counts, bounds, partition) was edited"
                yield Finding("file", message, file=name, link=standing.link, sealed=standing.time)
            yield file
        seen.add(name)
    for name, standing in history.standing.items():
        if name not in seen and standing.link <= reached:
            message = f"the table no longer names this file of {standing.file.content.rows} rows"
            yield Finding("file", message, file=name, link=standing.link, sealed=standing.time)


def _stranger(history: History, name: str) -> Finding:
    if name in history.gone:
        return Finding("file", f"link {history.gone[name]} removed this file, yet it is in the table again", file=name)
    why = "its link is missing" if history.has_gaps else "it was added without a seal"
    return Finding("file", f"no link of the chain brought this file: {why}", file=name)


def _listed(table: Table) -> Iterator[tuple[DataFile, bool]]:
    for task in table.scan().plan_files():
        yield task.file, bool(task.delete_files)


def _says(snapshot: Snapshot) -> dict[str, str]:
    return snapshot.summary.additional_properties if snapshot.summary else {}


def _of(snapshot: Snapshot, message: str, *, kind: str = "snapshot") -> Finding:
    made = dt.datetime.fromtimestamp(snapshot.timestamp_ms / 1000, dt.UTC)
    return Finding(
        "clock" if kind == "clock" else "snapshot",
        f"snapshot {snapshot.snapshot_id} of {made:%Y-%m-%d %H:%M:%S} {message}",
    )
