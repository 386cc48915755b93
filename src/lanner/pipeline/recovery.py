"""Start after a stop or a crash: which state holds, what has to be detected again, where each source goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lanner.audit.batch import Checkpoint
from lanner.config.folders import DataFolder
from lanner.errors import GroundError
from lanner.pipeline.ingest import Detector
from lanner.pipeline.redelivery import digest_of
from lanner.settings.model import Settings
from lanner.state.kept import Commit
from lanner.state.schema import DamagedStateError, set_aside
from lanner.state.spool import SpoolReader
from lanner.state.store import Store

if TYPE_CHECKING:
    from lanner.archive.store import ArchivePosition  # loads pyiceberg, which ingest needs only after a loss of state

Note = Callable[[str], None]
UNSEEDED = (
    "the state is new and the archive is not: correlations and habits know nothing of what is archived; "
    "`lanner rules seed --since 14d`, with lanner stopped, lets them know it"
)


@dataclass(frozen=True, slots=True)
class Recovered:
    """Where to go on: the number of the next record and each source's checkpoint."""

    next_sequence: int
    checkpoints: dict[str, Checkpoint]


def open_store(folder: DataFolder, note: Note) -> Store:
    """Open the state; a damaged database is set aside, and what it said is rebuilt from spool and archive."""
    try:
        return Store(folder.state, check=True)
    except DamagedStateError as error:
        aside = set_aside(folder.state)
        note(
            f"{folder.state} is damaged ({error}); it is kept as {aside.name} and a new one is made: positions come "
            "from the spool and the archive, alerts of events still in the spool are raised again"
        )
        return Store(folder.state)


def recover(settings: Settings, folder: DataFolder, store: Store, detector: Detector, note: Note) -> Recovered:
    """Bring SQLite up to the spool, and find the checkpoints; raises GroundError when the disk does not let it."""
    known = store.sequence()
    checkpoints, damaged = store.checkpoints()
    for source in damaged:
        note(f"the checkpoint of {source} in {folder.state} is damaged; spool and archive say where it goes on")
    last = known or 0
    if known is None or damaged:
        archived = _archive_position(settings, folder, note)
        if archived is not None:
            last = max(last, archived.sequence)
            if known is None and archived.checkpoints and not store.remembers():
                note(UNSEEDED)
            checkpoints = {**archived.checkpoints, **checkpoints}
    checkpoints |= _spooled_checkpoints(folder, damaged)
    repeating = {each.source_id for each in settings.sources if each.repeats}
    for_sequence, newer = _replay(folder, store, detector, after=known or 0, repeating=repeating)
    return Recovered(max(last, for_sequence) + 1, checkpoints | newer)


def _replay(
    folder: DataFolder, store: Store, detector: Detector, *, after: int, repeating: set[str]
) -> tuple[int, dict[str, Checkpoint]]:
    """Detect again in records that are in the spool but not in SQLite; return the last number and the checkpoints.

    Senders of `repeating` sources were not told that these records are durable, and will send them again.
    """
    last, checkpoints = after, dict[str, Checkpoint]()
    reader = SpoolReader(folder.spool, after=after)
    while records := reader.read():
        for record in records:
            alerts, hits = detector.look_again(record)
            commit = Commit(
                sequence=record.sequence,
                checkpoints={record.source: record.checkpoint},
                alerts=alerts,
                hits=[(record.sequence, hits)] if hits else (),
                incidents=detector.grouping.changes(),
                rejects=record.rejects,
                digests=[digest_of(line) for line in record.lines] if record.source in repeating else (),
            )
            store.commit(commit)
            last, checkpoints[record.source] = record.sequence, record.checkpoint
    return last, checkpoints


def _spooled_checkpoints(folder: DataFolder, sources: list[str]) -> dict[str, Checkpoint]:
    """Return the newest checkpoint that the spool holds for each of these sources."""
    found: dict[str, Checkpoint] = {}
    if sources:
        reader = SpoolReader(folder.spool, after=0)
        while records := reader.read():
            found.update((record.source, record.checkpoint) for record in records if record.source in sources)
    return found


def _archive_position(settings: Settings, folder: DataFolder, note: Note) -> ArchivePosition | None:
    if not settings.archive.enabled or not (settings.archive.catalog or folder.archive.exists()):
        return None
    from lanner.archive.store import Archive, ArchivePosition  # noqa: PLC0415  # loads pyiceberg; see above

    try:
        archive = Archive.open(settings.archive, folder.archive)
        try:
            return archive.position()
        finally:
            archive.close()
    except GroundError as error:
        note(f"the archive cannot say where the sources stand ({error}); they start as configured")
        # It passes over numbers that it has seen; milliseconds since 1970 are above any that were counted from 1.
        return ArchivePosition(int(time.time() * 1000), {})
