"""`lanner policy check` as a command."""

import json

import pytest
from typer.testing import CliRunner

from lanner.cli.policy import app

HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"


def check(path, text, *options):
    path.write_text(text)
    return CliRunner().invoke(app, ["check", str(path), *options])


def test_a_refused_policy_is_told_with_place_and_fix_and_exit_code_1(tmp_path):
    result = check(tmp_path / "p.yaml", HEAD + "rules:\n- level: metadata\n")
    assert result.exit_code == 1
    first, second = result.stdout.splitlines()[:2]
    assert first.startswith(f"{tmp_path / 'p.yaml'}:4:3: error: rules[0].level: Unsupported value")
    assert first.endswith("[invalid]")
    assert second == "    write level: Metadata"


def test_one_object_with_what_kube_apiserver_says_and_findings(tmp_path):
    result = check(tmp_path / "p.yaml", HEAD + "rules:\n- level: Metadata\n  verb: [get]\n", "--format", "json")
    shown = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (shown["valid"], shown["errors"], shown["refusal"]) == (True, [], None)
    (warning,) = shown["warnings"]
    assert warning["message"] == shown["warning"]
    assert (warning["check"], warning["rule"], warning["line"], warning["column"]) == ("unknown-key", 0, 5, 3)
    assert warning["fix"] == "write verbs"
    assert all({"check", "severity", "rule", "message"} <= found.keys() for found in shown["findings"])


def test_a_refused_policy_as_json(tmp_path):
    result = check(tmp_path / "p.yaml", "", "--format", "json")
    shown = json.loads(result.stdout)
    assert (result.exit_code, shown["valid"]) == (1, False)
    assert shown["errors"][0]["message"] == shown["refusal"]


@pytest.mark.parametrize("findings", [[], ["x"]])
def test_a_policy_without_remarks_is_fine(tmp_path, monkeypatch, findings):
    """Lint's checks have tests of their own; here they say nothing or one thing."""
    from lanner.cli.policy import check as verb
    from lanner.policy.findings import PolicyFinding

    made = [PolicyFinding(name, "info", "m", line=3, fix="first\nsecond") for name in findings]
    monkeypatch.setattr(verb, "lint", lambda _loaded: made)
    result = check(tmp_path / "p.yaml", HEAD + "rules:\n- level: Metadata\n")
    where = tmp_path / "p.yaml"
    expected = f"{where}:3: info: m [x]\n    first\n    second\n" if findings else f"{where}: fine, 1 rules\n"
    assert result.stdout == expected
