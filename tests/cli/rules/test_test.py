"""`lanner rules test` as a command."""

from lanner.errors import UsageError


def test_test_runs_the_built_in_tests(run):
    result = run("test")
    assert result.exit_code == 0
    assert "0 failed" in result.stderr


def test_test_prints_what_failed(run, files):
    result = run("test", files)
    assert result.exit_code == 1
    assert f"FAILED {files / 'good.test.yaml'}:4: fails\n  'A' fired and should not" in result.stdout
    assert "2 tests, 1 failed" in result.stderr


def test_test_as_json_and_by_name(run, files, rows):
    (row,) = rows(run("test", files / "good.test.yaml", "--name", "fires", "--format", "json"))
    assert (row["test"], row["passed"], row["fired"]) == ("fires", True, {"A": 1})


def test_test_with_other_rules(run, files):
    result = run("test", files, "--rules", files / "other.yaml")
    assert result.exit_code == 1
    assert "no rule 'A'" in result.stdout


def test_no_tests_is_a_mistake_in_the_call(run, tmp_path):
    assert isinstance(run("test", tmp_path).exception, UsageError)
