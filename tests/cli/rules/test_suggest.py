"""`lanner rules suggest` on small logs and on the shared one, with real rules and their tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lanner.cli.rules.suggest import suggest
from lanner.errors import GroundError, UsageError
from lanner.rules.loading import load_files

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
RULES = """
- rule: Secrets listed
  desc: d
  condition: ka.stage = ResponseComplete and ka.verb = list and ka.target.resource = secrets
  output: secrets listed by %ka.user.name
  priority: WARNING
  source: k8s_audit
"""
TEST = """
tests:
  - name: the bot is seen
    event: {verb: list, user: {username: bot}, objectRef: {resource: secrets, namespace: NAMESPACE},
            sourceIPs: [10.0.0.1], userAgent: bot/1, stage: ResponseComplete}
    fires: [Secrets listed]
"""


def line(number, user="bot", address="10.0.0.1", namespace="shop"):
    return json.dumps(
        {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "Metadata",
            "auditID": f"{user}-{address}-{number}",
            "stage": "ResponseComplete",
            "stageTimestamp": f"2026-01-02T03:{number:02d}:05.678901Z",
            "requestURI": "/api/v1/secrets",
            "verb": "list",
            "user": {"username": user},
            "sourceIPs": ["1.1.1.1", address],
            "userAgent": "bot/1",
            "objectRef": {"resource": "secrets", "namespace": namespace},
            "responseStatus": {"code": 200},
        }
    )


@pytest.fixture
def folder(tmp_path):
    """Rules and a log: a bot lists secrets each minute, somebody else with its token at the end."""
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "log.jsonl").write_text("\n".join([*map(line, range(20)), line(30, address="6.6.6.6"), ""]))
    (tmp_path / "labels.jsonl").write_text(
        '{"auditID": "bot-6.6.6.6-30", "kind": "attack", "chain": "c", "step": "s"}\n'
    )
    return tmp_path


@pytest.fixture
def run(folder):
    app = typer.Typer()
    app.command()(suggest)

    def invoke(*options, events="log.jsonl"):
        words = [str(folder / events), "--rules", str(folder / "rules.yaml"), *map(str, options)]
        return CliRunner().invoke(app, words)

    return invoke


def objects(result):
    return [json.loads(text) for text in result.stdout.splitlines()]


def test_what_is_accepted_loads_behind_the_rules_and_silences_only_the_habit(run, folder):
    answer = run("--until", "2026-01-02T03:10:00Z", "--output", folder / "accepted.yaml")
    assert answer.exit_code == 0
    assert "silences 10 of 10 alerts in the baseline, 10 of 11 after it" in answer.stderr
    assert load_files([folder / "rules.yaml", folder / "accepted.yaml"]).successful
    again = run("--rules", folder / "accepted.yaml", "--format", "json")
    (last,) = objects(again)
    assert last["backtest"]["before"]["alerts_baseline"] == 1


def test_json_has_the_proposal_its_risk_and_the_backtest(run, folder):
    proposal, backtest = objects(run("--first-half", "--labels", folder / "labels.jsonl", "--format", "json"))
    assert proposal["proposal"]["fields"] == [
        *("ka.user.name", "lanner.address", "ka.target.namespace", "ka.target.resource", "ka.verb", "ka.useragent")
    ]
    assert (
        "Whoever holds a credential of bot and asks from 10.0.0.1 can list secrets in shop"
        in (proposal["proposal"]["risk"])
    )
    found = backtest["backtest"]
    assert found["events"] == {"baseline": 10, "rest": 11}
    assert (found["before"]["alerts_rest"], found["after"]["alerts_rest"]) == (11, 1)
    assert (found["before"]["attack_steps"], found["after"]["attack_steps"], found["attacks_lost"]) == (1, 1, 0)


def test_a_labelled_attack_inside_the_habit_leaves_the_rule_alone(run, folder):
    (folder / "labels.jsonl").write_text('{"auditID": "bot-10.0.0.1-15", "kind": "attack"}\n')
    left, backtest = objects(run("--labels", folder / "labels.jsonl", "--format", "json"))
    assert left["left"]["reason"] == "it would silence a labelled attack"
    assert backtest["backtest"]["after"] == backtest["backtest"]["before"]


@pytest.mark.parametrize(("namespace", "proposals"), [("shop", 0), ("other", 1)])
def test_an_exception_that_breaks_a_test_of_the_rules_is_not_proposed(run, folder, namespace, proposals):
    (folder / "rules.test.yaml").write_text(TEST.replace("NAMESPACE", namespace))
    answers = objects(run("--tests", folder, "--format", "json"))
    assert [key for answer in answers for key in answer].count("proposal") == proposals
    assert (answers[-1]["backtest"]["tests"], answers[-1]["backtest"]["tests_lost"]) == (1, 0)


def test_without_a_habit_nothing_is_written(run, folder):
    answer = run("--least", 50)
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert "0 exceptions" in answer.stderr


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (["--until", "2026-01-02", "--first-half"], UsageError, "give one"),
        (["--until", "soon"], UsageError, "is no time"),
        (["--labels", "missing.jsonl"], GroundError, "missing.jsonl"),
        (["--output", "/nonexistent/x.yaml"], GroundError, "name a folder"),
    ],
)
def test_mistakes_are_told(run, options, error, words):
    answer = run(*options)
    assert isinstance(answer.exception, error)
    assert words in str(answer.exception)


def test_labels_that_are_none_are_told_with_their_line(run, folder):
    (folder / "labels.jsonl").write_text('{"auditID": "a", "kind": "attack"}\n{"kind": 1}\n')
    answer = run("--labels", folder / "labels.jsonl")
    assert "labels.jsonl:2" in str(answer.exception)


def test_a_log_without_events_has_no_first_half(run, folder):
    (folder / "empty.jsonl").write_text("{}\n")
    assert "no events" in str(run("--first-half", events="empty.jsonl").exception)


def test_on_the_shared_log_falcos_rules_lose_most_of_their_noise_and_no_attack():
    log, rules = SHARED / "audit" / "full.jsonl.zst", SHARED / "falco_rules" / "k8saudit" / "k8s_audit_rules.yaml"
    if not (log.exists() and rules.exists()):
        pytest.skip("the shared log and Falco's rules are not here")
    app = typer.Typer()
    app.command()(suggest)
    words = [str(log), "--rules", str(rules), "--labels", str(SHARED / "audit" / "labels.jsonl"), "--first-half"]
    found = objects(CliRunner().invoke(app, [*words, "--format", "json"]))[-1]["backtest"]
    assert found["attacks_lost"] == 0
    assert found["after"]["attack_steps"] == found["before"]["attack_steps"]
    assert found["after"]["unlabelled_rest"] * 20 < found["before"]["unlabelled_rest"]
