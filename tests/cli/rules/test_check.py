"""`lanner rules check` as a command."""

from lanner.errors import UsageError


def test_check_prints_one_object_a_file_and_fails_when_one_is_bad(run, files, rows):
    result = run("check", files / "bad.yaml", files / "good.yaml", files / "other.yaml", "--format", "json")
    bad, good, other = rows(result)
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


def test_a_folder_without_rules_is_a_mistake_in_the_call(run, tmp_path):
    assert isinstance(run("check", tmp_path).exception, UsageError)


def test_mistakes_after_the_first_are_told_as_further(run, files, rows):
    bad = files / "bad.yaml"
    bad.write_text(bad.read_text() + bad.read_text().replace("rule: B", "rule: B2"))
    (row,) = rows(run("check", bad, "--format", "json"))
    assert [found["item"] for found in row["further"]] == ["B2"]


def test_rules_that_a_redacted_archive_cannot_answer_are_named(run, files, rows):
    """Apart from Falco's findings."""
    rules = files / "good.yaml"
    rules.write_text(
        "- rule: Config\n  desc: d\n  condition: ka.target.resource=configmaps and ka.req.configmap.obj contains x\n"
        "  output: o\n  priority: WARNING\n  source: k8s_audit\n"
    )
    (row,) = rows(run("check", rules, "--format", "json"))
    (told,) = row.pop("redaction")
    assert row == {"file": str(rules), "successful": True, "errors": [], "warnings": []}
    message = told.pop("message")
    assert told == {
        "code": "LANNER_REDACTED",
        "rule": "Config",
        "line": 1,
        "field": "ka.req.configmap.obj",
        "parts": ["configmaps"],
    }
    assert f"{rules}:1: note: Config: {message} [LANNER_REDACTED]" in run("check", rules).stdout
    (files / "lanner.yaml").write_text("redaction: {enabled: false}\n")
    assert "[LANNER_REDACTED]" not in run("check", rules, "-c", files / "lanner.yaml").stdout
