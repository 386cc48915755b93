"""`lanner archive ls`: days, a total, drops; where the settings come from."""

import typer
from typer.testing import CliRunner

from lanner.cli.archive import app


def test_list_as_text(lanner, log):
    """Days, a total, and what was dropped."""
    lanner("import", log, "--filter")
    lines = [line.split() for line in lanner("ls").stdout.splitlines()]
    assert lines[0] == ["day", "cluster", "events", "files", "bytes"]
    assert lines[-2][:3] == ["all", "2", "2"]
    assert " ".join(lines[-1]) == "1 events dropped: stage RequestReceived"


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
