"""Makes the link of each commit and keeps the chain's file level with the table."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path

import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from lanner.archive.change import Change
from lanner.archive.seals.chain import Chain
from lanner.archive.seals.content import Content, content_of, file_digests, sha256_of
from lanner.archive.seals.entry import SEAL, entry_digest, file_name, says_digest, table_digest
from lanner.archive.seals.keys import FOLDER, key_path, signing_key
from lanner.archive.seals.link import START, Link, SealedFile, read_link, sign
from lanner.archive.seals.rows import row_digests
from lanner.archive.settings import SealSettings
from lanner.archive.summary import COMMIT, next_summary


def now() -> dt.datetime:
    """Return the time of this moment."""
    return dt.datetime.now(dt.UTC)


def snapshot_links(table: Table) -> Iterator[Link]:
    """Yield the links that the table's snapshots say, newest first; those that cannot be read are left out."""
    snapshots = sorted(table.metadata.snapshots, key=lambda snapshot: snapshot.sequence_number or 0, reverse=True)
    for snapshot in snapshots:
        text = snapshot.summary.additional_properties.get(SEAL) if snapshot.summary else None
        try:
            if text:
                yield read_link(text.encode())
        except ValueError:
            continue


class Sealer:
    """Seals the commits of one table; `folder` is the archive's."""

    def __init__(self, settings: SealSettings, folder: Path, *, clock: Callable[[], dt.datetime] = now) -> None:
        self.chain = Chain(folder / FOLDER)
        self._key_path = key_path(settings, folder)
        self._key: Ed25519PrivateKey | None = None
        self._clock = clock
        self._written: dict[str, tuple[str, Content]] = {}
        self._digests: dict[str, list[bytes]] = {}

    def rows(self, location: str, rows: pa.Table) -> None:
        """Take note of a file's rows as they are written, so that the commit need not read it again."""
        numbers = [int((field.metadata or {})[b"PARQUET:field_id"]) for field in rows.schema]
        self._digests.setdefault(location, []).extend(row_digests(rows, numbers))

    def written(self, location: str, sha256: str) -> None:
        """Take note of a file's end."""
        self._written[location] = sha256, content_of(self._digests.pop(location, []))

    def link(self, table: Table, before: Mapping[str, str], change: Change) -> Mapping[str, str]:
        """Return the summary keys of the commit's link; raises OSError, GroundError."""
        # The newest links go with the oldest snapshots: without a place for them no commit may follow.
        self._keep(table)
        previous = before.get(SEAL)
        said = next_summary(before, change)
        link = Link(
            number=read_link(previous.encode()).number + 1 if previous else 1,
            previous=hashlib.sha256(previous.encode()).hexdigest() if previous else START,
            time=self._clock(),
            kind=change.kind,
            table=table_digest(table),
            says=says_digest({key: text for key, text in said.items() if key != COMMIT}),
            added=tuple(self._sealed(table, file) for file in change.added),
            removed=tuple(file_name(table, file.file_path) for file in change.removed),
            tombstones=change.tombstones,
        )
        return {SEAL: sign(link, self._private()).line().decode()}

    def landed(self, table: Table) -> None:
        """Bring the chain's file level with the table after a commit; raises OSError."""
        self._written.clear()
        self._digests.clear()
        self._keep(table)

    def _keep(self, table: Table) -> None:
        self.chain.take(lambda last: takewhile(lambda link: link.number > last, snapshot_links(table)))

    def _private(self) -> Ed25519PrivateKey:
        if self._key is None:
            self._key = signing_key(self._key_path)
        return self._key

    def _sealed(self, table: Table, file: DataFile) -> SealedFile:
        known = self._written.get(file.file_path) or self._read(table, file.file_path)
        self._written[file.file_path] = known
        sha256, content = known
        return SealedFile(
            file_name(table, file.file_path), sha256, file.file_size_in_bytes, entry_digest(file), content
        )

    def _read(self, table: Table, location: str) -> tuple[str, Content]:
        with table.io.new_input(location).open() as file:
            sha256 = sha256_of(file)
        with table.io.new_input(location).open() as file:
            return sha256, content_of(file_digests(file))
