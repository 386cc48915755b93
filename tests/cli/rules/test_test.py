"""`lanner rules test` as a command."""

import gzip
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from lanner.errors import GroundError, UsageError
from lanner.rules.testing.events import SKELETON
from lanner.rules.testing.form import Case, Content, Denied, Expected

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "data"
FALCO = SHARED / "falco_rules" / "k8saudit" / "k8s_audit_rules.yaml"
shared = pytest.mark.shared
beside = pytest.mark.skipif(not FALCO.exists(), reason="../shared/data/falco_rules is not beside this checkout")

LINE = msgspec.json.encode(SKELETON) + b"\n"


def test_the_built_in_tests_pass(run):
    result = run("test")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert " 0 failed" in result.stderr


def test_what_failed_is_printed(run, files):
    result = run("test", files)
    assert result.exit_code == 1
    path = files / "good.test.yaml"
    assert result.stdout == (
        f"FAILED {path}:4: fails\n  {path}:4:37: 'A' fired once and should not\n      event 1, uri:/: x\n"
    )
    assert "2 tests, 1 failed" in result.stderr


def test_what_passed_is_printed_on_demand(run, files):
    assert f"passed {files / 'good.test.yaml'}:3: fires (0." in run("test", files, "-v").stdout


def test_json_by_name(run, files, rows):
    (row,) = rows(run("test", files, "--name", "fires", "--format", "json"))
    assert (row["kind"], row["test"], row["passed"], row["status"], row["fired"]) == (
        "test", "fires", True, "passed", {"A": 1},
    )  # fmt: skip
    (row,) = rows(
        run("test", files, "--name", "f*s", "--name", "nothing", "--rule", "A", "--fail-fast", "--format", "json")
    )[1:]
    (problem,) = row["problems"]
    assert (problem["kind"], problem["rule"], problem["line"], problem["details"]) == (
        "unexpected", "A", 4, ["event 1, uri:/: x"],
    )  # fmt: skip


def test_the_first_failure_ends_a_run_that_asks_for_it(run, files):
    (files / "good.test.yaml").write_text(
        "rules: [good.yaml]\ntests:\n- {name: a, event: {}, silent: [A]}\n- {name: b, event: {}, silent: [A]}\n"
    )
    assert "2 tests, 2 failed" in run("test", files).stderr
    assert "1 tests, 1 failed" in run("test", files, "--fail-fast").stderr


def test_other_rules_may_be_tested(run, files):
    """A test that speaks of rules which are not there is a mistake, and says so in its place."""
    result = run("test", files, "--rules", files / "other.yaml")
    assert result.exit_code == 2
    assert f"ERROR {files / 'good.test.yaml'}:3: fires\n  {files / 'good.test.yaml'}:3:36: no rule 'A'" in result.stdout
    assert "2 tests, 0 failed, 2 with mistakes" in result.stderr


def test_a_broken_file_hides_no_other(run, files):
    (files / "a.test.yaml").write_text("test: []")
    result = run("test", files)
    assert result.exit_code == 2
    assert f"ERROR {files / 'a.test.yaml'}:1\n  {files / 'a.test.yaml'}:1:1: unknown key 'test'" in result.stdout
    assert "3 tests, 1 failed, 1 with mistakes" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", "nobody"], "no test is named 'nobody'"),
        (["--rule", "AA"], "no test speaks of a rule 'AA'; did you mean 'A'?"),
        (["--minimum", "3"], "--minimum is about the coverage: give --coverage as well"),
    ],
)
def test_nothing_to_run_is_a_mistake_in_the_call(run, files, arguments, message):
    error = run("test", files, *arguments).exception
    assert isinstance(error, UsageError)
    assert message in str(error)


def test_no_tests_are_a_mistake_in_the_call(run, tmp_path):
    assert "lie in files named *.test.yaml" in str(run("test", tmp_path).exception)
    (tmp_path / "a.test.yaml").write_text("tests: []")
    assert "the files hold no tests" in str(run("test", tmp_path).exception)


def test_a_file_whose_rules_do_not_load_hides_no_other(run, files):
    (files / "a.test.yaml").write_text("tests: []\nrules: [bad.yaml]")
    (files / "b.test.yaml").write_text("tests: []\nrules: [gone.yaml]")
    result = run("test", files)
    assert result.exit_code == 2
    assert f"{files / 'a.test.yaml'}:2:8: the rules cannot be used:" in result.stdout
    assert f"{files / 'b.test.yaml'}:2:8: {files / 'gone.yaml'}: no such file" in result.stdout
    assert "4 tests, 1 failed, 2 with mistakes" in result.stderr


def test_rules_that_do_not_load_end_the_run(run, files):
    error = run("test", files, "--rules", files / "bad.yaml").exception
    assert isinstance(error, UsageError)
    assert "ka.vreb" in str(error)
    assert isinstance(run("test", files, "--rules", files / "none.yaml").exception, GroundError)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("log.jsonl", LINE * 3),
        ("log.jsonl.gz", gzip.compress(LINE * 3)),
        ("list.json", msgspec.json.format(b'{"kind":"EventList","items":[%s]}' % b",".join([LINE] * 3))),
    ],
)
def test_files_of_events_are_read_in_every_form(run, files, name, data):
    (files / name).write_bytes(data)
    (files / "good.test.yaml").write_text(
        f"rules: [good.yaml]\ntests: [{{name: t, file: {name}, fires: [{{rule: A, times: 3}}], alerts: 3}}]"
    )
    assert run("test", files).exit_code == 0


