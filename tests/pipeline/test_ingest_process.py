"""The ingest process as a whole: start, recovery from a damaged state, bounds, a clean end."""

from __future__ import annotations

import os
import threading

import msgspec
import pytest

from lanner.archive.export import export_lines
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.errors import GroundError
from lanner.outputs.file import FileSettings as FileOutputSettings
from lanner.pipeline import ingest_process
from lanner.pipeline.archiver import Archiver
from lanner.pipeline.ingest_process import IngestProcess
from lanner.pipeline.workers.ruleset import RuleSet
from lanner.pipeline.workers.task import Task
from lanner.policy.watch_settings import PolicySettings
from lanner.settings.model import RulesSettings, Settings, SpoolSettings
from lanner.sources.file_settings import FileSettings
from lanner.sources.webhook_settings import WebhookSettings
from lanner.state import spool
from lanner.state.spool import SpoolReader
from lanner.state.store import Store

RULE = """
- rule: Exec
  desc: d
  condition: ka.verb=create and ka.target.subresource=exec
  output: exec
  priority: WARNING
  source: k8s_audit
"""


@pytest.fixture
def settings(folder, tmp_path):
    (tmp_path / "rules.yaml").write_text(RULE)
    return Settings(
        data=str(folder.root),
        sources=(FileSettings(path=str(tmp_path / "audit.log")),),
        outputs=(FileOutputSettings(path=str(tmp_path / "alerts"), format="json"),),
        rules=RulesSettings(files=(str(tmp_path / "rules.yaml"),), content=False),
        archive=ArchiveSettings(enabled=False),
    )


@pytest.fixture
def process(folder):
    """Start ingest processes in this one; all are closed."""
    started = []

    def make(settings: Settings) -> IngestProcess:
        started.append(IngestProcess(settings, folder))
        started[-1].start()
        return started[-1]

    yield make
    for one in started:
        one.close()


def ran(settings: Settings) -> None:
    """Run until told to stop, which it is at once."""
    stop = threading.Event()
    stop.set()
    ingest_process.run(settings, stop, threading.Event())


def alerts(tmp_path) -> list[str | None]:
    file = tmp_path / "alerts"
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [msgspec.json.decode(line)["lanner"].get("audit_id") for line in lines]


def test_a_log_becomes_alerts_records_and_a_checkpoint_that_a_restart_goes_on_from(
    *, settings, folder, tmp_path, event, until
):
    log = tmp_path / "audit.log"
    log.write_bytes(event("a", attack=True) + b"\n" + event("b") + b"\n")
    stop, reload = threading.Event(), threading.Event()
    thread = threading.Thread(target=ingest_process.run, args=(settings, stop, reload))
    thread.start()
    until(lambda: alerts(tmp_path) == ["a"])
    stop.set()
    thread.join(30)
    with log.open("ab") as file:
        file.write(event("c", attack=True) + b"\n")
    second = IngestProcess(settings, folder)
    second.start()
    until(lambda: alerts(tmp_path) == ["a", "c"])
    second.close()
    store = Store(folder.state, read_only=True)
    assert [one.alert.lanner.audit_id for one in store.alerts()] == ["c", "a"]
    store.close()


def test_a_database_damaged_between_two_runs_is_set_aside_and_no_event_is_lost(
    *, settings, folder, tmp_path, event, process, until
):
    log = tmp_path / "audit.log"
    log.write_bytes(event("a", attack=True) + b"\n")
    first = process(settings)
    until(lambda: alerts(tmp_path) == ["a"])
    until(first._store.sequence)
    first.close()
    folder.state.write_bytes(b"garbage" * 3000)
    for leftover in folder.root.glob("state.db-*"):
        leftover.unlink()
    with log.open("ab") as file:
        file.write(event("b", attack=True) + b"\n")
    second = process(settings)
    until(lambda: second._store.sequence() == 3)  # what habits know was the second record
    assert set(alerts(tmp_path)) == {"a", "b"}
    assert "is damaged" in second._counts.notes[0]
    assert [line for one in SpoolReader(folder.spool, after=0).read() for line in one.lines] == [
        event("a", attack=True),
        event("b", attack=True),
    ]


def test_an_output_that_is_no_longer_configured_is_forgotten_and_told(settings, folder, process):
    store = Store(folder.state)
    store.register_output("http:old")
    store.close()
    running = process(settings)
    assert [one.output for one in running._store.deliveries()] == [running._lanes[0].name]
    assert "http:old" in running._counts.notes[0]


