"""What one commit does to the table, and the seal that is asked about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from pyiceberg.manifest import DataFile


class Change(msgspec.Struct, frozen=True):
    """One commit: files that come and go together, and what its summary says.

    `kind` says why ("append", "compact", "tier", "expire" ...), `says` are summary keys that begin with `lanner.` and
    that later commits carry on, `dropped` counts events that were left out on purpose, by reason.
    """

    kind: str
    added: Sequence[DataFile] = ()
    removed: Sequence[DataFile] = ()
    says: Mapping[str, str] = msgspec.field(default_factory=dict)
    dropped: Mapping[str, int] = msgspec.field(default_factory=dict)


Seal = Callable[[Mapping[str, str], Change], Mapping[str, str]]
"""Given the keys that were carried to a commit and its change, gives the summary keys of its link (`lanner.seal...`).

They are carried on like all others. A seal is asked again at each try of a commit, as other writers may have moved the
chain; the added files are on disk by then, the removed ones still are.
"""


def no_seal(_before: Mapping[str, str], _change: Change) -> Mapping[str, str]:
    """Seal nothing."""
    return {}
