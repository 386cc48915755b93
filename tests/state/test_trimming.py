"""The spool goes as far as SQLite and the archive both have it, and no further."""

from __future__ import annotations

import pytest

from lanner.errors import GroundError
from lanner.state import trimming
from lanner.state.kept import Commit
from lanner.state.spool import Record, SpoolWriter, segments
from lanner.state.store import Store


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "state.db")
    yield made
    made.close()


def write(folder, count: int) -> None:
    writer = SpoolWriter(folder, segment_bytes=1)
    for number in range(1, count + 1):
        one = Record(sequence=number, source="s", origin="o", received=1.0, checkpoint={}, offsets=[], lines=[])
        writer.append([one])
    writer.close()


@pytest.mark.parametrize(("archived", "known", "left"), [(0, 4, 4), (4, 0, 4), (2, 3, 2), (3, 2, 2), (9, 9, 1)])
def test_a_segment_goes_when_both_have_it(tmp_path, store, archived, known, left):
    write(tmp_path / "spool", 4)
    store.commit(Commit(sequence=known, checkpoints={}))
    assert trimming.trim(tmp_path / "spool", store, archived) == 4 - left
    assert len(segments(tmp_path / "spool")) == left


def test_nothing_goes_when_the_disk_does_not_take_what_sqlite_committed(tmp_path, store, monkeypatch):
    write(tmp_path / "spool", 2)
    store.commit(Commit(sequence=2, checkpoints={}))

    def refused(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refused)
    with pytest.raises(GroundError, match="No space left"):
        trimming.trim(tmp_path / "spool", store, 2)
    assert len(segments(tmp_path / "spool")) == 2
