"""The feed: what a poll finds, and what becomes of it when the database is missing, replaced or damaged."""

from __future__ import annotations

import asyncio

import pytest

from lanner.errors import GroundError
from lanner.state.store import Store
from lanner.web.feed import BURST, MAX_LISTENERS, Feed


@pytest.fixture
def feed(tmp_path):
    made = Feed(tmp_path / "state.db")
    yield made
    made.close()


def test_a_missing_database_is_waited_for(feed, tmp_path, make):
    assert feed.poll().snapshot.problem.startswith("starting")
    with pytest.raises(GroundError, match="starting"):
        feed.store()
    Store(tmp_path / "state.db").close()
    assert feed.poll().snapshot.problem == ""


def test_each_poll_brings_what_is_new_newest_first(feed, state, make):
    state.publish()
    state.add(make.alert(rule="a"), rejects=(make.reject(),))
    first = feed.poll()
    state.add(make.alert(rule="b"), make.alert(rule="c"))
    second, third = feed.poll(), feed.poll()
    assert (first.reset, [row.rule for row in first.rows]) == (True, ["a"])
    assert (second.reset, [row.rule for row in second.rows], second.snapshot.newest) == (False, ["c", "b"], 3)
    assert third.rows == []
    assert first.snapshot.statuses["ingest"]["events"] == 12_345
    assert first.snapshot.quarantine_counts == {"not JSON": 1}
    assert [rate for _, rate in feed.chart] == [250.0]


def test_a_burst_bigger_than_a_poll_asks_pages_to_read_again(feed, state, make):
    feed.poll()
    state.add(*[make.alert()] * (BURST + 1))
    update = feed.poll()
    assert (update.reset, len(update.rows), update.snapshot.newest) == (True, BURST, BURST + 1)


def test_a_replaced_database_is_opened_anew(feed, state, make, tmp_path):
    state.add(make.alert(rule="old"), make.alert(rule="old"))
    feed.poll()
    replacement = type(state)(tmp_path / "new.db")
    replacement.add(make.alert(rule="new"))
    replacement.store.close()
    state.store.close()
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"state.db{suffix}").unlink(missing_ok=True)
    (tmp_path / "new.db").replace(tmp_path / "state.db")
    update = feed.poll()
    assert (update.reset, [row.rule for row in update.rows]) == (True, ["new"])


@pytest.mark.parametrize("content", [b"this is not a database" * 100, b""])
def test_a_damaged_database_is_a_problem_in_words_until_it_is_repaired(tmp_path, content):
    path = tmp_path / "state.db"
    path.write_bytes(content)
    feed = Feed(path)
    assert "cannot be read" in feed.poll().snapshot.problem
    path.unlink()
    Store(path).close()
    assert feed.poll().snapshot.problem == ""
    feed.close()


def test_listeners_are_told_in_the_loop_until_they_leave(feed, state, make):
    """Each poll reaches all listeners; one that has left hears nothing more, and leaving twice does no harm."""
    heard = []

    async def scenario():
        told = asyncio.Event()
        leave = feed.subscribe(lambda update: (heard.append(update.snapshot.problem), told.set()))
        task = asyncio.create_task(feed.run())
        await told.wait()
        leave()
        leave()
        count = len(heard)
        await asyncio.sleep(0.6)
        task.cancel()
        return count

    assert asyncio.run(scenario()) == len(heard)
    assert heard[0] == ""


def test_the_number_of_listeners_is_bounded(feed):
    leavers = [feed.subscribe(lambda _update: None) for _ in range(MAX_LISTENERS)]
    assert (feed.full, feed.pages) == (True, MAX_LISTENERS)
    leavers[0]()
    assert not feed.full
