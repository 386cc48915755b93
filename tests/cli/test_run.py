"""`lanner run` as a user starts it: falco.yaml unchanged, rules that change, kills at any point, a clean end."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from lanner.archive.export import export_lines
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.cli.run import run as run_verb
from lanner.config.folders import DataFolder
from lanner.errors import GroundError, UsageError
from lanner.state.store import Store

LANNER = str(Path(sys.executable).with_name("lanner"))
RULE = """
- rule: {name}
  desc: A shell is opened in a pod
  condition: ka.verb=create and ka.target.subresource=exec
  output: exec by %ka.user.name (id=%ka.auditid)
  priority: WARNING
  source: k8s_audit
"""


def event(number: int, *, attack: bool) -> bytes:
    sub = "exec" if attack else "status"
    return msgspec.json.encode(
        {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "Metadata",
            "auditID": f"id-{number:06d}",
            "stage": "ResponseComplete",
            "requestURI": f"/api/v1/namespaces/shop/pods/web/{sub}",
            "verb": "create",
            "user": {"username": "eve", "groups": ["system:authenticated"]},
            "sourceIPs": ["10.0.0.7"],
            "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "subresource": sub},
            "responseStatus": {"metadata": {}, "code": 101},
            "requestReceivedTimestamp": "2024-05-01T10:20:30.000001Z",
            "stageTimestamp": f"2024-05-01T10:20:30.{number % 1_000_000:06d}Z",
        }
    )


def until(done: Callable[[], Any], what: str, seconds: float = 40) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return found


class Lanner:
    """One `lanner run` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = DataFolder(folder / "data")
        self.log = folder / "audit.log"
        self.alerts = folder / "alerts.jsonl"
        self.process: subprocess.Popen[bytes] | None = None
        self.write_rules("Exec")

    def write_rules(self, name: str) -> None:
        new = self.folder / "rules.new"
        new.write_text(RULE.format(name=name))
        new.replace(self.folder / "rules.yaml")

    def configure(self, **changes: Any) -> Path:
        """Write a lanner.yaml; JSON is YAML."""
        settings = {
            "data": str(self.data.root),
            "sources": [{"type": "file", "path": str(self.log)}],
            "rules": {"files": ["rules.yaml"], "content": False},
            "outputs": [{"type": "file", "path": str(self.alerts), "format": "json"}],
            "archive": {"commit_seconds": 0.3},
            "web": {"enabled": False},
        }
        path = self.folder / "lanner.yaml"
        path.write_text(json.dumps(settings | changes))
        return path

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "stdout").open("ab") as out, (self.folder / "stderr").open("ab") as err:
            self.process = subprocess.Popen([LANNER, "run", *arguments], stdout=out, stderr=err, cwd=self.folder)
        return self.process

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def say(self) -> str:
        return (self.folder / "stderr").read_text()

    def append(self, *lines: bytes) -> None:
        with self.log.open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))

    def children(self) -> list[int]:
        assert self.process is not None
        return children_of(self.process.pid)

    def pid(self, part: str) -> int | None:
        """The process that holds a part's lock, if it is alive."""
        try:
            found = int(self.data.lock(part).read_text())
        except (FileNotFoundError, ValueError):
            return None
        return found if found in self.children() else None

    def status(self, part: str) -> dict[str, Any]:
        try:
            store = Store(self.data.state, read_only=True)
        except (GroundError, FileNotFoundError):
            return {}
        try:
            return store.statuses().get(part, {})
        finally:
            store.close()

    def alerted(self) -> list[dict[str, Any]]:
        lines = self.alerts.read_bytes().splitlines() if self.alerts.exists() else []
        return [json.loads(line) for line in lines if line.endswith(b"}")]

    def archived(self) -> list[str]:
        archive = Archive.open(ArchiveSettings(), self.data.archive, create=False)
        try:
            return [json.loads(line)["auditID"] for line in export_lines(archive)]
        finally:
            archive.close()


