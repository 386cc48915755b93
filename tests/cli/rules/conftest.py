"""A folder of small rule files and tests, and a way to call the verbs."""

import msgspec
import pytest
from typer.testing import CliRunner

from lanner.cli.rules import app

GOOD = """- rule: A
  desc: d
  condition: ka.verb = get
  output: x
  priority: INFO
  source: k8s_audit
  tags: [t]
"""


@pytest.fixture
def run():
    def invoke(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def files(tmp_path):
    """A good file, a bad one, one of another source, and tests that pass and fail."""
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(GOOD.replace("rule: A", "rule: B").replace("ka.verb", "ka.vreb"))
    (tmp_path / "other.yaml").write_text(
        GOOD.replace("rule: A", "rule: C").replace("k8s_audit", "syscall").replace("ka.verb", "evt.type")
    )
    (tmp_path / "good.test.yaml").write_text(
        "rules: [good.yaml]\ntests:\n- {name: fires, event: {}, fires: [A]}\n- {name: fails, event: {}, silent: [A]}\n"
    )
    return tmp_path


@pytest.fixture
def rows():
    """Decode what a verb printed with --format json."""
    return lambda result: [msgspec.json.decode(line) for line in result.stdout.splitlines()]
