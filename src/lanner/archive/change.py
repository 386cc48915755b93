"""What one commit does to the table, and the seal that is asked about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from lanner.archive.datafiles import Untold
from lanner.archive.seals.link import Tombstone

ARCHIVED = "archived"


class Change(msgspec.Struct, frozen=True):
    """One commit: files that come and go together, and what its summary says.

    `kind` says why ("append", "compact", "tier", "expire" ...), `says` are summary keys that begin with `lanner.` and
    that later commits carry on, `dropped` counts events that were left out on purpose, by reason, `redacted` values
    that were replaced in the added rows, `raw` bytes of text by what became of it: ARCHIVED, or why it was dropped.
    `tombstones` say which rows are deleted. `requires` are carried keys that must still say this when the commit lands
    ("": are absent).
    """

    kind: str
    added: Sequence[DataFile] = ()
    removed: Sequence[DataFile] = ()
    says: Mapping[str, str] = msgspec.field(default_factory=dict)
    dropped: Mapping[str, int] = msgspec.field(default_factory=dict)
    redacted: Mapping[str, int] = msgspec.field(default_factory=dict)
    raw: Mapping[str, int] = msgspec.field(default_factory=dict)
    tombstones: tuple[Tombstone, ...] = ()
    requires: Mapping[str, str] = msgspec.field(default_factory=dict)


class Seal(Protocol):
    """What is asked at each commit for its link in the chain of seals."""

    def rows(self, location: str, rows: pa.Table) -> None:
        """Take note of some rows of a data file, in their order, as they are written."""

    def written(self, location: str, sha256: str) -> None:
        """Take note of a data file's end and of the digest of its bytes."""

    def link(self, table: Table, before: Mapping[str, str], change: Change) -> Mapping[str, str]:
        """Return the summary keys of the commit's link, which are carried on; `before` are those carried to it.

        It is asked again at each try of a commit, as other writers may have moved the chain; the added files are on
        disk by then, the removed ones still are.
        """

    def landed(self, table: Table) -> None:
        """Hear that a commit is in the table."""


class NoSeal(Untold):
    """Seals nothing."""

    def link(self, _table: Table, _before: Mapping[str, str], _change: Change) -> Mapping[str, str]:
        """See Seal."""
        return {}

    def landed(self, table: Table) -> None:
        """See Seal."""