def children_of(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def lanner(tmp_path: Path) -> Iterator[Lanner]:
    running = Lanner(tmp_path)
    yield running
    if running.process is not None and running.process.poll() is None:
        children = running.children()
        for pid in (running.process.pid, *children):
            kill(pid)
        running.process.wait()


def test_the_falco_block_of_the_article_works_unchanged_and_its_hostname_is_in_the_alert(lanner):
    """The block is verbatim but for the path, which a test may not write to."""
    (lanner.folder / "falco.yaml").write_text(
        f'auditLog:\n  enabled: true\n  hostname: "k8s-api-server"\n  file: "{lanner.log}"\n'
    )
    lanner.append(event(1, attack=True).replace(b'"shop"', b'"kube-system"').replace(b"/shop/", b"/kube-system/"))
    with (lanner.folder / "falco.yaml").open("a") as file:
        file.write(f"webserver:\n  enabled: false\nrules_files: [{lanner.folder}/rules.yaml]\njson_output: true\n")
    lanner.start("--config", "falco.yaml", "--data", str(lanner.data.root))
    said = until(lambda: (lanner.folder / "stdout").read_bytes().splitlines(), "no alert on standard output")
    assert json.loads(said[0])["hostname"] == "k8s-api-server"
    assert lanner.stop() == 0


def test_it_ends_all_its_processes_and_leaves_only_private_files(lanner):
    lanner.configure()
    lanner.append(event(1, attack=True))
    lanner.start()  # finds lanner.yaml in the folder it stands in
    until(lambda: lanner.alerted() and lanner.status("archiver"), "nothing was detected")
    children = lanner.children()
    assert len(children) == 2
    assert lanner.stop() == 0
    assert [pid for pid in children if alive(pid)] == []
    assert lanner.archived() == ["id-000001"]
    assert "settings: lanner.yaml" in lanner.say()
    modes = {path: path.stat().st_mode & 0o077 for path in lanner.data.root.rglob("*")}
    assert {path: mode for path, mode in modes.items() if mode} == {}
    assert lanner.data.root.stat().st_mode & 0o077 == 0


def test_a_second_lanner_on_the_same_folder_is_told_so(lanner):
    path = lanner.configure()
    lanner.start()
    until(lambda: lanner.status("ingest"), "it did not start")
    second = subprocess.run([LANNER, "run", "-c", path], capture_output=True, text=True, check=False, cwd=lanner.folder)
    assert second.returncode == 3
    assert lanner.process is not None
    assert f"another lanner (process {lanner.process.pid}) runs on the data folder" in second.stderr
    assert "--data" in second.stderr
    assert lanner.process.poll() is None


def test_a_killed_part_is_started_again_and_children_end_when_the_supervisor_is_killed(lanner):
    lanner.configure()
    lanner.start()
    first = until(lambda: lanner.pid("ingest"), "ingest did not start")
    kill(first)
    until(lambda: lanner.pid("ingest") not in (None, first), "ingest was not started again")
    lanner.append(event(1, attack=True))
    until(lanner.alerted, "the new ingest does not detect")
    assert "ingest ended unexpectedly" in lanner.say()
    children = lanner.children()
    assert lanner.process is not None
    kill(lanner.process.pid)
    lanner.process.wait()
    until(lambda: not any(map(alive, children)), "children outlived their supervisor", 20)
    assert lanner.archived() == ["id-000001"]


def test_a_web_port_in_use_does_not_stop_detection(lanner):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        lanner.configure(web={"listen": f"127.0.0.1:{taken.getsockname()[1]}"})
        lanner.append(event(1, attack=True))
        lanner.start()
        until(lanner.alerted, "nothing was detected")
        until(lambda: "cannot listen on" in lanner.say(), "the taken port was not told")
        assert lanner.process is not None
        assert lanner.process.poll() is None
        assert lanner.stop() == 0


def test_changed_rules_are_loaded_and_broken_ones_leave_the_old_in_force(lanner):
    lanner.configure()
    lanner.start()
    lanner.append(event(1, attack=True))
    until(lambda: [one["rule"] for one in lanner.alerted()] == ["Exec"], "the first rule did not fire")

    lanner.write_rules("Changed")  # noticed by itself
    until(lambda: "rules loaded again" in str(lanner.status("ingest").get("notes")), "the change was not noticed")
    lanner.append(event(2, attack=True))
    until(lambda: lanner.alerted()[-1]["rule"] == "Changed", "the new rule did not fire")

    (lanner.folder / "rules.yaml").write_text("- rule: Broken\n  condition: (\n")
    assert lanner.process is not None
    lanner.process.send_signal(signal.SIGHUP)
    until(lambda: "the old ones stay in force" in str(lanner.status("ingest").get("notes")), "the mistake was not told")
    assert "rules.yaml:1" in str(lanner.status("ingest")["notes"])
    lanner.append(event(3, attack=True))
    until(lambda: len(lanner.alerted()) == 3, "detection stopped")
    assert lanner.alerted()[-1]["rule"] == "Changed"

    lanner.write_rules("Mended")
    lanner.process.send_signal(signal.SIGHUP)
    until(lambda: str(lanner.status("ingest")["notes"]).count("rules loaded again") >= 2, "SIGHUP did nothing")
    lanner.append(event(4, attack=True))
    until(lambda: lanner.alerted()[-1]["rule"] == "Mended", "the mended rule did not fire")
    assert lanner.stop() == 0


def test_rules_that_do_not_load_at_the_start_end_it_with_their_place(lanner):
    lanner.configure()
    (lanner.folder / "rules.yaml").write_text("- rule: Broken\n  condition: (\n")
    assert lanner.start().wait(30) == 2
    assert "rules.yaml:1" in lanner.say()


TOTAL, EVERY, ROTATE = 2000, 50, 350


def play(lanner: Lanner, done: threading.Event) -> None:
    """Write and rotate as kube-apiserver does: rename, then create."""
    for number in range(TOTAL):
        if number and number % ROTATE == 0:
            lanner.log.rename(lanner.log.with_name(f"audit-2024-05-01T10-{number // ROTATE:02d}-00.000.log"))
        lanner.append(event(number, attack=number % EVERY == 0))
        time.sleep(0.004)
    done.set()


@pytest.mark.slow
def test_each_event_is_archived_once_and_each_alert_delivered_whatever_is_killed(lanner):
    """A small form of the crash test: SIGKILL to a part or to all of them while a log is written and rotated."""
    path = str(lanner.configure())
    chance = random.Random(20241124)
    lanner.start("-c", path)
    until(lambda: lanner.status("ingest"), "it did not start")  # a log is read from its live file on
    done = threading.Event()
    writer = threading.Thread(target=play, args=(lanner, done))
    writer.start()
    try:
        for victim in ("ingest", "archiver", "all", "ingest"):
            until(lambda: lanner.pid("ingest") and lanner.pid("archiver"), "a part is missing")
            time.sleep(chance.uniform(0.3, 1.8))
            if victim != "all":
                kill(lanner.pid(victim) or 0)
                continue
            assert lanner.process is not None
            for pid in (lanner.process.pid, *lanner.children()):
                kill(pid)
            lanner.process.wait()
            lanner.start("-c", path)
    finally:
        writer.join()
    assert done.is_set()
    until(lambda: lanner.status("archiver").get("total_events", 0) >= TOTAL, "events are missing")
    assert lanner.stop() == 0
    counts = Counter(lanner.archived())
    assert {name: count for name, count in counts.items() if count > 1} == {}
    assert len(counts) == TOTAL
    delivered = {one["lanner"]["audit_id"] for one in lanner.alerted()}
    assert delivered == {f"id-{number:06d}" for number in range(0, TOTAL, EVERY)}


@pytest.fixture
def verb() -> Callable[..., Any]:
    app = typer.Typer()
    app.command()(run_verb)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_without_settings_or_sources_it_says_what_to_do(verb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = verb()
    assert isinstance(found.exception, UsageError)
    assert "lanner init" in str(found.exception)
    (tmp_path / "lanner.yaml").write_text("sources: []\n")
    found = verb()
    assert isinstance(found.exception, UsageError)
    assert "no source of audit events" in str(found.exception)
