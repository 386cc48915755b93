"""What rides in the summaries of Iceberg snapshots: the spool's position, an import's progress, counts of drops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from lanner.archive.change import Change
from lanner.audit.batch import Checkpoint

SEQUENCE = "lanner.sequence"
CHECKPOINTS = "lanner.checkpoints"
IMPORT = "lanner.import"
DROPPED = "lanner.dropped"
DROPPED_TOTAL = "lanner.dropped-total"
REDACTED_TOTAL = "lanner.redacted-total"
RAW_TOTAL = "lanner.raw-total"
EXPIRED_TOTAL = "lanner.expired-total"
COMMIT = "lanner.commit"
KIND = "lanner.kind"

_OURS = "lanner."
_OF_ONE_COMMIT = frozenset({DROPPED, COMMIT, KIND})
"""Keys that no later summary carries on."""
_COUNTS = msgspec.json.Decoder(dict[str, int])


class ArchivePosition(msgspec.Struct, frozen=True):
    """How far the spool is archived: its last record's number and where each source goes on."""

    sequence: int
    checkpoints: dict[str, Checkpoint]


def carried(table: Table) -> dict[str, str]:
    """Return what the newest snapshot that lanner made says; each of them carries on what the one before said."""
    snapshots = sorted(table.metadata.snapshots, key=lambda snapshot: snapshot.sequence_number or 0, reverse=True)
    for snapshot in snapshots:
        found = snapshot.summary.additional_properties if snapshot.summary else {}
        if COMMIT in found:
            return {key: found[key] for key in found if key.startswith(_OURS) and key not in _OF_ONE_COMMIT}
    return {}


def has_commit(table: Table, commit: str) -> bool:
    """Say whether a snapshot of this commit exists."""
    return any(
        snapshot.summary is not None and snapshot.summary.additional_properties.get(COMMIT) == commit
        for snapshot in table.metadata.snapshots
    )


def position_of(found: Mapping[str, str]) -> ArchivePosition | None:
    """Read the spool's position."""
    if SEQUENCE not in found:
        return None
    return ArchivePosition(int(found[SEQUENCE]), msgspec.json.decode(found.get(CHECKPOINTS, "{}")))


def dropped_of(found: Mapping[str, str]) -> dict[str, int]:
    """Read how many events were dropped by reason since the archive was made."""
    return _COUNTS.decode(found.get(DROPPED_TOTAL, "{}"))


def redacted_of(found: Mapping[str, str]) -> dict[str, int]:
    """Read how many values were redacted by reason since the archive was made."""
    return _COUNTS.decode(found.get(REDACTED_TOTAL, "{}"))


def raw_of(found: Mapping[str, str]) -> dict[str, int]:
    """Read how many bytes of text came since the archive was made, by what became of them: see Change.raw."""
    return _COUNTS.decode(found.get(RAW_TOTAL, "{}"))


def expired_of(found: Mapping[str, str]) -> dict[str, int]:
    """Read how many events were deleted as planned since the archive was made, and the bytes of their files."""
    return _COUNTS.decode(found.get(EXPIRED_TOTAL, "{}"))


def next_summary(before: Mapping[str, str], change: Change) -> dict[str, str]:
    """Return what the next commit's summary says after one that says `before`, without the seal."""
    summary = {**before, **change.says, KIND: change.kind}
    if change.dropped:
        summary[DROPPED] = _text(change.dropped)
        summary[DROPPED_TOTAL] = _text(Counter(dropped_of(before)) + Counter(change.dropped))
    if change.redacted:
        summary[REDACTED_TOTAL] = _text(Counter(redacted_of(before)) + Counter(change.redacted))
    if change.raw:
        summary[RAW_TOTAL] = _text(Counter(raw_of(before)) + Counter(change.raw))
    if (events := _rows(change.removed) - _rows(change.added)) > 0:
        gone = Counter(events=events, bytes=_bytes(change.removed) - _bytes(change.added))
        summary[EXPIRED_TOTAL] = _text(Counter(expired_of(before)) + gone)
    return summary


def _rows(files: Sequence[DataFile]) -> int:
    return sum(file.record_count for file in files)


def _bytes(files: Sequence[DataFile]) -> int:
    return sum(file.file_size_in_bytes for file in files)


def position_changes(sequence: int | None, checkpoints: Mapping[str, Checkpoint] | None) -> dict[str, str]:
    """Say the position as a summary's keys."""
    changes = {} if sequence is None else {SEQUENCE: str(sequence)}
    if checkpoints is not None:
        changes[CHECKPOINTS] = _text(checkpoints)
    return changes


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
