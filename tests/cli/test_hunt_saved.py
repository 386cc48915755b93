"""`lanner hunt --saved` and `--list`: the hunts of lanner.yaml."""

from __future__ import annotations

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.cli import hunt
from lanner.config.folders import DataFolder
from lanner.errors import UsageError

EVENT = (
    b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete","verb":"list",'
    b'"user":{"username":"eve"},"stageTimestamp":"2026-01-01T00:00:00.000000Z"}'
)
RULE = (
    "- {rule: Listed, desc: d, condition: ka.verb=list, output: by %ka.user.name, priority: NOTICE, source: k8s_audit}"
)
SETTINGS = """
data: data
rules: {files: [rules.yaml], content: false}
hunts:
  - {name: verbs, sql: "SELECT verb, count(*) AS many FROM events GROUP BY 1", every: 30m, description: how many}
  - {name: lists, rules: [Listed]}
"""


@pytest.fixture
def ask(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULE)
    (tmp_path / "lanner.yaml").write_text(SETTINGS)
    archive = Archive.open(ArchiveSettings(), DataFolder(tmp_path / "data").archive)
    archive.append([Row(raw=EVENT, source="s")])
    archive.close()
    app = typer.Typer()
    app.command()(hunt.hunt_command)

    def run(*options, config=True):
        given = ["-c", str(tmp_path / "lanner.yaml")] if config else []
        result = CliRunner().invoke(app, [*options, *given])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    return run


def test_a_saved_hunt_in_sql(ask):
    assert ask("--saved", "verbs", "--format", "json") == '{"verb":"list","many":1}\n'


def test_a_saved_hunt_by_rules_with_bounds_of_time(ask):
    (alert,) = ask("--saved", "lists", "--format", "json").splitlines()
    assert msgspec.json.decode(alert)["output"] == "by eve"
    assert ask("--saved", "lists", "--format", "json", "--since", "2026-02-01") == ""


def test_hunts_are_listed(ask):
    first, second = map(msgspec.json.decode, ask("--list", "--format", "json").splitlines())
    assert first == {
        "name": "verbs",
        "every": "30m",
        "within": "60m",
        "enabled": True,
        "description": "how many",
        "asks": "SELECT verb, count(*) AS many FROM events GROUP BY 1",
    }
    assert (second["every"], second["within"], second["asks"]) == ("", "", "Listed")
    assert "how many" in ask("--list")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--saved", "verb"], "has no hunt 'verb'; did you mean 'verbs'"),
        (["--saved", "verbs", "--rule", "x"], "stand alone"),
        (["--saved", "verbs", "--list"], "stand alone"),
        (["--saved", "verbs", "--since", "2026-01-01"], "--sql stands alone"),
    ],
)
def test_wrong_use_is_named(ask, options, words):
    with pytest.raises(UsageError, match=words):
        ask(*options)


@pytest.mark.parametrize("options", [["--list"], ["--saved", "verbs"]])
def test_the_settings_must_be_named(ask, options):
    with pytest.raises(UsageError, match="say with -c"):
        ask(*options, config=False)
