"""`lanner policy watch` as a command."""

from __future__ import annotations

import gzip
import json

import pytest
from typer.testing import CliRunner

from lanner.cli.policy import app

MORE = "the API server logs more than the policy"
POLICY = "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n"


def event(level="Metadata", stage="ResponseComplete", **keys) -> bytes:
    found = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": level, "auditID": "a", "stage": stage}
    found |= {
        "requestURI": "/api/v1/pods",
        "verb": "list",
        "user": {"username": "me"},
        "objectRef": {"resource": "pods"},
    }
    return json.dumps(found | {"stageTimestamp": "2026-01-01T00:00:00.000000Z"} | keys).encode()


@pytest.fixture
def watch(tmp_path):
    def run(lines, *options, policy=POLICY):
        (tmp_path / "p.yaml").write_text(policy)
        (tmp_path / "a.log").write_bytes(b"".join(line + b"\n" for line in lines))
        return CliRunner().invoke(app, ["watch", str(tmp_path / "p.yaml"), str(tmp_path / "a.log"), *options])

    run.policy = tmp_path / "p.yaml"
    run.policy.write_text(POLICY)
    return run


def test_a_log_that_follows_its_policy(watch, tmp_path):
    result = watch([event(), event()])
    assert (result.exit_code, result.stdout) == (0, f"2 events compared with {tmp_path / 'p.yaml'}: no deviation\n")


def test_deviations_with_their_rule_count_and_first_event_and_exit_code_1(watch, tmp_path):
    file = tmp_path / "p.yaml"
    result = watch([event(), event("Request"), event("Request", auditID="b"), event(level=None)])
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"3 events compared with {file}: 1 deviation",
        "1 event without a level that is known, not compared",
        f"Warning: an event came at level Request, rules[0] ({file}:5) says Metadata: {MORE} [higher-level]",
        "    2 events, 2026-01-01T00:00:00.000000Z to 2026-01-01T00:00:00.000000Z",
        "    first: me list pods, auditID a, ResponseComplete",
    ]


def test_json_has_all_of_it_in_one_object(watch):
    result = watch([event(stage="RequestReceived"), b"no event"], "--format", "json")
    shown = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (shown["events"], shown["compared"]) == (1, 1)
    (row,) = shown["deviations"]
    assert (row["kind"], row["priority"], row["rule"], row["line"], row["events"]) == ("stage-kept", "Warning", 0, 5, 1)
    assert (row["expected"], row["seen"], row["first"]["audit_id"]) == (
        "no RequestReceived",
        "stage RequestReceived",
        "a",
    )
    assert row["first"]["request"] == "me list pods"


def test_a_policy_that_kube_apiserver_refuses_is_told(watch):
    result = watch([event()], policy="rules: []")
    assert result.exit_code == 1
    assert "error: unknown group version field" in result.stderr


def test_a_log_that_ends_in_damage_counts_as_far_as_it_goes(watch, tmp_path):
    whole = gzip.compress(b"".join(event("Request", auditID=str(number)) + b"\n" for number in range(20_000)))
    (tmp_path / "cut.gz").write_bytes(whole[: len(whole) // 2])
    result = CliRunner().invoke(app, ["watch", str(watch.policy), str(tmp_path / "cut.gz"), "--format", "json"])
    assert result.exit_code == 3
    assert "what was read before counts" in result.stderr
    assert 0 < json.loads(result.stdout)["deviations"][0]["events"] < 20_000


def test_what_has_gone_silent_is_asked_for_by_options(watch):
    def at(second: int, resource: str) -> bytes:
        stamp = f"2026-01-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000000Z"
        return event(stageTimestamp=stamp, objectRef={"resource": resource})

    lines = [at(second, "secrets") for second in range(60)] + [at(second, "pods") for second in range(60, 2000)]
    assert watch(lines).exit_code == 0
    result = watch(lines, "--learn", "30", "--quiet", "60", "--format", "json")
    (row,) = json.loads(result.stdout)["deviations"]
    assert (result.exit_code, row["kind"]) == (1, "gone-silent")
    assert row["seen"].startswith("nothing of secrets (reads) for 24 min")
