"""The README's commands run as they are written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RULES = """
- rule: Secret read
  desc: d
  condition: ka.target.resource = secrets and ka.verb = get
  output: secret (user=%ka.user.name)
  priority: NOTICE
  source: k8s_audit
"""
# What runs until Ctrl-C, or would test itself; what `lanner doctor` says depends on the machine.
ELSEWHERE = ("make run", "make test", "lanner run", "lanner doctor")


def commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    lines = [line.split("  #")[0].strip() for line in "".join(blocks).splitlines()]
    return [line for line in lines if line]


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    """A folder with the example log and rules of one's own; what the README puts in /tmp lies in it, too."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "my_rules.yaml").write_text(RULES)
    return folder


def test_there_are_commands_and_the_two_that_begin():
    assert commands()[:2] == ["make run", "make test"]
    assert len(commands()) > 10


def test_commands_run_in_their_order(stand):
    """Each has exit code 0, and those that show something do."""
    binaries = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": binaries, "LANNER_DATA": str(stand / "data")}
    for command in commands():
        if command.startswith(ELSEWHERE):
            continue
        text = command.replace("/tmp/lanner", str(stand / "archive"))
        ran = subprocess.run(["bash", "-c", text], cwd=stand, env=environment, capture_output=True, check=False)
        assert ran.returncode == 0, f"{command}\n{ran.stderr.decode()}"
        assert ran.stdout + ran.stderr, command
    assert (stand / "lanner.yaml").exists()


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name
)
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []
