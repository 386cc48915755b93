"""`lanner replay` on small logs, through the command line's own runner."""

from __future__ import annotations

import gzip
import json

import pytest
import typer
from typer.testing import CliRunner

from lanner.cli.replay import replay

RULES = """
- rule: Created
  desc: d
  condition: ka.verb = create
  output: "%ka.target.name"
  priority: WARNING
  source: k8s_audit
- rule: Any
  desc: d
  condition: ka.verb exists
  output: any
  priority: INFO
  source: k8s_audit
"""


def event(verb, name="n", padding=0):
    document = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "auditID": f"id-{name}",
        "stage": "ResponseComplete",
        "stageTimestamp": "2026-01-02T03:04:05.678901Z",
        "verb": verb,
        "objectRef": {"name": name},
        "requestObject": {"x": "y" * padding},
    }
    return json.dumps(document).encode()


@pytest.fixture
def run(tmp_path):
    app = typer.Typer()
    app.command()(replay)
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)

    def runner(*arguments, own_rules=False):
        options = [] if own_rules else ["--rules", str(rules)]
        return CliRunner().invoke(app, [*map(str, arguments), *options])

    return runner


def test_alerts_come_in_file_order_with_their_event_numbers(run, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(
        b"\n".join([event("create", "a"), event("get", "b"), event("create", "c", padding=200_000)]) + b"\n"
    )
    result = run(log, "--format", "json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["rule"], row["lanner"]["event"]) for row in rows] == [
        ("Created", 1), ("Any", 1), ("Any", 2), ("Created", 3), ("Any", 3),
    ]  # fmt: skip
    assert rows[0]["lanner"]["related"] == ["id-a"]
    assert result.exit_code == 0


def test_first_priority_and_text_form(run, tmp_path):
    log = tmp_path / "audit.log.gz"
    log.write_bytes(gzip.compress(event("create", "a") + b"\n"))
    assert run(log, "--matching", "first").stdout == "2026-01-02T03:04:05.678901000Z: Warning a\n"
    assert run(log, "--priority", "error").stdout == ""


def test_refused_lines_are_counted_and_the_rest_is_read(run, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(b"{}\nnot json\n" + event("get") + b"\n")
    result = run(log, "--stats")
    assert result.exit_code == 0
    assert "no audit events: 2" in result.stderr
    stats = json.loads(result.stderr.splitlines()[-1])
    assert (stats["events"], stats["alerts"]) == (1, 1)
    assert set(stats) == {"events", "alerts", "seconds", "events_per_second"}


def test_a_log_of_which_nothing_can_be_read_ends_in_failure(run, tmp_path):
    result = run(tmp_path / "absent.log")
    assert result.exit_code != 0


def test_a_damaged_log_gives_what_stands_before_the_damage(run, tmp_path):
    log = tmp_path / "audit.log.gz"
    log.write_bytes(gzip.compress(event("create", "a") + b"\n")[:-4])
    result = run(log)
    assert "error" in result.stderr


def test_rules_that_do_not_load_are_refused(run, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(RULES.replace("ka.verb = create", "ka.nope = 1"))
    log = tmp_path / "audit.log"
    log.write_bytes(event("get"))
    result = run(log, "--rules", bad, own_rules=True)
    assert result.exit_code != 0
    assert "ka.nope" in str(result.exception)


def test_an_unknown_matching_is_refused(run, tmp_path):
    result = run(tmp_path / "x", "--matching", "some")
    assert "write all or first" in str(result.exception)


def test_without_rules_lanners_own_are_used(run, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(event("get") + b"\n")
    assert run(log, own_rules=True).exit_code == 0


def test_a_log_of_nothing_but_refused_lines_is_bad(run, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(b"{}\nnot json\n")
    assert run(log).exit_code == 1


def test_a_text_alert_is_one_line_whatever_an_attacker_chose(run, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(event("create", "a\n12:00:00: Critical forged \x1b[31m") + b"\n")
    result = run(log, "--matching", "first")
    assert result.stdout.count("\n") == 1
    assert r"a\n12:00:00: Critical forged \x1b[31m" in result.stdout


def test_rules_without_a_rule_are_named(run, tmp_path):
    (tmp_path / "none.yaml").write_text("")
    log = tmp_path / "audit.log"
    log.write_bytes(event("get") + b"\n")
    assert "no rule is loaded" in run(log, "--rules", tmp_path / "none.yaml", own_rules=True).stderr


def rows(result):
    return (result.exit_code, result.stdout, result.stderr)


def test_workers_change_nothing_but_the_speed(run, tmp_path):
    """Alerts, numbers, refusals with their places, exit code, with rubbish and blank lines in the logs."""
    logs = tmp_path / "logs"
    logs.mkdir()
    for name, verbs in (("audit-2026-01-01T00-00-00.000.log", 3000), ("audit.log", 2000)):
        lines = [event("create" if number % 7 == 0 else "get", f"{name}-{number}", 300) for number in range(verbs)]
        lines[500:500] = [b"", b"{", b'  "kind": "Event"', b"}", b"rubbish", lines[0] + b"\r"]
        (logs / name).write_bytes(b"\n".join(lines))
    for options in ([], ["--format", "json"], ["--matching", "first", "--priority", "warning"]):
        one, two = run(logs, *options), run(logs, *options, "--workers", "2")
        assert rows(one) == rows(two)
        assert one.stdout.count("\n") > 700
        assert "rubbish" not in one.stderr
        assert "audit.log:" not in one.stderr.splitlines()[1]


def test_a_damaged_log_gives_workers_what_stands_before_the_damage(run, tmp_path):
    log = tmp_path / "audit.log.gz"
    log.write_bytes(gzip.compress(event("create", "a") + b"\n")[:-4])
    assert rows(run(log)) == rows(run(log, "--workers", "2"))
    assert rows(run(tmp_path / "absent")) == rows(run(tmp_path / "absent", "--workers", "2"))


def test_rules_that_count_events_are_not_shared_out(run, tmp_path):
    counting = tmp_path / "counting.yaml"
    counting.write_text(RULES.replace("output: any", 'output: "%evt.num"'))
    log = tmp_path / "audit.log"
    log.write_bytes(b"{}\n" + event("get") + b"\n" + event("get"))
    result = run(log, "--rules", counting, "--workers", "2", own_rules=True)
    assert [line.rsplit(" ", 1)[1] for line in result.stdout.splitlines()] == ["1", "2"]
    assert "evt.num" in result.stderr


def days(*numbers):
    """Give the same request, once on each of those days."""
    user = b'"kind": "Event", "user": {"username": "backup"}, "sourceIPs": ["192.0.2.7"]'
    line = event("create").replace(b'"kind": "Event"', user)
    return b"\n".join(line.replace(b"2026-01-02", b"2026-01-%02d" % day) for day in numbers)


@pytest.mark.parametrize("learn", ["2026-01-08", "first-half"])
def test_what_fits_a_habit_of_the_time_before_is_lowered_and_counted(run, tmp_path, learn):
    log = tmp_path / "audit.log"
    log.write_bytes(days(*range(1, 14)))
    found = run(log, "--learn", learn, "--format", "json")
    alerts = [alert for alert in map(json.loads, found.stdout.splitlines()) if alert["rule"] == "Created"]
    lowered = [(alert["time"][8:10], alert["lanner"]["habit"]) for alert in alerts if alert["priority"] != "Warning"]
    first = 8 if learn == "2026-01-08" else 7
    assert [day for day, _ in lowered] == [f"{day:02d}" for day in range(first, 14)]
    assert lowered[-1][1] == {"count": 13, "since": "2026-01-01T03:04:05.678901000Z", "priority": "Warning"}
    assert f"{2 * len(lowered)} alerts fit a habit" in found.stderr


def test_a_time_to_learn_until_that_is_none_is_refused(run, tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(days(1))
    assert "write 2026-11-24" in str(run(log, "--learn", "soon").exception)
    assert "standard input" in str(run("-", "--learn", "first-half").exception)