def test_a_file_of_events_that_is_not_there_or_too_long(run, files):
    (files / "good.test.yaml").write_text(
        "rules: [good.yaml]\ntests:\n"
        "- {name: t, file: gone.jsonl, fires: [A]}\n- {name: u, file: log.jsonl, fires: [A]}\n"
        f"- {{name: v, file: {'x' * 5000}, fires: [A]}}\n"
    )
    (files / "log.jsonl").write_bytes(b'{"a": "' + b"x" * 70_000_000 + b'"}\n')
    result = run("test", files)
    assert result.exit_code == 2
    assert f"{files / 'good.test.yaml'}:3:19: {files / 'gone.jsonl'}: no such file" in result.stdout
    assert "4:19: log.jsonl:1: the line is too long" in result.stdout
    assert "5:19: [Errno" in result.stdout


def test_build_servers_get_xml(run, files):
    run("test", files, "--junit", files / "out.xml")
    root = ET.fromstring((files / "out.xml").read_bytes())
    assert (root.get("tests"), root.get("failures")) == ("2", "1")


def test_coverage_is_printed_and_has_a_minimum(run, files):
    only = ["test", files, "--name", "fires", "--coverage"]
    result = run(*only)
    assert result.exit_code == 0
    assert " 50.0 %  A  (tests: 1 firing, 0 silent)" in result.stdout
    assert "no event that leaves it silent hangs on:\n           ka.verb = get  good.yaml:3" in result.stdout
    assert (
        "0 of 1 rules have a test that fires them and one that does not; 1 of 2 branches tested (50.0 %)"
        in result.stderr
    )
    assert run(*only, "--minimum", "50").exit_code == 0
    low = run(*only, "--minimum", "51")
    assert low.exit_code == 1
    assert "below the minimum of 51 %" in low.stderr


def test_coverage_as_json(run, files, rows):
    found = rows(run("test", files, "--name", "fires", "--coverage", "--format", "json"))
    assert [row["kind"] for row in found] == ["test", "coverage", "coverage_total"]
    assert found[1]["untested"][0] | {"file": ""} == {
        "missing": "silent", "text": "ka.verb = get", "file": "", "line": 3, "column": 14,
    }  # fmt: skip
    assert found[2] == {
        "kind": "coverage_total", "rules": 1, "rules_tested": 0, "branches": 2, "branches_tested": 1, "percent": 50.0,
    }  # fmt: skip


@shared
@beside
def test_the_example_for_falcos_rules_passes(run):
    result = run("test", ROOT / "examples" / "rules-tests", "--rules", FALCO, "-v")
    assert (result.exit_code, result.stdout.count("passed ")) == (0, 6)


def test_the_example_says_what_is_wrong_with_other_rules(run):
    """The built-in rules are not Falco's: what is added to one of their lists is a mistake, told in its place."""
    result = run("test", ROOT / "examples" / "rules-tests")
    assert result.exit_code == 2
    assert "falco.test.yaml:11:5: List uses 'append'" in result.stdout


def expectation(row):
    """Write an expectation of Falco's own tests as a test of rules."""
    expected = row["expected"]["rules"]
    fires = [{"rule": rule, "times": count} for rule, count in expected.items()]
    return {
        "name": row["name"],
        "file": str(SHARED / row["trace"]),
        "fires": fires,
        "only": True,
        "alerts": sum(expected.values()),
    }


@shared
@beside
def test_falcos_own_expectations_are_tests_of_rules(run, tmp_path):
    """Those that load Falco's rules and nothing more."""
    rows = [json.loads(line) for line in (SHARED / "falco_traces" / "golden.jsonl").read_text().splitlines()]
    files = ["falco_rules/testing/falco_rules_v1.0.1.yaml", "falco_rules/k8saudit/k8s_audit_rules.yaml"]
    tests = [expectation(row) for row in rows if row["rules_files"] == files and "stderr_regexp" not in row["expected"]]
    path = tmp_path / "golden.test.yaml"
    path.write_text(json.dumps({"matching": "first", "rules": [str(SHARED / file) for file in files], "tests": tests}))
    result = run("test", path)
    assert result.stdout == ""
    assert (result.exit_code, f"{len(tests)} tests, 0 failed" in result.stderr) == (0, True)
    assert len(tests) > 30


def test_the_example_of_the_documents_passes_and_leaves_out_what_they_say(run, tmp_path):
    """docs/rules.md: the rules of one section, the tests of another, and what is printed."""
    text = (ROOT / "docs" / "rules.md").read_text()
    written, tested = text.partition("## Writing rules")[2], text.partition("## Testing rules")[2]
    (tmp_path / "my-rules.yaml").write_text(written.partition("```yaml\n")[2].partition("```")[0])
    (tmp_path / "my.test.yaml").write_text(tested.partition("```yaml\n")[2].partition("```")[0])
    result = run("test", tmp_path, "--coverage")
    assert (result.exit_code, "3 tests, 0 failed" in result.stderr) == (0, True)
    assert result.stdout.replace(f"{tmp_path}/", "") in tested


def test_the_documents_name_every_option_and_key(run):
    tested = (ROOT / "docs" / "rules.md").read_text().partition("## Testing rules")[2].partition("\n## ")[0]
    keys = [field.encode_name for form in (Case, Content, Expected, Denied) for field in msgspec.structs.fields(form)]
    assert [key for key in keys if f"`{key}`" not in tested and f"`{key}: " not in tested] == []
    options = re.findall(r" (--[a-z]+[a-z-]*)", run("test", "--help").stdout)
    assert [option for option in options if option not in ("--help", "--verbose") and option not in tested] == []
