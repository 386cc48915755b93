"""`lanner rules` as a command."""

import msgspec
import pytest
from typer.testing import CliRunner

from lanner.cli.rules import rules
from lanner.errors import UsageError

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
        return CliRunner().invoke(rules, [str(argument) for argument in arguments])

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


def _rows(result):
    return [msgspec.json.decode(line) for line in result.stdout.splitlines()]


def test_check_prints_one_object_a_file_and_fails_when_one_is_bad(run, files):
    result = run("check", files / "bad.yaml", files / "good.yaml", files / "other.yaml", "--format", "json")
    bad, good, other = _rows(result)
    assert result.exit_code == 1
    assert good == {"file": str(files / "good.yaml"), "successful": True, "errors": [], "warnings": []}
    assert bad["errors"] == [
        {
            "code": "LOAD_ERR_COMPILE_CONDITION",
            "message": "filter_check called with nonexistent field ka.vreb",
            "line": 3,
            "column": 14,
            "item": "B",
            "hint": "did you mean 'ka.verb'?",
        }
    ]
    assert "syscall" in other["notes"][0]


def test_check_of_a_folder_in_words(run, files):
    result = run("check", files)
    assert result.exit_code == 1
    assert f"{files / 'bad.yaml'}:3:14: error: filter_check called with nonexistent field ka.vreb" in result.stdout
    assert "good.yaml: ok" in result.stdout
    assert "note: 1 rules of source syscall" in result.stdout


def test_check_of_good_rules_succeeds(run, files):
    assert run("check", files / "good.yaml").exit_code == 0


def test_list_shows_the_built_in_rules_unless_files_are_given(run, files):
    built_in = _rows(run("list", "--format", "json"))
    assert len(built_in) >= 15
    (row,) = _rows(run("list", files / "good.yaml", "--format", "json"))
    assert row | {"description": "d"} == {
        "name": "A",
        "priority": "Informational",
        "tags": ["t"],
        "enabled": True,
        "source": "k8s_audit",
        "file": str(files / "good.yaml"),
        "line": 1,
        "description": "d",
    }
    assert "Informational  A  [t]" in run("list", files / "good.yaml").stdout


def test_list_of_rules_that_do_not_load_names_the_errors(run, files):
    result = run("list", files / "bad.yaml")
    assert isinstance(result.exception, UsageError)
    assert "ka.vreb" in str(result.exception)


def test_test_runs_the_built_in_tests(run):
    result = run("test")
    assert result.exit_code == 0
    assert "0 failed" in result.stderr


def test_test_prints_what_failed(run, files):
    result = run("test", files)
    assert result.exit_code == 1
    assert f"FAILED {files / 'good.test.yaml'}:4: fails\n  'A' fired and should not" in result.stdout
    assert "2 tests, 1 failed" in result.stderr


def test_test_as_json_and_by_name(run, files):
    (row,) = _rows(run("test", files / "good.test.yaml", "--name", "fires", "--format", "json"))
    assert (row["test"], row["passed"], row["fired"]) == ("fires", True, {"A": 1})


def test_test_with_other_rules(run, files):
    result = run("test", files, "--rules", files / "other.yaml")
    assert result.exit_code == 1
    assert "no rule 'A'" in result.stdout


def test_no_tests_is_a_mistake_in_the_call(run, tmp_path):
    assert isinstance(run("test", tmp_path).exception, UsageError)
