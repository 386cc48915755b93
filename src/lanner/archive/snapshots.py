"""Keeps the table's metadata small: old snapshots go with the commit, their files after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.snapshots import Snapshot

KEEP = 30
SLACK = 30
"""Readers may still plan with a snapshot that is KEEP commits old; SLACK more gather, then all of them go at once."""


def expire_old(transaction: Transaction, table: Table) -> Sequence[Snapshot]:
    """Add the expiry of old snapshots to the transaction when enough have gathered; return those that will go."""
    snapshots = sorted(table.metadata.snapshots, key=lambda snapshot: snapshot.sequence_number or 0)
    if len(snapshots) < KEEP + SLACK:
        return ()
    protected = {reference.snapshot_id for reference in table.metadata.refs.values()}
    old = [snapshot for snapshot in snapshots[:-KEEP] if snapshot.snapshot_id not in protected]
    table.maintenance.expire_snapshots().__class__(transaction).by_ids([s.snapshot_id for s in old]).commit()
    return old


def expire_before(table: Table, moment: float) -> int:
    """Expire the snapshots made before `moment`, seconds since 1970, but those that branches name; return how many."""
    protected = {reference.snapshot_id for reference in table.metadata.refs.values()}
    old = [s for s in table.metadata.snapshots if s.timestamp_ms < moment * 1000 and s.snapshot_id not in protected]
    if not old:
        return 0
    table.maintenance.expire_snapshots().by_ids([snapshot.snapshot_id for snapshot in old]).commit()
    table.refresh()
    remove_metadata(table, old)
    return len(old)


def remove_metadata(table: Table, expired: Sequence[Snapshot]) -> None:
    """Delete the manifest lists of expired snapshots and the manifests that only they named; events stay."""
    if not expired:
        return
    needed = {manifest.manifest_path for manifest in _manifests(table, table.metadata.snapshots)}
    unneeded = {manifest.manifest_path for manifest in _manifests(table, expired)} - needed
    for location in (*unneeded, *(snapshot.manifest_list for snapshot in expired)):
        try:
            table.io.delete(location)
        except OSError:
            continue  # an orphan costs a few kilobytes; a failed commit would cost more


def _manifests(table: Table, snapshots: Iterable[Snapshot]) -> Iterable[ManifestFile]:
    for snapshot in snapshots:
        try:
            yield from snapshot.manifests(table.io)
        except FileNotFoundError:
            continue
