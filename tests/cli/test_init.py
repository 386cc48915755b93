"""`lanner init` writes settings that load, and nothing over yours."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from lanner.cli.init import init
from lanner.errors import GroundError, UsageError
from lanner.settings import load
from lanner.settings.sample import sample


@pytest.fixture
def run():
    """Return a function that runs the verb."""
    app = typer.Typer()
    app.command()(init)

    def go(*arguments: str):
        return CliRunner().invoke(app, arguments)

    return go


def test_the_file_is_written_privately_and_loads(run, tmp_path):
    path = tmp_path / "new" / "my.yaml"
    result = run(str(path))
    assert result.exit_code == 0, result.output
    assert load(path).settings.sources
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_gets_lanner_yaml_and_the_default_is_here(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    assert run().exit_code == run("sub").exit_code == 0
    assert (tmp_path / "lanner.yaml").read_text() == (tmp_path / "sub" / "lanner.yaml").read_text() == sample()


def test_a_dash_prints(run):
    assert run("-").output == sample()


def test_an_existing_file_stays_unless_forced(run, tmp_path):
    path = tmp_path / "lanner.yaml"
    path.write_text("mine")
    result = run(str(path))
    assert isinstance(result.exception, UsageError)
    assert "lanner init --force" in str(result.exception)
    assert path.read_text() == "mine"
    assert run(str(path), "--force").exit_code == 0
    assert path.read_text() == sample()


def test_a_place_that_cannot_be_written_is_named(run, tmp_path):
    (tmp_path / "file").touch()
    result = run(str(tmp_path / "file" / "lanner.yaml"))
    assert isinstance(result.exception, GroundError)
    assert "cannot write the settings" in str(result.exception)
