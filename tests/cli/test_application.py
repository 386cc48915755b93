"""The command line as a whole: every verb is there, explains itself and starts without heavy libraries."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lanner
from lanner.cli.application import app

LANNER = str(Path(sys.executable).with_name("lanner"))
VERBS = ["run", "demo", "replay", "fields", "rules", "archive", "hunt", "init", "doctor"]


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LANNER, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb):
    result = CliRunner().invoke(app, [verb, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert len(result.output.splitlines()) > 5


def test_the_version_is_that_of_the_package():
    assert CliRunner().invoke(app, ["--version"]).output == f"lanner {lanner.__version__}\n"


def test_help_loads_no_library_of_the_web_or_of_outputs():
    script = "import sys; from lanner.cli.application import app; from typer.testing import CliRunner;"
    script += "CliRunner().invoke(app, ['--help']);"
    script += "print([m for m in ('nicegui', 'fastapi', 'uvicorn', 'httpx') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "-c", "/nowhere/lanner.yaml"], 2),
        (["archive", "ls", "--data", "/nowhere"], 3),
        (["doctor", "-c", "/nowhere/lanner.yaml"], 1),
        (["no-such-verb"], 2),
    ],
)
def test_errors_are_text_and_an_exit_code(arguments, code):
    ran = call(*arguments)
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_reader_that_goes_away_is_no_error():
    shell = f"{LANNER} fields --list --format json | head -n 1"
    ran = subprocess.run(["bash", "-o", "pipefail", "-c", shell], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert ran.stdout.startswith("{")


LOG = Path(__file__).parents[2] / "examples" / "audit.jsonl.zst"


def shell(command: str) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in ran.stderr
    return ran


@pytest.mark.parametrize("arguments", [f"replay {LOG}", f"fields {LOG}", "rules list", "init -"])
def test_head_gets_its_lines_and_no_failure(arguments):
    assert shell(f"{LANNER} {arguments} | head -n 1").returncode == 0


@pytest.mark.parametrize(
    ("command", "code", "text"),
    [
        ("rules list >&-", 0, ""),
        ("fields --list >/dev/full", 3, "No space left"),
        ("rules list >/dev/full", 3, "No space left"),
    ],
)
def test_a_stdout_that_takes_nothing_is_no_traceback(command, code, text):
    ran = shell(f"{LANNER} {command}")
    assert (ran.returncode, text in ran.stderr) == (code, True)


@pytest.mark.skipif(shutil.which("script") is None, reason="needs script(1) for a terminal")
def test_on_a_terminal_alerts_still_go_where_stdout_goes(tmp_path):
    """The bar on the terminal must not draw to itself what is meant for a file."""
    target, terminal = tmp_path / "alerts", tmp_path / "terminal"
    command = f"{LANNER} replay {LOG} > {target}"
    subprocess.run(
        ["script", "-qec", command, str(terminal)], stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    assert target.read_text().count("\n") > 20
    assert "Critical" not in terminal.read_text()
