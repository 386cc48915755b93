"""Each check of the doctor sees what it is for and says what to do."""

from __future__ import annotations

import os
import socket
import time
from types import SimpleNamespace

import pytest

from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.audit.batch import Reject
from lanner.detect.alert import Alert, Origin
from lanner.pipeline import checks_ground, checks_inputs, checks_running
from lanner.pipeline.checks import Ground
from lanner.pipeline.doctor import examine
from lanner.policy.watch_settings import PolicySettings
from lanner.settings.model import RulesSettings, Selection, Settings, SpoolSettings, Target, WebSettings
from lanner.sources.file_settings import FileSettings
from lanner.sources.webhook_settings import TlsSettings, WebhookSettings
from lanner.state.kept import Commit, NewAlert
from lanner.state.spool import SpoolWriter


@pytest.fixture
def ground(folder):
    def make(*, probe: bool = False, **changes) -> Ground:
        return Ground(Settings(data=str(folder.root), **changes), probe=probe)

    return make


def told(check, ground: Ground) -> list[tuple[str, str]]:
    return [(finding.verdict, finding.message) for finding in check(ground)]


def only(check, ground: Ground):
    found = list(check(ground))
    assert len(found) == 1, found
    assert found[0].verdict == "ok" or found[0].fix
    return found[0]


class TestAuditLogs:
    def check(self, ground, path):
        return only(checks_inputs.audit_logs, ground(sources=(FileSettings(path=str(path)),)))

    def test_a_log_that_grows(self, ground, tmp_path, event):
        (tmp_path / "audit.log").write_bytes(event("a") + b"\n" + event("b")[:20])
        assert self.check(ground, tmp_path / "audit.log").verdict == "ok"

    def test_another_kind_of_log(self, ground, tmp_path):
        (tmp_path / "audit.log").write_bytes(b"sshd: accepted\n")
        assert self.check(ground, tmp_path / "audit.log").verdict == "problem"

    def test_a_log_that_is_not_there(self, ground, tmp_path):
        found = self.check(ground, tmp_path / "audit.log")
        assert (found.verdict, "--audit-log-path" in found.fix) == ("warning", True)

    def test_an_empty_folder(self, ground, tmp_path):
        (tmp_path / "logs").mkdir()
        assert "no log there yet" in self.check(ground, tmp_path / "logs").message

    def test_an_empty_log(self, ground, tmp_path):
        (tmp_path / "audit.log").touch()
        assert "empty" in self.check(ground, tmp_path / "audit.log").message

    def test_a_log_that_stands_still(self, ground, tmp_path, event):
        (tmp_path / "audit.log").write_bytes(event("a") + b"\n")
        os.utime(tmp_path / "audit.log", (1, 1))
        assert "nothing was written for" in self.check(ground, tmp_path / "audit.log").message

    def test_a_log_that_may_not_be_read(self, ground, tmp_path, monkeypatch):
        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        (tmp_path / "audit.log").touch(mode=0o600)
        monkeypatch.setattr(checks_inputs, "_last_line", refuse)
        found = self.check(ground, tmp_path / "audit.log")
        assert (found.verdict, "-rw------- of" in found.fix) == ("problem", True)

    def test_a_folder_that_may_not_be_listed(self, ground, tmp_path, monkeypatch):
        def refuse(path: str) -> None:
            raise PermissionError(13, "Permission denied", path)

        monkeypatch.setattr(checks_inputs, "discover", refuse)
        assert self.check(ground, tmp_path).verdict == "problem"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_a_webhook_whose_port_is_free_or_taken(ground, store):
    with socket.create_server(("127.0.0.1", 0)) as other:
        hook = WebhookSettings(listen=f"127.0.0.1:{other.getsockname()[1]}")
        assert only(checks_inputs.webhooks, ground(sources=(hook,))).verdict == "problem"
        store.set_status("ingest", {})
        assert "listening" in only(checks_inputs.webhooks, ground(sources=(hook,))).message
    hook = WebhookSettings(listen=f"127.0.0.1:{free_port()}")
    assert "does not listen" in only(checks_inputs.webhooks, ground(sources=(hook,))).message


def test_a_certificate_that_is_missing(ground, tmp_path):
    (tmp_path / "key").touch()
    tls = TlsSettings(cert=str(tmp_path / "cert"), key=str(tmp_path / "key"))
    found = told(checks_inputs.webhooks, ground(sources=(WebhookSettings(listen=f":{free_port()}", tls=tls),)))
    assert [(verdict, "cert: missing" in message) for verdict, message in found] == [("problem", True), ("ok", False)]