def test_a_spool_that_is_full_holds_the_sources_until_it_is_trimmed(
    *, settings, folder, tmp_path, event, process, until
):
    small = msgspec.structs.replace(
        settings, spool=SpoolSettings(max_bytes=1024 * 1024), archive=ArchiveSettings(), sources=()
    )
    running = process(small)
    for number in range(2):
        (folder.spool / f"{number:020d}.seg").write_bytes(bytes(800_000))
    running._bound_spool()
    assert "the spool is full" in running._counts.problem()
    assert not running._committer._room.is_set()
    spool.trim(folder.spool, 10)
    running._bound_spool()
    assert running._committer._room.is_set()
    assert running._counts.problem() == ""


def test_one_big_segment_alone_never_holds_the_sources(settings, folder, process):
    """The newest segment is never deleted: waiting for that would be waiting for ever."""
    running = process(msgspec.structs.replace(settings, spool=SpoolSettings(max_bytes=1024 * 1024), sources=()))
    (folder.spool / f"{1:020d}.seg").write_bytes(bytes(3_000_000))
    running._bound_spool()
    assert running._committer._room.is_set()


def test_without_an_archive_the_spool_is_trimmed_by_ingest(*, settings, folder, process, tmp_path, event, until):
    running = process(settings)
    running._spool._segment_bytes = 1
    for number in range(3):
        with (tmp_path / "audit.log").open("ab") as file:
            file.write(event(f"e{number}") + b"\n")
        until(lambda number=number: (running._store.sequence() or 0) > number)
    running._trim()
    assert spool.spool_bytes(folder.spool) == 0


SECRET = (
    b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"%d","stage":"ResponseComplete",'
    b'"requestURI":"/x","verb":"create","user":{"username":"eve"},"objectRef":{"resource":"secrets"},'
    b'"requestObject":{"stringData":{"a":"S3cret"}},"stageTimestamp":"2026-01-02T00:00:00.000000Z"}\n'
)


def in_clear(folder) -> list[str]:
    """Return the files of the data folder that hold the secret."""
    return [path.name for path in folder.root.rglob("*") if path.is_file() and b"S3cret" in path.read_bytes()]


def test_no_secret_stays_in_the_spool_once_it_is_archived_and_ingest_goes_on(
    *, settings, folder, process, tmp_path, until
):
    settings = msgspec.structs.replace(settings, archive=ArchiveSettings(commit_seconds=0.0))
    running = process(settings)
    for number in range(1, 4):
        with (tmp_path / "audit.log").open("ab") as file:
            file.write(SECRET % number)
        until(lambda number=number: running._store.sequence() == number)
        running._trim()
        assert len(in_clear(folder)) == 1
        archiver = Archiver(settings, folder)
        archiver._gather()
        assert archiver._commit()
        archiver._publish(now=True)
        archiver.close()
        running._trim()
        assert in_clear(folder) == []
    archive = Archive.open(settings.archive, folder.archive)
    assert len(list(export_lines(archive))) == 3
    archive.close()


def test_what_an_archiver_said_before_ingest_began_does_not_count(settings, folder, process, store):
    store.set_status("archiver", {"sequence": 7})
    settings = msgspec.structs.replace(settings, archive=ArchiveSettings())
    running = process(settings)
    assert running._archived() == 0
    store.set_status("archiver", {"sequence": 7})
    assert running._archived() == 7


def test_without_an_archive_no_line_stays_in_the_spool_after_the_end(*, settings, folder, process, tmp_path, until):
    (tmp_path / "audit.log").write_bytes(SECRET % 1)
    running = process(settings)
    until(lambda: running._store.sequence() == 1)
    assert len(in_clear(folder)) == 1
    running.close()
    assert in_clear(folder) == []


def test_a_source_that_cannot_work_ends_the_process_with_its_error(settings):
    bad = WebhookSettings(listen="127.0.0.1:1", token_file="/nowhere/token")
    with pytest.raises(GroundError, match="/nowhere/token"):
        ingest_process.run(msgspec.structs.replace(settings, sources=(bad,)), threading.Event(), threading.Event())


def test_what_broke_the_committer_ends_the_process(settings, process, until):
    running = process(settings)
    running._committer.failure = RuntimeError("a defect")
    with pytest.raises(RuntimeError, match="a defect"):
        running.run(threading.Event(), threading.Event())


