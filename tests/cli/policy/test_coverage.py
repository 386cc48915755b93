"""`lanner policy coverage`: verdicts, lines, counterexamples, exit codes."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from lanner.cli.application import app

RULE = """
- rule: {}
  desc: d
  condition: ka.stage = ResponseComplete and {}
  output: o
  priority: WARNING
  source: k8s_audit
"""
RULES = "".join(
    RULE.format(name, condition)
    for name, condition in (
        ("Deleted", "ka.verb = delete"),
        ("Privileged", "ka.target.resource = pods and ka.req.pod.containers.privileged intersects (true)"),
        ("Secrets", "ka.target.resource = secrets and ka.verb = get"),
    )
)
POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: None
  resources: [{group: coordination.k8s.io, resources: [leases]}]
- level: Metadata
"""


WORST_FIRST = """\
blind     Privileged
          policy.yaml:6: level Metadata is too low, it takes Request
          for example mallory@example.com create pods in default: is logged at Metadata, the rule stays silent
partly    Deleted
          policy.yaml:4: level None
          for example mallory@example.com delete leases.coordination.k8s.io in default named web: is not logged, \
the rule stays silent
1 of 3 rules sighted, 1 partly, 1 blind
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "all.yaml").write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: RequestResponse}]\n")

    def invoke(*arguments):
        return CliRunner().invoke(app, ["policy", "coverage", *arguments])

    return invoke


def test_the_worst_comes_first_with_line_reason_and_a_request(run):
    """What is sighted is counted; the exit code is 1."""
    result = run("policy.yaml", "--rules", "rules.yaml")
    assert result.exit_code == 1
    assert result.stdout == WORST_FIRST


def test_all_sighted_is_exit_code_0(run):
    """With --all each rule is named."""
    result = run("all.yaml", "--rules", "rules.yaml", "--all")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "3 of 3 rules sighted")
    assert "sighted   Secrets" in result.stdout


def test_json_has_one_object_a_rule(run):
    """With what it needs and the counterexample's event and attributes."""
    result = run("policy.yaml", "--rules", "rules.yaml", "--format", "json")
    assert result.exit_code == 1
    first, *_, last = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["rule"], first["verdict"], last["verdict"]) == ("Privileged", "blind", "sighted")
    assert first["blinded_by"] == [{"number": 1, "line": 6, "reason": "level Metadata is too low, it takes Request"}]
    assert first["needs"][0]["level"] == "Request"
    assert first["counterexample"]["attributes"]["Resource"] == "pods"
    assert first["counterexample"]["event"]["requestObject"]["spec"]["containers"]


def test_the_default_rules_are_our_own(run):
    """Under full logging all of them see."""
    result = run("all.yaml")
    assert result.exit_code == 0
    assert result.stdout.endswith("rules sighted\n")


def test_a_policy_that_does_not_load_ends_with_1(run, tmp_path):
    """Its error is told with its place."""
    (tmp_path / "policy.yaml").write_text(POLICY.replace("Metadata", "All"))
    result = run("policy.yaml")
    assert result.exit_code == 1
    assert "policy.yaml:6:" in result.stderr