def test_rules_that_load_that_do_not_and_none(ground, tmp_path):
    assert only(checks_inputs.rules, ground()).verdict == "ok"
    (tmp_path / "bad.yaml").write_text("- rule: x\n  condition: (\n")
    bad = RulesSettings(files=(str(tmp_path / "bad.yaml"),))
    found = only(checks_inputs.rules, ground(rules=bad))
    assert (found.verdict, "bad.yaml:1" in found.message) == ("problem", True)
    none = RulesSettings(select=(Selection(disable=Target(rule="*")),))
    assert only(checks_inputs.rules, ground(rules=none)).verdict == "warning"


class TestPolicy:
    HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"

    def check(self, ground, tmp_path, text):
        (tmp_path / "policy.yaml").write_text(self.HEAD + text)
        return only(checks_inputs.policy, ground(policy=PolicySettings(file=str(tmp_path / "policy.yaml"))))

    def test_none_is_configured(self, ground):
        assert told(checks_inputs.policy, ground()) == []

    def test_one_that_loads(self, ground, tmp_path):
        found = self.check(ground, tmp_path, "- level: Metadata\n")
        assert (found.verdict, "loads, 1 rules; `lanner policy check` has" in found.message) == ("ok", True)

    def test_one_that_kube_apiserver_refuses(self, ground, tmp_path):
        found = self.check(ground, tmp_path, "- level: metadata\n")
        assert (found.verdict, "Unsupported value" in found.message) == ("problem", True)

    def test_one_that_is_not_there(self, ground, tmp_path):
        found = only(checks_inputs.policy, ground(policy=PolicySettings(file=str(tmp_path / "nowhere.yaml"))))
        assert (found.verdict, "--audit-policy-file" in found.fix) == ("problem", True)

    def test_one_that_events_deviate_from(self, ground, tmp_path, store):
        store.set_status("ingest", {"policy": {"deviations": {"lower-level": 7, "stage-kept": 0}}})
        found = self.check(ground, tmp_path, "- level: Metadata\n")
        assert (
            found.verdict,
            found.message.endswith("events deviated from it since lanner started: 7 lower-level"),
        ) == ("warning", True)


def test_the_data_folder_and_its_disk(ground, folder, monkeypatch):
    assert told(checks_ground.data_folder, ground())[0][0] == "ok"
    folder.root.mkdir(mode=0o755)
    assert [verdict for verdict, _ in told(checks_ground.data_folder, ground())] == ["warning", "ok"]
    folder.root.chmod(0o700)
    for free, verdict in ((500, "warning"), (5, "problem")):
        monkeypatch.setattr(os, "statvfs", lambda _, free=free: SimpleNamespace(f_bavail=free, f_frsize=1024 * 1024))
        assert told(checks_ground.data_folder, ground())[1][0] == verdict
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "may not write there" in told(checks_ground.data_folder, ground())[0][1]


def test_the_state_database_absent_sound_and_damaged(ground, folder, store):
    assert "sound" in only(checks_ground.state, ground()).message
    store.close()
    folder.state.write_bytes(b"garbage" * 3000)
    found = only(checks_ground.state, ground())
    assert (found.verdict, "sets the file aside" in found.fix) == ("problem", True)
    assert told(checks_running.parts, ground(probe=True))[0][0] == "problem"
    folder.state.unlink()
    assert "not made yet" in only(checks_ground.state, ground()).message


def test_a_spool_that_fills_or_grows_old(ground, folder):
    assert only(checks_ground.waiting, ground()).verdict == "ok"
    SpoolWriter(folder.spool).close()
    for number in (1, 2):
        (folder.spool / f"{number:020d}.seg").write_bytes(bytes(500_000))
    assert only(checks_ground.waiting, ground()).verdict == "ok"
    os.utime(folder.spool / f"{1:020d}.seg", (time.time() - 7200,) * 2)
    assert "waits for 120 minutes" in only(checks_ground.waiting, ground()).message
    assert only(checks_ground.waiting, ground(spool=SpoolSettings(max_bytes=1024 * 1024))).verdict == "warning"
    (folder.spool / f"{3:020d}.seg").write_bytes(bytes(500_000))
    assert only(checks_ground.waiting, ground(spool=SpoolSettings(max_bytes=1024 * 1024))).verdict == "problem"


def test_an_archive_off_absent_good_and_damaged(ground, folder, event):
    off = ground(archive=ArchiveSettings(enabled=False))
    assert "switched off" in only(checks_ground.archive, off).message
    assert "not made yet" in only(checks_ground.archive, ground()).message
    archive = Archive.open(ArchiveSettings(), folder.archive)
    assert "nothing is archived yet" in only(checks_ground.archive, ground()).message
    archive.append([Row(raw=event("a"), source="s")])
    archive.close()
    assert "1 events, newest commit" in only(checks_ground.archive, ground()).message
    (folder.archive / "catalog.db").write_bytes(b"garbage" * 1000)
    assert only(checks_ground.archive, ground()).verdict == "problem"


