"""`lanner policy suggest` on small logs with real rules and real coverage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lanner.cli.policy.suggest import suggest_
from lanner.errors import GroundError, SourceError, UsageError
from lanner.policy.loading import read_policy
from lanner.policy.model import Level

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
SOURCE = "  source: k8s_audit\n"


def _rule(name, condition):
    return f"- rule: {name}\n  desc: d\n  condition: >\n    {condition}\n  output: o\n  priority: WARNING\n{SOURCE}"


RULES = _rule(
    "Privileged",
    "ka.stage = ResponseComplete and ka.verb = create and ka.target.resource = pods and"
    " ka.req.pod.containers.privileged intersects (true)",
) + _rule("Deleted", "ka.stage = ResponseComplete and ka.verb = delete and ka.target.resource = roles")
SECRET = _rule(
    "Secret data",
    "ka.stage = ResponseComplete and ka.target.resource = secrets and jevt.value[/requestObject/data] exists",
)
EVERYTHING = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: RequestResponse\n"


def _event(verb, resource, user="alice@example.com", stage="ResponseComplete", group=""):
    document = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": f"{verb}-{resource}-{user}",
        "stage": stage,
        "stageTimestamp": "2026-01-02T03:04:05.678901Z",
        "requestURI": f"/api/v1/namespaces/shop/{resource}",
        "verb": verb,
        "user": {"username": user, "groups": ["system:authenticated"]},
        "objectRef": {"resource": resource, "namespace": "shop", "apiGroup": group},
        "responseStatus": {"code": 200},
        "requestObject": {"spec": {"containers": [{"securityContext": {"privileged": True}}]}, "x": "y" * 500},
        "responseObject": {"x": "y" * 500},
    }
    return json.dumps(document)


LOG = [
    _event(verb, resource, user, stage, group)
    for stage in ("RequestReceived", "ResponseComplete")
    for verb, resource, user, group in (
        ("create", "pods", "alice@example.com", ""),
        ("list", "pods", "alice@example.com", ""),
        ("delete", "roles", "alice@example.com", "rbac.authorization.k8s.io"),
        ("get", "secrets", "alice@example.com", ""),
        ("update", "leases", "system:kube-scheduler", "coordination.k8s.io"),
    )
]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(suggest_)
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "secret.yaml").write_text(SECRET)
    (tmp_path / "old.yaml").write_text(EVERYTHING)
    (tmp_path / "log.jsonl").write_text("\n".join(LOG) + "\n")

    def invoke(*arguments):
        return CliRunner().invoke(app, ["log.jsonl", "--rules", "rules.yaml", *arguments])

    return invoke


def test_the_policy_goes_to_stdout_and_its_proof_to_stderr(run):
    """It loads as kube-apiserver loads it, and logs bodies only of what a rule looks into."""
    result = run()
    assert result.exit_code == 0, result.output
    policy = read_policy(result.stdout).policy
    assert policy is not None
    assert [rule.verbs for rule in policy.rules if rule.level > Level.METADATA] == [("create",)]
    assert "coverage: 2 sighted of 2 rules" in result.stderr
    assert "replay: the same 2 alerts" in result.stderr
    assert "with --keep nothing, the pure minimum" in result.stderr


def test_json_has_the_policy_its_price_and_its_proof(run):
    """One value; lines name the rules that need them."""
    result = run("--format", "json")
    told = json.loads(result.stdout)
    assert told["proved"]
    assert told["bytes_now"] > told["bytes_kept"] >= told["bytes_minimum"] > 0
    assert [line["needed_by"] for line in told["lines"] if line["level"] == "Request"] == [["Privileged"]]
    assert told["replay"]["same"]
    assert told["coverage"] == {"Privileged": "sighted", "Deleted": "sighted"}
    assert read_policy(told["policy"]).policy is not None


def test_a_file_is_written(run, tmp_path):
    """Then stdout stays empty."""
    result = run("-o", "new.yaml", "--keep", "nothing")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert read_policy((tmp_path / "new.yaml").read_text()).policy is not None


def test_a_rule_that_wants_secrets_in_clear_is_not_followed(run):
    """The policy says so in its first line, and the exit code is 1."""
    result = run("--rules", "secret.yaml")
    assert result.exit_code == 1
    assert result.stdout.startswith("# Suggested by lanner for 3 rules: NOT PROVED")
    assert "conflict: 'Secret data' looks into bodies of secrets: bodies are not logged" in result.stderr
    assert "NOT DONE: 'Secret data'" in result.stderr


def test_single_lines_of_a_policy(run):
    """By effect, with the line's number and text."""
    result = run("--policy", "old.yaml")
    assert result.exit_code == 0, result.output
    assert "Drop the stage RequestReceived. No rule loses sight." in result.stdout
    assert "old.yaml:3: add before it:" in result.stdout
    assert "old.yaml:4: change:" in result.stdout
    told = json.loads(run("--policy", "old.yaml", "--format", "json").stdout)
    assert told["changes"][0]["losses"] == []
    assert {"purpose", "action", "line", "text", "saved", "share", "security"} <= told["changes"][0].keys()


def test_a_policy_that_does_not_load_ends_with_1(run, tmp_path):
    """Its error is told with its place."""
    (tmp_path / "old.yaml").write_text(EVERYTHING.replace("RequestResponse", "All"))
    result = run("--policy", "old.yaml")
    assert result.exit_code == 1
    assert "old.yaml:4:" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--keep", "all"], UsageError),
        (["--partly", "No such rule"], UsageError),
        (["--no-bodies-of", ""], UsageError),
        (["-"], UsageError),
        (["missing.jsonl"], SourceError),
        (["-o", "missing/new.yaml"], GroundError),
    ],
)
def test_what_cannot_be_used_is_told(run, arguments, error):
    """With the fix."""
    assert isinstance(run(*arguments).exception, error)


def test_lines_that_are_no_events_are_counted(run, tmp_path):
    """They take no part."""
    with (tmp_path / "log.jsonl").open("a") as log:
        log.write('{"kind":"Pod"}\n')
    assert "no audit events: 1" in run().stderr


@pytest.mark.shared
def test_falcos_rules_and_our_own_on_the_real_log(tmp_path):
    """All sighted but for what secrets in clear would show, the same alerts, far less than under Falco's own policy."""
    log, falco = SHARED / "audit" / "full.jsonl.zst", SHARED / "falco_rules" / "k8saudit" / "k8s_audit_rules.yaml"
    if not log.exists() or not falco.exists():
        pytest.skip("no shared data beside the checkout")
    app = typer.Typer()
    app.command()(suggest_)
    own = Path(__file__).parents[3] / "src" / "lanner" / "content"
    result = CliRunner().invoke(app, [str(log), "--rules", str(falco), "--rules", str(own), "--format", "json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["proved"]
    assert told["replay"]["alerts"] > 1000
    assert told["bytes_kept"] < 35_677_354 / 2  # what Falco's own policy keeps of this log, by simulate
    # Both ask which credentials an answer hands out, and answers with secrets and tokens are never logged.
    wanting = {"Token read from a Secret and used by its reader", "Token made by hand and used elsewhere"}
    assert {loss["rule"] for loss in told["partly"]} == wanting
    assert len(told["lines"]) <= 25
