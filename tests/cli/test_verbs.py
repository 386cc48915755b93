"""A verb is imported when it is asked for, and each place in the tables is one."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from lanner.cli import archive, policy, rules
from lanner.cli.application import app

GROUPS = [app, archive.app, policy.app, rules.app]


def loaded(*arguments: str) -> set[str]:
    """Run lanner in a process of its own and name the modules of the command line that it imported."""
    script = "import sys; from lanner.cli.application import app; app(standalone_mode=False);"
    script += "print('\\n', *(name for name in sys.modules if name.startswith('lanner.cli.')))"
    ran = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    return {name.removeprefix("lanner.cli.") for name in ran.stdout.splitlines()[-1].split()}


def test_a_verb_does_not_load_what_others_need():
    assert loaded("init", "-") == {"application", "console", "init", "verbs"}
    assert loaded("rules", "list", "--format", "json").isdisjoint({"replay", "policy", "hunt", "rules.test"})


@pytest.mark.parametrize("group", GROUPS)
def test_each_verb_of_the_tables_is_there_under_its_name(group):
    commands = get_command(group).commands
    assert len(commands) > 5
    assert [command.name for command in commands.values()] == list(commands)


def test_a_word_that_is_nearly_a_verb_is_answered_with_the_verb():
    asked = CliRunner().invoke(app, ["replai"])
    assert asked.exit_code == 2
    assert "Did you mean 'replay'" in asked.output