def test_the_port_of_the_page(ground, store):
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.1)
        taken = ground(web=WebSettings(listen=f"127.0.0.1:{other.getsockname()[1]}"))
        assert only(checks_ground.page, taken).verdict == "problem"
    web = WebSettings(listen=f"127.0.0.1:{free_port()}")
    assert only(checks_ground.page, ground(web=web)).verdict == "ok"
    store.set_status("ingest", {})
    assert only(checks_ground.page, ground(web=web)).verdict == "warning"
    assert told(checks_ground.page, ground(web=WebSettings(enabled=False))) == []


def test_inotify_that_is_not_to_be_had(ground, tmp_path, monkeypatch):
    source = FileSettings(path=str(tmp_path / "audit.log"))
    assert told(checks_ground.inotify, ground()) == []
    assert only(checks_ground.inotify, ground(sources=(source,))).verdict == "ok"

    def refuse() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("inotify_simple.INotify", refuse)
    assert only(checks_ground.inotify, ground(sources=(source,))).verdict == "warning"


def test_parts_that_are_silent_matter_more_to_a_probe(ground, store):
    assert [verdict for verdict, _ in told(checks_running.parts, ground())] == ["warning", "warning"]
    assert [verdict for verdict, _ in told(checks_running.parts, ground(probe=True))] == ["problem", "problem"]
    store.set_status("ingest", {})
    store._run("insert into status values ('archiver', '{}', 1)")
    found = told(checks_running.parts, ground())
    assert found[0] == ("ok", "ingest answers")
    assert "archiver does not answer" in found[1][1]


def test_what_ingest_complains_of_and_notes(ground, store):
    store.set_status(
        "ingest",
        {
            "problem": "disk full",
            "notes": ["the rules have a mistake: x", "log is gone", "rules loaded again: 3 rules"],
        },
    )
    store.set_status("archiver", {"problem": ""})
    assert told(checks_running.complaints, ground()) == [("problem", "ingest: disk full")]
    assert [(finding.verdict, bool(finding.fix)) for finding in checks_running.notes(ground())] == [
        ("warning", True),
        ("warning", False),
        ("ok", False),
    ]


def alert() -> Alert:
    return Alert(
        time="2024-05-01T10:20:30Z",
        rule="r",
        priority="Warning",
        source="k8s_audit",
        tags=[],
        output="",
        output_fields={},
        hostname="",
        lanner=Origin(),
    )


def test_outputs_that_fail_are_behind_or_well(ground, store):
    for name in ("bad", "behind", "good"):
        store.register_output(name)
    alerts = [NewAlert(alert(), b"{}")] * 150
    store.commit(Commit(sequence=1, checkpoints={}, alerts=alerts, delivered=["good"]))
    store.delivery_failed("bad", "connection refused")
    found = told(checks_running.outputs, ground())
    assert [verdict for verdict, _ in found] == ["problem", "warning", "ok"]
    assert "connection refused (0 alerts sent, 150 waiting, 0 refused)" in found[0][1]


@pytest.mark.parametrize(("lag", "verdict"), [(-30.0, "warning"), (0.004, "ok"), (900.0, "warning"), (None, None)])
def test_clocks_that_differ(ground, store, lag, verdict):
    store.set_status("ingest", {"lag_seconds": lag})
    assert [found for found, _ in told(checks_running.clock, ground())] == ([verdict] if verdict else [])


def test_what_lies_in_quarantine(ground, store):
    assert only(checks_running.quarantine, ground()).verdict == "ok"
    reject = Reject(source="s", origin="o", offset=1, reason="not JSON (byte 1)", size=1, sample=b"x")
    store.commit(Commit(sequence=1, checkpoints={}, rejects=[reject, reject]))
    assert "2 x not JSON" in only(checks_running.quarantine, ground()).message


def test_everything_is_examined_and_a_probe_reads_only_the_state(folder, monkeypatch):
    settings = Settings(data=str(folder.root), web=WebSettings(listen=f"127.0.0.1:{free_port()}"))
    told_of = {finding.check for finding in examine(settings)}
    assert told_of >= {"data folder", "disk", "rules", "state", "spool", "archive", "web page", "running", "versions"}
    assert {finding.check for finding in examine(settings, quick=True)} == {"running"}
    assert not folder.root.exists()
