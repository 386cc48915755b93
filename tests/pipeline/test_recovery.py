"""Starting again: from the state, from a spool that is ahead of it, from the archive alone."""

from __future__ import annotations

import pytest

from lanner.archive.row import Row
from lanner.archive.store import Archive
from lanner.pipeline.delivery import Lane
from lanner.pipeline.recovery import open_store, recover
from lanner.pipeline.redelivery import RedeliveryFilter, digest_of
from lanner.settings.model import Settings
from lanner.sources.webhook import WebhookSettings
from lanner.state.kept import Commit
from lanner.state.spool import Record, SpoolWriter
from lanner.state.store import Store


@pytest.fixture
def settings(folder):
    return Settings(data=str(folder.root), sources=(WebhookSettings(id="hook"),))


@pytest.fixture
def spool(folder):
    def write(*records: Record) -> None:
        writer = SpoolWriter(folder.spool)
        for record in records:
            writer.append([record])
        writer.close()

    return write


def record(sequence: int, *lines: bytes, source: str = "file:/a") -> Record:
    return Record(
        sequence=sequence,
        source=source,
        origin="/a",
        received=1.0,
        checkpoint={"offset": sequence * 10},
        offsets=[0] * len(lines),
        lines=list(lines),
    )


def archive(settings: Settings, folder, event, sequence: int) -> None:
    opened = Archive.open(settings.archive, folder.archive)
    opened.append([Row(raw=event("x"), source="file:/a")], sequence=sequence, checkpoints={"file:/a": {"offset": 70}})
    opened.close()


def test_a_first_start_begins_at_one_with_no_checkpoints(settings, folder, store, detector):
    notes = []
    found = recover(settings, folder, store, detector, notes.append)
    assert (found.next_sequence, found.checkpoints, notes) == (1, {}, [])


def test_what_the_spool_has_and_the_database_not_is_detected_again(*, settings, folder, store, detector, spool, event):
    spool(record(1, event("a", attack=True)), record(2, event("b", attack=True)), record(3, event("c")))
    store.register_output("http")
    store.commit(Commit(sequence=1, checkpoints={"file:/a": {"offset": 10}}))
    found = recover(settings, folder, store, detector, print)
    assert (found.next_sequence, found.checkpoints) == (4, {"file:/a": {"offset": 30}})
    assert [one.alert.lanner.audit_id for one in store.pending("http")] == ["b"]
    assert store.sequence() == 3
    again = recover(settings, folder, store, detector, print)
    assert again == found
    assert len(store.alerts()) == 1


def test_a_lost_database_with_a_spool_raises_its_alerts_again_for_outputs_that_are_registered(
    *, settings, folder, detector, spool, event, recorder
):
    spool(record(1, event("a", attack=True)))
    folder.state.write_bytes(b"garbage" * 1000)
    notes: list[str] = []
    store = open_store(folder, notes.append)
    Lane(recorder("http", immediate=False), store)
    found = recover(settings, folder, store, detector, notes.append)
    assert "is damaged" in notes[0]
    assert "damaged-" in notes[0]
    assert [path.name for path in folder.root.glob("state.db.damaged-*")] == [
        notes[0].split("kept as ")[1].split(" ")[0]
    ]
    assert (found.next_sequence, found.checkpoints) == (2, {"file:/a": {"offset": 10}})
    assert len(store.pending("http")) == 1
    store.close()


def test_a_lost_database_without_a_spool_goes_on_where_the_archive_says(settings, folder, store, detector, event):
    archive(settings, folder, event, 41)
    found = recover(settings, folder, store, detector, print)
    assert (found.next_sequence, found.checkpoints) == (42, {"file:/a": {"offset": 70}})


def test_a_new_database_beside_an_archive_is_told_how_it_gets_to_know_it_until_it_does(
    settings, folder, store, detector, event
):
    archive(settings, folder, event, 41)
    notes: list[str] = []
    recover(settings, folder, store, detector, notes.append)
    assert ["rules seed" in note for note in notes] == [True]
    store.keep_memory(detector.memory())
    recover(settings, folder, store, detector, notes.append)
    assert len(notes) == 1


def test_the_spool_is_newer_than_the_archive(*, settings, folder, store, detector, spool, event):
    archive(settings, folder, event, 1)
    spool(record(1, event("a")), record(2, event("b")))
    found = recover(settings, folder, store, detector, print)
    assert (found.next_sequence, found.checkpoints) == (3, {"file:/a": {"offset": 20}})


def test_a_damaged_checkpoint_is_told_and_taken_from_spool_or_archive(settings, folder, detector, spool, event):
    archive(settings, folder, event, 1)
    spool(record(1, event("a")), record(2, event("b"), source="file:/b"))
    store = Store(folder.state)
    store.commit(Commit(sequence=2, checkpoints={}))
    for source in ("file:/a", "file:/b"):
        store._run("insert into checkpoint values (?, 'garbage', 1)", (source,))
    notes: list[str] = []
    found = recover(settings, folder, store, detector, notes.append)
    store.close()
    assert [note.split(" in ")[0] for note in notes] == ["the checkpoint of file:/a", "the checkpoint of file:/b"]
    assert found.checkpoints == {"file:/a": {"offset": 10}, "file:/b": {"offset": 20}}
    assert found.next_sequence == 3


def test_an_archive_that_cannot_say_gets_numbers_that_it_has_not_seen(settings, folder, store, detector, event):
    archive(settings, folder, event, 41)
    (folder.archive / "catalog.db").write_bytes(b"garbage" * 1000)
    notes: list[str] = []
    found = recover(settings, folder, store, detector, notes.append)
    assert found.next_sequence > 1_000_000_000_000
    assert found.next_sequence << 20 < 1 << 63
    assert "cannot say where the sources stand" in notes[0]


def test_a_webhook_batch_whose_answer_was_lost_in_the_crash_is_known_when_it_comes_again(
    *, settings, folder, store, detector, spool, event
):
    spool(record(1, event("a"), source="hook"), record(2, event("b")))
    recover(settings, folder, store, detector, print)
    assert RedeliveryFilter(store).first_time([digest_of(event("a")), digest_of(event("b"))]) == [False, True]
