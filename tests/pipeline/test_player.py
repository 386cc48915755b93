"""The player appends a recorded log at a steady pace, with timestamps moved to now."""

from __future__ import annotations

import itertools
import threading
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from lanner.errors import GroundError
from lanner.pipeline import player
from lanner.pipeline.player import Play
from lanner.settings.model import Settings


@pytest.fixture
def play(tmp_path, event):
    log = tmp_path / "recorded.jsonl"
    log.write_bytes(b"".join(event(f"e{number}") + b"\n" for number in range(30)))

    def make(**changes) -> Play:
        return Play(**({"log": str(log), "target": str(tmp_path / "log" / "audit.log"), "rate": 1000.0} | changes))

    return make


def test_all_lines_are_written_once_and_it_says_how_far_it_is(play, folder, store, until):
    stop = threading.Event()
    order = play(shift=False)
    thread = threading.Thread(target=player.run, args=(Settings(data=str(folder.root)), order, stop))
    thread.start()
    until(lambda: store.statuses().get("player", {}).get("done"))
    stop.set()
    thread.join(10)
    with open(order.log, "rb") as recorded, open(order.target, "rb") as written:  # noqa: PTH123 - two at once
        assert recorded.read() == written.read()


def test_timestamps_move_together_to_now(event):
    line = player._dated(event("a"), Play(log="", target="", rate=1.0))
    moved = msgspec.json.decode(line)
    received, staged = (datetime.fromisoformat(moved[k]) for k in ("requestReceivedTimestamp", "stageTimestamp"))
    assert staged - received == timedelta(microseconds=1)
    assert abs(datetime.now(UTC) - staged) < timedelta(minutes=5)
    assert player._dated(b'{"no":"time"}', Play(log="", target="", rate=1.0)) == b'{"no":"time"}'


def test_it_stops_when_told_and_waits_for_ingest_to_make_the_database(play, folder):
    stop = threading.Event()
    stop.set()
    player.run(Settings(data=str(folder.root)), play(), stop)
    assert not folder.root.exists()


def test_a_target_that_cannot_be_written_is_named(play, tmp_path, store, folder):
    (tmp_path / "file").touch()
    with pytest.raises(GroundError, match="the player cannot write"):
        player.run(Settings(data=str(folder.root)), play(target=str(tmp_path / "file" / "x")), threading.Event())


def test_the_pace_is_kept():
    stop = threading.Event()
    began = time.monotonic()
    ranges = list(player._paced(50, 500.0, stop))
    assert ranges[0][0] == 0
    assert ranges[-1][1] == 50
    assert all(first[1] == second[0] for first, second in itertools.pairwise(ranges))
    assert time.monotonic() - began >= 0.09
