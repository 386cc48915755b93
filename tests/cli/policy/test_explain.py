"""`lanner policy explain` as a command."""

import json

import pytest
from typer.testing import CliRunner

from lanner.cli.policy import app
from lanner.errors import UsageError

POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - level: None
    users: [system:kube-proxy]

  - level: RequestResponse
    resources:
    # only pods
    - resources: [pods]
  - level: Metadata
    nonResourceURLs: [/healthz*]
  - level: Request
    omitStages: [RequestReceived]
    namespaces: [payments]
"""
EVENT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "Metadata",
    "auditID": "a",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/payments/pods/web/exec",
    "verb": "create",
    "requestReceivedTimestamp": "2026-11-23T10:00:00.000000Z",
    "stageTimestamp": "2026-11-23T10:00:01.000000Z",
    "user": {"username": "dev", "groups": ["devs"]},
    "objectRef": {
        "resource": "pods",
        "namespace": "payments",
        "name": "web",
        "subresource": "exec",
        "apiVersion": "v1",
    },
}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "p.yaml").write_text(POLICY)

    def invoke(*arguments):
        return CliRunner().invoke(app, ["explain", str(tmp_path / "p.yaml"), *map(str, arguments)])

    return invoke


def test_a_request_in_words(run, tmp_path):
    words = ("--user", "dev", "--group", "devs", "--verb", "create", "--resource", "pods/exec", "-n", "payments")
    assert run(*words, "--name", "web").stdout.splitlines() == [
        "request: dev create pods/exec in payments named web",
        "  Request by rule 3, without RequestReceived",
        f"  {tmp_path / 'p.yaml'}:13",
        "    |   - level: Request",
        "    |     omitStages: [RequestReceived]",
        "    |     namespaces: [payments]",
        "  rules above that do not match:",
        "    rule 0, line 4: user dev is not in users [system:kube-proxy]",
        "    rule 1, line 7: pods/exec: pods does not cover pods/exec; a subresource is named on its own",
        "    rule 2, line 11: pods/exec is a resource, and the rule is for nonResourceURLs [/healthz*]",
        "",
    ]


def test_the_rule_is_shown_to_its_end(run):
    shown = run("--verb", "get", "--resource", "pods").stdout
    written = ["  - level: RequestResponse", "    resources:", "    # only pods", "    - resources: [pods]"]
    assert "".join(f"    | {line}\n" for line in written) + "  rules above" in shown


def test_a_request_that_no_rule_matches(run):
    shown = run("--verb", "get", "--url", "/metrics").stdout
    assert "None by no rule, and what no rule matches is not logged" in shown
    assert "  no rule matches:" in shown


def test_events_in_words_and_as_decisions(run, tmp_path):
    plain = {key: value for key, value in EVENT.items() if key != "objectRef"} | {"requestURI": "/x"}
    (tmp_path / "log").write_text(f"{json.dumps(EVENT)}\n{json.dumps(plain)}\n")
    assert (
        "event 1: dev create pods/exec in payments named web\n  Request by rule 3"
        in run("--event", f"{tmp_path / 'log'}:1").stdout
    )
    rows = [json.loads(line) for line in run("--event", tmp_path / "log", "--format", "json").stdout.splitlines()]
    assert rows == [
        {"level": "Request", "omitStages": ["RequestReceived"], "omitManagedFields": False, "rule": 3},
        {"level": "None", "omitStages": [], "omitManagedFields": False, "rule": None},
    ]


def test_rows_of_attributes_give_a_decision_a_line(run, tmp_path):
    (tmp_path / "rows").write_text('{"Resource":"pods","ResourceRequest":true}\n\n{"Path":"/healthz"}\n')
    result = run("--attributes", tmp_path / "rows")
    assert [json.loads(line)["rule"] for line in result.stdout.splitlines()] == [1, 2]


@pytest.mark.parametrize("row", ["[]", "{", '{"Users":"a"}'])
def test_a_wrong_row_is_told_with_its_line(run, tmp_path, row):
    (tmp_path / "rows").write_text(f'{{"Path":"/"}}\n{row}\n')
    error = run("--attributes", tmp_path / "rows").exception
    assert isinstance(error, UsageError)
    assert f"{tmp_path / 'rows'}:2: " in str(error)


@pytest.mark.parametrize("words", [(), ("--event", "x", "--verb", "get", "--resource", "pods"), ("--user", "a")])
def test_a_request_is_named_in_one_way(run, words):
    assert isinstance(run(*words).exception, UsageError)


def test_only_so_many_are_explained(run, tmp_path):
    (tmp_path / "log").write_text(f"{json.dumps(EVENT)}\n" * 3)
    result = run("--event", tmp_path / "log", "--limit", "2")
    assert result.stdout.count("event ") == 2
    assert "--limit shows more" in result.stderr


def test_a_policy_that_kube_apiserver_refuses_explains_nothing(run, tmp_path):
    invoke = run
    (tmp_path / "p.yaml").write_text("kind: Policy\n")
    result = invoke("--verb", "get", "--resource", "pods")
    assert result.exit_code == 1
    assert "would refuse this policy: unknown group version field" in result.stderr
