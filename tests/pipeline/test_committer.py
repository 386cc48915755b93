"""The committer: durable first, then told; it waits out a full disk, and it always ends."""

from __future__ import annotations

import threading

import pytest

from lanner.errors import GroundError
from lanner.pipeline import committer as module
from lanner.pipeline.committer import Committer, Prepared
from lanner.state.spool import SpoolReader, SpoolWriter


@pytest.fixture
def prepared():
    def make(number: int, durable=None, **changes) -> Prepared:
        values = {
            "source": "file:/a",
            "origin": "/a",
            "received": 1.0,
            "checkpoint": {"offset": number},
            "lines": [b"{}"],
            "offsets": [number],
            "rejects": [],
            "alerts": [],
            "digests": [],
            "delivered": (),
            "durable": durable,
        }
        return Prepared(**(values | changes))

    return make


@pytest.fixture
def committer(folder, store, monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    made = Committer(SpoolWriter(folder.spool), store, [])
    yield made
    if made.alive:
        made.close(0.1)


def spooled(folder) -> list[int]:
    return [line for record in SpoolReader(folder.spool, after=0).read() for line in record.offsets]


def test_a_batch_is_in_the_spool_and_the_database_before_its_source_hears_of_it(committer, folder, store, prepared):
    heard = []
    committer.start()
    for number in range(100):
        committer.submit(prepared(number, lambda: heard.append((store.sequence(), len(spooled(folder))))))
    assert committer.close(10)
    assert len(heard) == 100
    assert all(sequence == count for sequence, count in heard)
    assert spooled(folder) == list(range(100))
    assert store.checkpoints()[0] == {"file:/a": {"offset": 99}}


def test_it_tries_until_the_disk_takes_it_and_writes_the_spool_once(committer, folder, prepared, monkeypatch, until):
    store = committer._store
    real, refused = store.commit, []

    def commit(commit):
        if len(refused) < 3:
            refused.append(True)
            raise GroundError("database or disk is full")
        return real(commit)

    monkeypatch.setattr(store, "commit", commit)
    heard = threading.Event()
    committer.start()
    committer.submit(prepared(1, heard.set))
    until(lambda: committer.problem == "database or disk is full" or heard.is_set())
    assert heard.wait(10)
    until(lambda: committer.problem == "")
    assert spooled(folder) == [1]


def test_it_ends_within_its_time_though_the_disk_is_full_and_the_queue_too(committer, prepared, monkeypatch, until):
    def full(*_: object) -> None:
        raise GroundError("no space left")

    monkeypatch.setattr(committer._spool, "append", full)
    heard = []
    committer.start()
    blocked = threading.Thread(
        target=lambda: [
            committer.submit(prepared(n, lambda: heard.append(1))) for n in range(module.QUEUED_BATCHES + 50)
        ]
    )
    blocked.start()
    until(committer._queue.full)
    assert not committer.close(0.1)
    blocked.join(10)
    assert not blocked.is_alive()
    assert heard == []


def test_few_large_batches_fill_the_queue_as_many_small_ones_do(committer, prepared, folder, monkeypatch):
    monkeypatch.setattr(module, "QUEUED_BYTES", 1000)
    monkeypatch.setattr(module, "GROUP_BYTES", 1500)
    for number in range(2):
        assert not committer._queue.full()
        assert committer._put(prepared(number, lines=[b"x" * 600]))
    assert committer._queue.full()
    assert not committer._put(prepared(2))
    committer.start()
    committer.submit(prepared(2, lines=[b"x" * 5000]))
    assert committer.close(10)
    assert spooled(folder) == [0, 1, 2]


def test_while_the_spool_is_full_nothing_is_committed_and_closing_still_ends(committer, store, prepared):
    committer.hold(full=True)
    committer.start()
    committer.submit(prepared(1))
    assert store.sequence() is None
    assert committer.close(10)
    assert store.sequence() == 1


def test_an_error_nobody_expected_is_kept_for_the_main_thread_and_blocks_nobody(committer, prepared, until):
    committer.start()
    committer.submit(prepared(1, source="\udcff"))
    until(lambda: committer.failure is not None)
    assert isinstance(committer.failure, UnicodeEncodeError)
    for number in range(module.QUEUED_BATCHES + 1):
        committer.submit(prepared(number))
    assert not committer.close(1)
