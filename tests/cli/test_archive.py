"""The archive's commands: import, ls, export, with their exit codes."""

import gzip
import json

import pytest
import typer
from typer.testing import CliRunner

from lanner.cli.archive import app
from lanner.errors import GroundError, SourceError, UsageError

EVENT = (
    '{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"None","auditID":"a{0}","stage":"{1}","requestURI":"/x",'
    '"verb":"get","user":{{}},"requestReceivedTimestamp":"2026-01-0{0}T00:00:00.000000Z",'
    '"stageTimestamp":"2026-01-0{0}T00:00:00.000000Z"}}'
)


@pytest.fixture
def lanner(tmp_path, monkeypatch):
    monkeypatch.setenv("LANNER_DATA", str(tmp_path / "data"))

    def run(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "logs"
    path.mkdir()
    (path / "audit.log").write_text(
        EVENT.format(2, "RequestReceived") + "\n" + EVENT.format(2, "ResponseComplete") + "\n"
    )
    (path / "audit-old.log.gz").write_bytes(gzip.compress(EVENT.format(1, "Panic").encode() + b"\n"))
    return path


def test_import_list_and_export(lanner, log, tmp_path):
    """A folder goes in, is listed by day, and comes out as it was."""
    result = lanner("import", log, "--cluster", "east", "--source-name", "old")
    assert result.exit_code == 0
    assert [line.split(": ")[1] for line in result.stdout.splitlines()] == ["1 events", "2 events"]
    days = [json.loads(line) for line in lanner("ls", "--format", "json").stdout.splitlines()]
    assert [(day["day"], day["cluster"], day["events"]) for day in days] == [
        ("2026-01-01", "east", 1), ("2026-01-02", "east", 2)
    ]  # fmt: skip
    expected = gzip.decompress((log / "audit-old.log.gz").read_bytes()) + (log / "audit.log").read_bytes()
    assert lanner("export").stdout_bytes == expected
    assert lanner("export", "--output", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out").read_bytes() == expected


def test_list_as_text(lanner, log):
    """Days, a total, and what was dropped."""
    lanner("import", log, "--filter")
    lines = [line.split() for line in lanner("ls").stdout.splitlines()]
    assert lines[0] == ["day", "cluster", "events", "files", "bytes"]
    assert lines[-2][:3] == ["all", "2", "2"]
    assert " ".join(lines[-1]) == "1 events dropped: stage RequestReceived"


def test_the_readable_part_of_a_cut_file_goes_in(lanner, tmp_path):
    """Two gzip members, the second cut: what the first holds is archived, the damage is an error."""
    cut = tmp_path / "audit.log.gz"
    whole, torn = (gzip.compress(EVENT.format(day, "Panic").encode() + b"\n") for day in (1, 2))
    cut.write_bytes(whole + torn[:-12])
    with pytest.raises(SourceError):
        lanner("import", cut)
    assert lanner("export").stdout_bytes == EVENT.format(1, "Panic").encode() + b"\n"


def test_what_is_known_is_told(lanner, log):
    """A second import says why it adds nothing."""
    lanner("import", log / "audit.log")
    told = lanner("import", log / "audit.log").stdout
    assert "0 events, 2 lines known from before" in told
    outcome = json.loads(lanner("import", log / "audit.log", "--format", "json").stdout)
    assert (outcome["known"], outcome["events"]) == (2, 0)


def test_refused_lines_go_to_quarantine(lanner, log, tmp_path):
    """Exit code 1, a note with file and line, the text in a file."""
    (log / "audit.log").write_text("bad\n" + EVENT.format(2, "Panic") + "\n")
    result = lanner("import", log / "audit.log")
    assert result.exit_code == 1
    assert "audit.log:1: not JSON" in result.stderr
    (kept,) = (tmp_path / "data" / "quarantine").iterdir()
    assert json.loads(kept.read_text())["sample"] == "bad"


@pytest.mark.parametrize(
    ("options", "days"),
    [
        (["--since", "2026-01-02"], ["2", "2"]),
        (["--until", "2026-01-02T00:00:00Z"], ["1"]),
        (["--cluster", "other"], []),
        (["--source", "import"], ["1", "2", "2"]),
    ],
)
def test_export_in_bounds(lanner, log, options, days):
    """Times, cluster and source choose events; json gives columns."""
    lanner("import", log)
    found = [json.loads(line) for line in lanner("export", "--format", "json", *options).stdout.splitlines()]
    assert [event["audit_id"] for event in found] == [f"a{day}" for day in days]
    assert all("line" not in event for event in found)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["import", "-"], UsageError),
        (["import", "/no/such/file"], SourceError),
        (["ls"], GroundError),
        (["export", "--since", "yesterday"], UsageError),
    ],
)
def test_errors(lanner, arguments, error):
    """Wrong use and a missing archive are told apart by their exit code."""
    with pytest.raises(error):
        lanner(*arguments)


def test_export_to_a_folder_that_does_not_exist(lanner, log, tmp_path):
    """The place is named."""
    lanner("import", log)
    with pytest.raises(GroundError, match="cannot write"):
        lanner("export", "--output", tmp_path / "none" / "out")


def test_settings_come_from_the_file(lanner, log, tmp_path):
    """-c names the cluster."""
    config = tmp_path / "lanner.yaml"
    config.write_text(f"data: {tmp_path / 'data'}\narchive:\n  cluster: west\n")
    lanner("import", log, "-c", config)
    assert "west" in lanner("ls", "-c", config).stdout


def test_the_app_has_help():
    """No verb alone shows the verbs."""
    assert isinstance(app, typer.Typer)
    assert "import" in CliRunner().invoke(app, ["--help"]).stdout
