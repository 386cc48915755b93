"""A webhook batch sent twice gives its events once, also across a restart."""

from __future__ import annotations

from lanner.pipeline import redelivery
from lanner.pipeline.redelivery import RedeliveryFilter, digest_of
from lanner.state.store import Commit


def test_an_event_is_new_once_within_a_batch_and_between_batches(store):
    known = RedeliveryFilter(store)
    assert known.first_time([b"a", b"b", b"a"]) == [digest_of(b"a"), digest_of(b"b"), None]
    assert known.first_time([b"b", b"c"]) == [None, digest_of(b"c")]


def test_committed_events_are_known_after_a_restart_and_others_are_not(store):
    first = RedeliveryFilter(store).first_time([b"a", b"lost"])
    store.commit(Commit(sequence=1, checkpoints={}, digests=[first[0]]))
    assert RedeliveryFilter(store).first_time([b"a", b"lost"]) == [None, digest_of(b"lost")]


def test_memory_is_bounded_and_the_store_remembers_the_rest(store, monkeypatch):
    monkeypatch.setattr(redelivery, "REMEMBERED", 10)
    known = RedeliveryFilter(store)
    lines = [b"%d" % number for number in range(50)]
    digests = known.first_time(lines)
    assert len(known._recent) == 10
    store.commit(Commit(sequence=1, checkpoints={}, digests=digests))
    assert known.first_time(lines) == [None] * 50
