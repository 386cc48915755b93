"""A webhook batch sent twice gives its events once, also across a restart."""

from __future__ import annotations

from lanner.pipeline import redelivery
from lanner.pipeline.redelivery import RedeliveryFilter, digest_of
from lanner.state.kept import Commit


def digests_of(*lines: bytes) -> list[bytes]:
    return [digest_of(line) for line in lines]


def test_an_event_is_new_once_within_a_batch_and_between_batches(store):
    known = RedeliveryFilter(store)
    assert known.first_time(digests_of(b"a", b"b", b"a")) == [True, True, False]
    assert known.first_time(digests_of(b"b", b"c")) == [False, True]


def test_committed_events_are_known_after_a_restart_and_others_are_not(store):
    RedeliveryFilter(store).first_time(digests_of(b"a", b"lost"))
    store.commit(Commit(sequence=1, checkpoints={}, digests=digests_of(b"a")))
    assert RedeliveryFilter(store).first_time(digests_of(b"a", b"lost")) == [False, True]


def test_memory_is_bounded_and_the_store_remembers_the_rest(store, monkeypatch):
    monkeypatch.setattr(redelivery, "REMEMBERED", 10)
    known = RedeliveryFilter(store)
    digests = digests_of(*(b"%d" % number for number in range(50)))
    assert known.first_time(digests) == [True] * 50
    assert len(known._recent) == 10
    store.commit(Commit(sequence=1, checkpoints={}, digests=digests))
    assert known.first_time(digests) == [False] * 50
