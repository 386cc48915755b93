"""Verification: the chain in itself, the table and its files against the chain, the chain against anchors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pyiceberg.exceptions import ValidationError
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from lanner.archive.seals.anchored import Anchored
from lanner.archive.seals.chain import Chain
from lanner.archive.seals.files import check_bytes, stray_files
from lanner.archive.seals.finding import Finding
from lanner.archive.seals.history import History
from lanner.archive.seals.keys import FOLDER
from lanner.archive.seals.present import catch_up, check_files, check_snapshots, check_table, sealings
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive

_EPOCH = dt.date(1970, 1, 1)


class Report(msgspec.Struct):
    """What was looked at, and what was found. `head` is the hash of the newest link: note it elsewhere."""

    links: int = 0
    files: int = 0
    rows: int = 0
    bytes: int = 0
    anchors: int = 0
    deleted: int = 0
    number: int = 0
    head: str = ""
    findings: list[Finding] = []

    @property
    def is_whole(self) -> bool:
        """Say whether nothing was found but notes."""
        return all(finding.is_note for finding in self.findings)


def verify(
    archive: Archive,
    keys: Sequence[Ed25519PublicKey],
    *,
    since: dt.date | None = None,
    anchored: Iterable[Anchored | Finding] = (),
    advance: Callable[[int], None] = lambda _bytes: None,
) -> Report:
    """Hold an archive against its chain; with `since` only files of that day and later are read again.

    `advance` hears of bytes that were read. Raises GroundError.
    """
    history, report = History(keys), Report()
    history.read(Chain(archive.folder / FOLDER).lines())
    report.findings = history.findings
    table = archive.refresh()
    files = list(_metadata(history, table, report))
    chosen = [file for file in files if _is_since(file, since)]
    for file in chosen:
        report.findings += check_bytes(history, table, file, advance)
        report.files += 1
        report.rows += file.record_count
        report.bytes += file.file_size_in_bytes
    report.findings += stray_files(history, table)
    for anchor in anchored:
        report.findings += [anchor] if isinstance(anchor, Finding) else anchor.check(history.hashes)
        report.anchors += 1
    report.links, report.deleted = len(history.hashes), history.deleted
    if history.head:
        report.number, report.head = history.head.number, history.hashes[history.head.number]
    return report


def verify_folder(settings: ArchiveSettings, folder: Path, check: Callable[[Archive], Report]) -> Report:
    """Open the archive and have it checked; metadata that cannot be read is a finding. Raises GroundError."""
    try:
        archive = Archive.open(settings, folder, create=False)
    except (ValueError, ValidationError) as error:
        message = f"the table's metadata cannot be read: {str(error).splitlines()[0]}"
        return Report(findings=[Finding("table", message)])
    with closing(archive):
        return check(archive)


def _metadata(history: History, table: Table, report: Report) -> Iterator[DataFile]:
    """Check the table's metadata; yield the files that are to be read."""
    found = sealings(table, report.findings)
    report.findings += catch_up(history, found)
    report.findings += check_snapshots(history, table, found)
    report.findings += check_table(history, table)
    current = table.current_snapshot()
    reached = next((link.number for snapshot, link in found if current and snapshot == current), 0)
    try:
        for one in check_files(history, table, reached or history.number):
            if isinstance(one, Finding):
                report.findings.append(one)
            else:
                yield one
    except Exception as error:  # noqa: BLE001 - whatever an edited manifest makes its reader raise
        message = f"the list of the table's files cannot be read: {error}"
        report.findings.append(Finding("table", message))


def _is_since(file: DataFile, since: dt.date | None) -> bool:
    day = file.partition[0]
    return since is None or day is None or _EPOCH + dt.timedelta(days=day) >= since
