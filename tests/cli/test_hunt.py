"""`lanner hunt` prints rows and alerts as a table, JSON lines, CSV or Parquet."""

import msgspec
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.cli import hunt, hunt_rows
from lanner.config.folders import DataFolder
from lanner.errors import GroundError, SourceError, UsageError

EVENT = (
    b'{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"Panic","verb":"get",'
    b'"user":{"username":"[b]x"},"stageTimestamp":"2026-01-01T00:00:00.000000Z"}'
)
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
    monkeypatch.setattr(hunt_rows, "TABLE_ROWS", 1)
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


RULE = """
- rule: Reads of anyone
  desc: d
  condition: ka.verb = get and evt.num = 0
  output: "read by %ka.user.name"
  priority: WARNING
  source: k8s_audit
  tags: [a, b]
- rule: Reads that are off
  desc: d
  condition: ka.verb = get
  output: "off"
  priority: INFO
  source: k8s_audit
  enabled: false
"""


@pytest.fixture
def alerts(ask, tmp_path):
    (tmp_path / "rules.yaml").write_text(RULE)

    def run(*options):
        return ask("", "--rules", str(tmp_path / "rules.yaml"), *options)

    return run


def test_alerts_in_all_forms(alerts, tmp_path):
    """The same alerts as JSON lines of Falco's form, as a table, as CSV and as a Parquet file."""
    row = msgspec.json.decode(alerts("--format", "json", "--hostname", "h").stdout)
    assert (row["rule"], row["output"], row["hostname"]) == ("Reads of anyone", "read by [b]x", "h")
    assert row["lanner"] == {"audit_id": "a", "stage": "Panic", "related": ["a"], "actor": "[b]x", "verb": "get"}
    assert "read by [b]x" in alerts().stdout
    assert (
        alerts("--format", "csv").stdout.splitlines()[1].startswith("2026-01-01T00:00:00.000000000Z,Warning,Reads of")
    )
    alerts("--format", "parquet", "--output", str(tmp_path / "out.parquet"))
    assert pq.read_table(tmp_path / "out.parquet")["tags"].to_pylist() == [["a", "b"]]


def test_what_sql_left_to_the_rules_is_told(alerts):
    """By rule and reason, on stderr."""
    told = alerts("--format", "json").stderr
    assert "1 alerts of 1 rules" in told
    assert "Reads of anyone: evt.num: no column tells it" in told
    assert "in a hunt it is 0" in told


def test_a_rule_is_chosen_by_a_part_of_its_name(alerts):
    """Also one that is disabled; a name that fits none is refused."""
    assert "off" in alerts("--rule", "that are off").stdout
    with pytest.raises(UsageError, match="no rule 'nosuch'"):
        alerts("--rule", "nosuch")


def test_bounds_of_time(alerts):
    """From a time on, and before one."""
    assert alerts("--since", "2026-01-01T00:00:00.000001Z", "--format", "json").stdout == ""
    assert alerts("--since", "2026-01-01", "--until", "2026-01-02", "--format", "json").stdout
    with pytest.raises(UsageError, match="--since: 'x' is no time"):
        alerts("--since", "x")


def test_options_that_exclude_each_other(ask, alerts):
    """SQL says itself what it looks for; Parquet needs a file."""
    with pytest.raises(UsageError, match="--sql stands alone"):
        ask(SQL, "--since", "2026-01-01")
    with pytest.raises(UsageError, match="--output"):
        alerts("--format", "parquet")
    with pytest.raises(UsageError, match="write all or first"):
        alerts("--matching", "none")


def test_rows_go_to_a_file(ask, tmp_path):
    """Parquet keeps the types."""
    ask(SQL, "--format", "parquet", "--output", str(tmp_path / "rows.parquet"))
    assert pq.read_table(tmp_path / "rows.parquet")["verb"].to_pylist() == ["get", None]


@pytest.mark.parametrize("redacted", [{}, {"configmaps": 1}])
def test_rules_that_compare_redacted_values_are_named(tmp_path, monkeypatch, redacted):
    """Where something in the archive is redacted, on stderr."""
    monkeypatch.setenv("LANNER_DATA", str(tmp_path))
    archive = Archive.open(ArchiveSettings(), DataFolder(tmp_path).archive)
    archive.append([Row(raw=EVENT, source="s")], redacted=redacted)
    archive.close()
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "- rule: Config\n  desc: d\n  condition: ka.req.configmap.obj contains x\n"
        "  output: o\n  priority: WARNING\n  source: k8s_audit\n"
    )
    app = typer.Typer()
    app.command()(hunt.hunt_command)
    told = CliRunner().invoke(app, ["--rules", str(rules)]).stderr
    assert ("replaced" in told and "Config" in told) == bool(redacted)
