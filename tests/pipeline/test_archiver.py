"""The archiver: each event once, wherever it is started again; the spool is trimmed, never ahead of anyone."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter

import msgspec
import pytest

from lanner.archive.export import export_lines
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.errors import GroundError
from lanner.pipeline import archiver as module
from lanner.pipeline.archiver import Archiver
from lanner.settings.model import Settings
from lanner.state.kept import Commit
from lanner.state.lock import held
from lanner.state.spool import Record, SpoolWriter, segments
from lanner.state.store import Store


@pytest.fixture
def settings(folder):
    return Settings(data=str(folder.root), archive=ArchiveSettings(commit_events=5, commit_seconds=0.0))


class Feed:
    """Writes records as ingest does."""

    def __init__(self, folder, store: Store) -> None:
        self.store = store
        self.writer = SpoolWriter(folder.spool, segment_bytes=1)

    def give(self, *lines: bytes, known: bool = True, received: float = 1.0) -> int:
        sequence = self.writer.next_sequence
        record = Record(
            sequence=sequence,
            source="file:/a",
            origin="/a",
            received=received,
            checkpoint={"offset": sequence},
            offsets=list(range(len(lines))),
            lines=list(lines),
        )
        self.writer.append([record])
        if known:
            self.store.commit(Commit(sequence=sequence, checkpoints={"file:/a": record.checkpoint}))
        return sequence


@pytest.fixture
def feed(folder, store):
    return Feed(folder, store)


def names(settings: Settings, folder) -> Counter[tuple[str, str]]:
    archive = Archive.open(settings.archive, folder.archive)
    found = [msgspec.json.decode(line) for line in export_lines(archive)]
    archive.close()
    return Counter((one["auditID"], one["stage"]) for one in found)


class KilledError(Exception):
    """Stands for SIGKILL: nothing after it is done."""


POINTS = ("_save_held", "append", "_committed_all", "_tidy", "nowhere")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_each_event_is_archived_once_wherever_the_archiver_dies(
    *, settings, folder, feed, event, monkeypatch, point, after
):
    """Requests begin in one commit and end in a later one; the process dies at each step of the second commit."""
    for number in range(4):
        feed.give(event(f"r{number}", stage="RequestReceived"), event(f"x{number}"), event(f"y{number}"))
    first = Archiver(settings, folder)
    first._gather()
    assert first._commit()
    for number in range(4):
        feed.give(event(f"r{number}"), event(f"s{number}", stage="RequestReceived"))

    def dies(original):
        def call(*arguments, **named):
            if after:
                original(*arguments, **named)
            raise KilledError

        return call

    with monkeypatch.context() as patch:
        target = first._archive if point == "append" else first
        if point != "nowhere":
            patch.setattr(target, point, dies(getattr(target, point)))
        first._gather()
        try:
            first._commit()
        except KilledError:
            pass
    first.close()

    second = Archiver(settings, folder)
    for number in range(4):
        feed.give(event(f"s{number}"))
    while second._gather():
        second._commit()
    second._commit()
    second.close()
    expected = {(f"{letter}{number}", "ResponseComplete") for letter in "xyrs" for number in range(4)}
    assert names(settings, folder) == Counter(expected)


def test_a_request_that_never_ends_is_archived_when_it_has_waited_long_enough(settings, folder, feed, event):
    feed.give(event("open", stage="RequestReceived"))
    archiver = Archiver(settings, folder)
    archiver._gather()
    archiver._commit()
    archiver.close()
    assert names(settings, folder) == Counter()
    feed.give(event("b"), received=1.0 + settings.archive.hold.seconds + 1)
    again = Archiver(settings, folder)
    again._gather()
    again._commit()
    again.close()
    assert names(settings, folder) == Counter([("open", "RequestReceived"), ("b", "ResponseComplete")])


def test_the_snapshot_says_how_far_it_goes_and_the_spool_is_trimmed_to_it(settings, folder, feed, event):
    for number in range(6):
        feed.give(event(f"e{number}"))
    archiver = Archiver(settings, folder)
    archiver._gather()
    assert archiver._commit()
    position = archiver._archive.position()
    assert position is not None
    assert (position.sequence, position.checkpoints) == (6, {"file:/a": {"offset": 6}})
    assert [int(one.stem) for one in segments(folder.spool)] == [6]
    assert [one.name for one in folder.held.iterdir()] == [f"{6:020d}.bin"]
    archiver.close()


def test_a_record_that_ingest_has_not_committed_is_left_alone(settings, folder, feed, event):
    feed.give(event("a"))
    unknown = feed.give(event("b"), known=False)
    archiver = Archiver(settings, folder)
    archiver._gather()
    archiver._commit()
    assert names(settings, folder) == Counter([("a", "ResponseComplete")])
    feed.store.commit(Commit(sequence=unknown, checkpoints={}))
    archiver._gather()
    archiver._commit()
    archiver.close()
    assert len(names(settings, folder)) == 2


def test_a_disk_that_refuses_is_told_and_the_events_follow_when_it_works_again(
    settings, folder, feed, event, monkeypatch
):
    for number in range(3):
        feed.give(event(f"e{number}"))
    archiver = Archiver(settings, folder)

    def refuse(*_: object, **__: object) -> None:
        raise GroundError("no space left on the disk")

    with monkeypatch.context() as patch:
        patch.setattr(archiver._archive, "append", refuse)
        archiver._gather()
        assert not archiver._commit()
    archiver._publish(now=True)
    assert feed.store.statuses()["archiver"]["problem"] == "no space left on the disk"
    assert len(segments(folder.spool)) == 3
    feed.give(event("later"))
    archiver._gather()
    assert archiver._commit()
    archiver._publish(now=True)
    archiver.close()
    assert sum(names(settings, folder).values()) == 4
    status = feed.store.statuses()["archiver"]
    assert (status["problem"], status["total_events"], status["sequence"]) == ("", 4, 4)


def test_a_held_file_that_is_damaged_is_set_aside(settings, folder, feed, event):
    feed.give(event("open", stage="RequestReceived"), event("a"))
    first = Archiver(settings, folder)
    first._gather()
    first._commit()
    first.close()
    held = next(folder.held.glob("*.bin"))
    held.write_bytes(b"\xc1garbage")
    feed.give(event("b"))
    second = Archiver(settings, folder)
    second._gather()
    second._commit()
    second.close()
    assert held.with_suffix(".damaged").exists()
    assert len(names(settings, folder)) == 2


def test_a_replaced_state_database_is_followed(settings, folder, feed):
    archiver = Archiver(settings, folder)
    folder.state.rename(folder.root / "aside")
    anew = Store(folder.state)
    archiver._publish(now=True)
    assert "archiver" in anew.statuses()
    anew.close()
    archiver.close()


def test_the_position_moves_on_though_nothing_is_to_be_archived(settings, folder, feed, event, monkeypatch):
    """Without it a spool of garbage would never be trimmed."""
    monkeypatch.setattr(module, "POSITION_BYTES", 50)
    archiver = Archiver(settings, folder)
    feed.give()
    archiver._gather()
    assert archiver._due()
    archiver._commit()
    position = archiver._archive.position()
    assert position is not None
    assert position.sequence == 1
    archiver.close()


def test_on_stop_it_archives_what_the_spool_holds(settings, folder, feed, event):
    for number in range(20):
        feed.give(event(f"e{number}"))
    stop = threading.Event()
    stop.set()
    module.run(settings, stop)
    assert sum(names(settings, folder).values()) == 20
    assert feed.store.statuses()["archiver"]["sequence"] == 20


def test_it_runs_until_it_is_stopped(settings, folder, feed, event, until):
    stop = threading.Event()
    thread = threading.Thread(target=module.run, args=(settings, stop))
    thread.start()
    feed.give(event("a"))
    until(lambda: feed.store.statuses().get("archiver", {}).get("total_events") == 1)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


SECRET = (
    b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"a","stage":"ResponseComplete",'
    b'"requestURI":"/x?token=S3cret","verb":"create","user":{"username":"eve"},"objectRef":{"resource":"secrets"},'
    b'"requestObject":{"stringData":{"a":"S3cret"}},"stageTimestamp":"2026-01-02T00:00:00.000000Z"}'
)


def in_clear(folder) -> list[str]:
    """Return the files of the data folder that hold the secret."""
    return [path.name for path in folder.root.rglob("*") if path.is_file() and b"S3cret" in path.read_bytes()]


def test_after_a_stop_no_file_holds_a_secret_that_was_archived(settings, folder, feed):
    stop = threading.Event()
    stop.set()
    feed.give(SECRET)
    assert in_clear(folder) == [f"{1:020d}.seg"]
    with held(folder.lock("ingest")):  # it runs: the newest segment is its own
        module.run(settings, stop)
    assert in_clear(folder) == [f"{1:020d}.seg"]
    feed.writer.close()
    module.run(settings, stop)
    assert in_clear(folder) == []
    assert SpoolWriter(folder.spool).next_sequence == 2
    assert sum(names(settings, folder).values()) == 1


def test_after_a_stop_what_could_not_be_archived_is_still_in_the_spool(settings, folder, feed):
    stop = threading.Event()
    stop.set()
    feed.give(SECRET, known=False)
    feed.writer.close()
    module.run(settings, stop)
    assert in_clear(folder) == [f"{1:020d}.seg"]


def test_secret_values_are_redacted_and_counted(settings, folder, feed):
    """What waits for the end of its request is redacted as well."""
    line = SECRET
    feed.give(line, line.replace(b"ResponseComplete", b"RequestReceived").replace(b'"a"', b'"b"', 1))
    archiver = Archiver(settings, folder)
    archiver._gather()
    assert archiver._commit()
    archiver._publish(now=True)
    (exported,) = export_lines(archiver._archive)
    assert exported == line.replace(b"S3cret", archiver._redactor.mark(b"S3cret"))
    held = b"".join(path.read_bytes() for path in folder.held.glob("*.bin"))
    assert b"token=lanner:redacted:" in held
    assert b"S3cret" not in held
    assert feed.store.statuses()["archiver"]["redacted"] == {"arguments": 2, "secrets": 2}
    archiver.close()


@pytest.mark.parametrize("module", ["duckdb", "sqlglot", "lanner.detect.engine"])
def test_what_only_hunts_and_retention_need_is_not_loaded(module):
    """It would take 40 MB of memory in a process that runs as long as lanner does."""
    program = f"import sys, lanner.pipeline.archiver; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