def test_a_second_process_on_the_folder_is_refused(settings, folder, monkeypatch):
    from lanner.state.lock import held

    monkeypatch.setattr(ingest_process, "held", lambda path, wait_seconds: held(path))
    with held(folder.lock("ingest")), pytest.raises(GroundError, match="another lanner"):
        ran(settings)


def test_upkeep_does_not_fail_on_a_closed_database(settings, process):
    running = process(settings)
    running._prune()
    running.close()
    running._prune()
    running._publish()
    running._trim()


def test_a_start_without_a_rule_is_told(settings, folder, process, tmp_path):
    """Rule files that are gone must not look like a quiet cluster."""
    (tmp_path / "rules.yaml").write_text("")
    assert "no rule is enabled" in process(settings)._counts.notes[0]


def test_with_workers_a_log_becomes_alerts_by_rules_that_can_be_changed(*, settings, tmp_path, event, process, until):
    log = tmp_path / "audit.log"
    log.write_bytes(event("a", attack=True) + b"\n")
    running = process(msgspec.structs.replace(settings, workers=2))
    until(lambda: alerts(tmp_path) == ["a"])
    running._pooled._pool._seats[0].process.kill()
    (tmp_path / "rules.yaml").write_text(
        RULE.replace("condition: ka.verb=create", "condition: ka.verb=get").replace("=exec", "=log")
    )
    running._reload()
    with log.open("ab") as file:
        file.write(event("b", attack=True) + b"\n" + event("c") + b"\n")
    until(lambda: alerts(tmp_path) == ["a", "c"])
    (tmp_path / "rules.yaml").write_text(RULE.replace("ka.verb", "ka.nope"))
    running._reload()
    with log.open("ab") as file:
        file.write(event("d") + b"\n")
    until(lambda: alerts(tmp_path) == ["a", "c", "d"])
    until(lambda: running._pooled._pool.alive == 2)
    running._publish()
    status = running._store.statuses()["ingest"]
    assert (status["workers"], status["worker_restarts"], status["problem"]) == (2, 1, "")
    assert any("the old ones stay in force" in note for note in status["notes"])


def test_a_line_that_kills_workers_is_noted_with_its_place(settings, process, batch):
    running = process(settings)
    task = Task(1, [b"{}", b"x"], RuleSet(()), (batch(b"{}", b"x", at=40), False))
    task.blame(1)
    task.blame(1)
    running._note_deadly(task, 1)
    assert "/a:41: it kills detection" in running._counts.notes[0]
    assert "goes to quarantine" in running._counts.notes[0]


def test_what_broke_the_order_of_workers_answers_ends_the_process(settings, process):
    running = process(msgspec.structs.replace(settings, workers=2))
    running._pooled.failure = RuntimeError("a defect")
    with pytest.raises(RuntimeError, match="a defect"):
        running.run(threading.Event(), threading.Event())


def test_the_audit_policy_is_watched_told_in_the_status_and_read_again_when_its_file_changes(
    *, settings, folder, tmp_path, event, process, until
):
    policy = tmp_path / "policy.yaml"
    policy.write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Request}]\n")
    os.utime(policy, (1, 1))
    log = tmp_path / "audit.log"
    log.write_bytes(event("a") + b"\n")
    watched = msgspec.structs.replace(settings, policy=PolicySettings(file=str(policy)))
    running = process(watched)
    until(lambda: alerts(tmp_path) == ["a"])
    running._publish()
    assert running._store.statuses()["ingest"]["policy"]["deviations"]["lower-level"] == 1
    policy.write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n")
    running._watch_files(1, threading.Event())
    asked = threading.Event()
    asked.set()
    running._watch_files(1, asked)
    with log.open("ab") as file:
        file.write(event("b") + b"\n")
    until(lambda: len(alerts(tmp_path)) == 2)
    running.close()
    policy.write_text(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata, users: [eve]}, {level: None}]\n"
    )
    process(watched)
    with log.open("ab") as file:
        file.write(event("c") + b"\n")
    until(lambda: len(alerts(tmp_path)) == 3)
    lines = [msgspec.json.decode(line) for line in (tmp_path / "alerts").read_bytes().splitlines()]
    assert [line["output_fields"]["policy.deviation"] for line in lines] == [
        "lower-level",
        "file-changed",
        "file-changed",
    ]


def test_a_policy_that_is_not_to_be_watched_is_not(settings, process, tmp_path):
    off = msgspec.structs.replace(settings, policy=PolicySettings(file=str(tmp_path / "nowhere"), watch=False))
    running = process(off)
    running._publish()
    assert "policy" not in running._store.statuses()["ingest"]
