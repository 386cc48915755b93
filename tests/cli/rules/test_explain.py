"""`lanner rules explain` as a command."""

from pathlib import Path

import pytest

from lanner.audit.decode import decode
from lanner.cli.rules.explain import explain
from lanner.errors import UsageError
from lanner.rules.compile import compile_conditions
from lanner.rules.falco.documents import load_files

ORACLE = Path(__file__).parents[2] / "data" / "falco_oracle"
EVENTS = ORACLE / "events.jsonl"
SHARED = Path(__file__).parents[3].parent / "shared" / "data"
RULES = """- macro: made
  condition: ka.verb = create
- rule: Made
  desc: d
  condition: made and ka.stage exists
  output: x
  priority: WARNING
  source: k8s_audit
- rule: Body
  desc: d
  condition: made and ka.req.pod.host_pid = true
  output: x
  priority: INFO
  source: k8s_audit
- {rule: Off, desc: d, condition: made, output: x, priority: INFO, source: k8s_audit, enabled: false}
"""
EVENT = (
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-1","stage":"ResponseComplete",'
    '"verb":"create","requestURI":"/x","stageTimestamp":"2026-01-02T03:04:05.000000Z"}\n'
)


@pytest.fixture
def made(tmp_path):
    """A rules file and a log of two events."""
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "log.jsonl").write_text(EVENT + EVENT.replace("create", "get").replace("id-1", "id-2"))
    return tmp_path


def test_a_rule_that_fires_is_shown_with_its_reasons(run, made):
    result = run("explain", "Made", made / "rules.yaml", "--event", f"{made / 'log.jsonl'}:1")
    assert result.exit_code == 0
    assert result.stdout == (
        f"Made   Warning   {made / 'rules.yaml'}:3\n"
        "event 1: create  /x  ResponseComplete, level Metadata  id-1\n"
        "FIRES\n"
        "\n"
        "▸   true  and\n"
        '▸   true  ├─ made: ka.verb = create   found "create"   :2\n'
        '▸   true  └─ ka.stage exists   found "ResponseComplete"   :5\n'
        "\n"
    )


def test_a_rule_that_does_not_fire_says_what_keeps_it_and_what_the_level_hides(run, made):
    result = run("explain", "bod", made / "rules.yaml", "--event", made / "log.jsonl", "--audit-id", "id-1")
    assert "does not fire\n  ka.req.pod.host_pid = true is false, found <NA>, see note\n" in result.stdout
    assert "note: requestObject is absent: the event was logged at level Metadata; the audit policy" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Off",), "the rule is disabled (enabled: false), so it never fires"),
        (("Made", "--priority", "error"), "its priority Warning is below the minimum error, so it never fires"),
    ],
)
def test_a_rule_that_cannot_run_says_so(run, made, arguments, said, rows):
    rule, *options = arguments
    command = ("explain", rule, made / "rules.yaml", "--event", f"{made / 'log.jsonl'}:1", *options)
    assert f"matches, but does not fire\n  {said}\n" in run(*command).stdout
    (row,) = rows(run(*command, "--format", "json"))
    assert (row["matches"], row["fires"], row["notes"]) == (True, False, [said])


def test_as_json_one_object_an_event_with_the_tree(run, made, rows):
    first, second = rows(run("explain", "Made", made / "rules.yaml", "--event", made / "log.jsonl", "--format", "json"))
    assert (first["fires"], first["away"], second["fires"], second["away"]) == (True, 0, False, 1)
    assert first["event"] == {"number": 1, "audit_id": "id-1", "stage": "ResponseComplete", "level": "Metadata"}
    assert second["blockers"] == ['made: ka.verb = create is false, found "get"']
    assert second["reasons"] == [
        {
            "kind": "check",
            "text": "ka.verb = create",
            "truth": False,
            "reached": True,
            "decisive": True,
            "away": 1,
            "value": "get",
            "file": str(made / "rules.yaml"),
            "line": 2,
            "column": 14,
            "within": ["made"],
        }
    ]
    macro, check = second["tree"]["parts"]
    assert (macro["kind"], macro["name"], check["reached"]) == ("macro", "made", False)


def test_all_rules_those_nearest_to_firing_first(run, made, rows):
    command = ("explain", "--all", made / "rules.yaml", "--event", f"{made / 'log.jsonl'}:1")
    lines = run(*command).stdout.splitlines()
    assert lines[1:4] == [
        "   FIRES  Made",
        " matches  Off   the rule is disabled (enabled: false), so it never fires",
        "  1 away  Body   ka.req.pod.host_pid = true is false, found <NA>, see note",
    ]
    assert lines[4].startswith("note: requestObject is absent")
    assert [(row["rule"], row["fires"]) for row in rows(run(*command, "--format", "json"))] == [
        ("Made", True),
        ("Body", False),
        ("Off", False),
    ]


def test_many_events_are_cut_at_the_limit(run, made):
    result = run("explain", "Made", made / "rules.yaml", "--event", made / "log.jsonl", "--limit", "1")
    assert result.stdout.count("event ") == 1
    assert "only the first 1 events are explained" in result.stderr


def test_the_built_in_rules_are_explained_without_files(run, made):
    assert "Shell opened" in run("explain", "shell opened", "--event", made / "log.jsonl").stdout


@pytest.mark.parametrize("arguments", [(), ("--all", "empty.yaml")])
def test_a_call_without_a_rule_is_a_mistake(run, made, arguments, monkeypatch):
    monkeypatch.chdir(made)
    Path("empty.yaml").write_text("[]")
    assert isinstance(run("explain", *arguments, "--event", made / "log.jsonl").exception, UsageError)


@pytest.mark.shared
def test_every_rule_of_falco_is_explained_as_the_engine_matches_it(run, rows):
    path = SHARED / "falco_rules" / "k8saudit" / "k8s_audit_rules.yaml"
    if not path.exists():
        pytest.skip("Falco's rules are not beside the checkout")
    rules = load_files([path]).rules
    matcher = compile_conditions([rule.condition for rule in rules])
    lines = EVENTS.read_bytes().splitlines()
    shown = rows(run("explain", "--all", path, "--event", EVENTS, "--limit", "1000", "--format", "json"))
    events = [event for line in lines for event in decode(line).events]
    for number, event in enumerate(events, 1):
        here = [row["rule"] for row in shown if row["event"]["number"] == number and row["matches"]]
        assert here == [rules[index].name for index in matcher.match(event)]


def test_the_help_says_what_the_marks_mean():
    assert "marked with ▸" in (explain.__doc__ or "")
