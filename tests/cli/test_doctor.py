"""`lanner doctor` names what is wrong and what to do, and tells by its exit code whether anything is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lanner.cli.doctor import doctor
from lanner.state.store import Store

EVENT = (
    b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a","stage":"ResponseComplete",'
    b'"requestURI":"/x","verb":"get","user":{"username":"eve"},"stageTimestamp":"2024-05-01T10:20:30.000002Z"}\n'
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "audit.log").write_bytes(EVENT)
    (tmp_path / "lanner.yaml").write_text(
        "data: data\nsources: [{type: file, path: audit.log}]\nweb: {enabled: false}\narchive: {enabled: false}\n"
    )
    (tmp_path / "data").mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def run(place):
    app = typer.Typer()
    app.command()(doctor)
    return lambda *more: CliRunner().invoke(app, ["-c", str(place / "lanner.yaml"), *more])


def test_a_sound_installation_that_has_not_run_yet_has_no_problem(run):
    result = run()
    assert result.exit_code == 0, result.output
    assert "problem" not in result.output
    assert " rules and correlations, " in result.output


def test_each_finding_is_one_json_line_with_a_fix(run, place):
    (place / "audit.log").write_bytes(b"Nov 24 sshd: accepted\n")
    result = run("--format", "json")
    assert result.exit_code == 1
    found = [json.loads(line) for line in result.output.splitlines()]
    assert [sorted(one) for one in found] == [["check", "fix", "message", "verdict"]] * len(found)
    bad = [one for one in found if one["verdict"] == "problem"]
    assert [one["check"] for one in bad] == ["audit log"]
    assert "no audit event" in bad[0]["message"]
    assert "kube-apiserver" in bad[0]["fix"]


def test_settings_that_do_not_load_are_a_finding_with_their_place(run, place):
    (place / "lanner.yaml").write_text("sorces: []\n")
    result = run()
    assert result.exit_code == 1
    assert "lanner.yaml:1:1" in result.output
    assert "lanner init" in result.output


def test_settings_without_a_source_are_a_problem(run, place):
    (place / "lanner.yaml").write_text("data: data\n")
    result = run()
    assert result.exit_code == 1
    assert "no source of audit events" in result.output


def test_a_probe_fails_until_lanner_runs(run, place):
    assert run("--quick").exit_code == 1
    store = Store(place / "data" / "state.db")
    store.set_status("ingest", {"problem": ""})
    assert run("--quick").exit_code == 0
    store.set_status("ingest", {"problem": "no space left"})
    result = run("--quick")
    store.close()
    assert result.exit_code == 1
    assert "ingest: no space left" in result.output


def test_another_data_folder_can_be_named(run, place):
    result = run("--data", str(place / "other"))
    assert f"{place}/other: lanner makes it" in result.output


def test_what_falco_has_and_lanner_has_not_is_a_warning(place):
    (place / "falco.yaml").write_text(
        f"auditLog: {{enabled: true, hostname: h, file: {place}/audit.log}}\nsyslog_output: {{enabled: true}}\n"
    )
    app = typer.Typer()
    app.command()(doctor)
    result = CliRunner().invoke(app, ["-c", str(place / "falco.yaml"), "--data", str(place / "data")])
    assert result.exit_code in (0, 1)
    assert "syslog_output" in result.output
