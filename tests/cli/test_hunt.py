"""`lanner hunt --sql` prints a table, JSON lines or CSV."""

import pytest
import typer
from typer.testing import CliRunner

from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.cli import hunt
from lanner.config.folders import DataFolder
from lanner.errors import GroundError, SourceError, UsageError

EVENT = b'{"verb":"get","user":{"username":"[b]x"},"stageTimestamp":"2026-01-01T00:00:00.000000Z"}'
SQL = "SELECT verb, username, time, line, code FROM events ORDER BY ordinal"
JSON_LINES = (
    '{"verb":"get","username":"[b]x","time":"2026-01-01T00:00:00.000000Z","line":null,"code":null}\n'
    '{"verb":null,"username":null,"time":null,"line":"\ufffd","code":null}\n'
)


@pytest.fixture
def ask(tmp_path, monkeypatch):
    monkeypatch.setenv("LANNER_DATA", str(tmp_path))
    archive = Archive.open(ArchiveSettings(), DataFolder(tmp_path).archive)
    archive.append([Row(raw=raw, source="s", ordinal=number) for number, raw in enumerate([EVENT, b"\xff"])])
    archive.close()
    app = typer.Typer()
    app.command()(hunt.hunt_command)

    def run(sql, *options):
        result = CliRunner().invoke(app, ["--sql", sql, *options])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("json", JSON_LINES),
        ("csv", "verb,username,time,line,code\nget,[b]x,2026-01-01T00:00:00.000000Z,,\n,,,\ufffd,\n"),
    ],
)
def test_formats(ask, form, expected):
    """Times are ISO 8601 in UTC, bytes are text, absent values are null or empty."""
    assert ask(SQL, "--format", form).stdout == expected


def test_table(ask):
    """A table keeps brackets as they are and is cut at a bound."""
    words = ask(SQL).stdout.split()
    assert words[:7] == ["verb", "username", "time", "line", "code", "get", "[b]x"]


def test_a_long_table_is_cut(ask, monkeypatch):
    """What is left out is said."""
    monkeypatch.setattr(hunt, "TABLE_ROWS", 1)
    result = ask("SELECT 1 FROM events")
    assert result.stdout.split() == ["1", "1"]
    assert "only the first 1 rows" in result.stderr


def test_errors(ask, tmp_path):
    """Wrong SQL has its place; a folder without archive is named."""
    with pytest.raises(SourceError, match="sql:1:8"):
        ask("SELECT nosuch FROM events")
    with pytest.raises(GroundError, match="no archive here"):
        ask(SQL, "--data", str(tmp_path / "none"))
    with pytest.raises(UsageError, match="write 512MB"):
        ask(SQL, "--memory", "zz")
