"""`lanner rules list --profile` as a command."""

import gzip
import json
from pathlib import Path

import pytest

from lanner.cli.rules import profiling
from lanner.errors import UsageError
from lanner.rules.falco.documents import load_files
from lanner.rules.profile import Profile, RuleCost

EVENTS = Path(__file__).parents[2] / "data" / "falco_oracle" / "events.jsonl"
RULES = """- rule: 規則 that searches every body and has a name too long for the table to hold it all in one line
  desc: d
  condition: jevt.value[/requestObject] regex ".*(a|b)+[0-9]{9}.*" or jevt.value[/responseObject] regex ".*[0-9]{99}.*"
  output: x
  priority: INFO
  source: k8s_audit
- {rule: Cheap, desc: d, condition: ka.verb = create, output: x, priority: INFO, source: k8s_audit}
- {rule: Off, desc: d, condition: ka.verb = create, output: x, priority: INFO, source: k8s_audit, enabled: false}
"""


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "profiled.yaml"
    path.write_text(RULES, encoding="utf-8")
    return path


def test_the_expensive_rule_comes_first_and_is_told_why(run, rules, rows):
    result = run("list", rules, "--profile", EVENTS, "--format", "json")
    first, second, total = rows(result)
    assert result.exit_code == 0
    assert first["rule"].startswith("規則")
    assert first["candidates"] == total["total"]["events"] == 234
    assert first["share"] > second["share"]
    assert first["bodies"]["requestObject"]["events"] > 0
    assert any("it is tried on 100% of the events" in text for text in first["advice"])
    assert (second["rule"], second["matched"]) == ("Cheap", total["total"]["alerts"])


def test_the_table_fits_a_hundred_columns(run, rules):
    lines = run("list", rules, "--profile", EVENTS).stdout.splitlines()
    assert lines[0].split() == ["share", "time", "candidates", "each", "matched", "bodies", "rule"]
    assert "規則 that searches every body and has" in lines[1]
    assert lines[1].endswith("…")
    assert all(profiling.cell_len(line) <= profiling.WIDTH for line in lines)
    assert any("234 events" in line and "events/s on one core" in line for line in lines)
    assert any("matching, all rules together" in line for line in lines)


def test_several_logs_and_what_is_no_event_in_them(run, tmp_path, rows):
    packed = tmp_path / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(EVENTS.read_bytes()))
    bad = tmp_path / "bad.jsonl"
    bad.write_text("nope\nnope\n" + json.dumps({"kind": "Pod"}) + "\n")
    result = run("list", "--profile", packed, "--profile", bad, "--profile", EVENTS, "--format", "json")
    *_, total = rows(result)
    assert total["total"]["events"] == 468
    assert "no audit events: 3" in result.stderr
    assert f"{bad}:1: not JSON" in result.stderr
    assert "(and 1 more)" in result.stderr


@pytest.mark.parametrize(("match_ns", "said"), [(10.0, True), (500.0, False)])
def test_when_no_rule_costs_much_it_is_said(match_ns, said, rules, capsys):
    first, *_ = load_files([rules]).rules
    cost = RuleCost(rule=first, candidates=10, check_ns=match_ns)
    profiling._print_table(Profile(rules=[cost], events=10, decode_ns=1000, match_ns=600))
    assert ("No rule takes 2% of the time" in capsys.readouterr().out) is said


def test_long_times_stay_in_their_columns(rules, capsys):
    first, *_ = load_files([rules]).rules
    cost = RuleCost(rule=first, candidates=1000, check_ns=9_999_999_000.0)
    profiling._print_table(Profile(rules=[cost], events=1000, decode_ns=1000, match_ns=600))
    head, line, *_ = capsys.readouterr().out.splitlines()
    assert line[: head.index("  rule")] == "100.0%  10,000 ms      1,000  10,000 us        0         "


def test_a_line_that_is_too_long_is_counted(run, rules, tmp_path, monkeypatch):
    def read(path, progress):
        for line in original(path, progress=progress):
            line.oversized = line.number == 2
            yield line

    original = profiling.read_lines
    monkeypatch.setattr(profiling, "read_lines", read)
    result = run("list", rules, "--profile", EVENTS)
    assert f"{EVENTS}:2: too long" in result.stderr
    assert "233 events" in result.stdout


def test_ctrl_c_prints_what_was_measured(run, rules, monkeypatch):
    def read(path, progress):
        for number, line in enumerate(original(path, progress=progress)):
            if number == 100:
                raise KeyboardInterrupt
            yield line

    original = profiling.read_lines
    monkeypatch.setattr(profiling, "read_lines", read)
    monkeypatch.setattr(profiling, "BATCH_EVENTS", 30)
    result = run("list", rules, "--profile", EVENTS)
    assert result.exit_code == 130
    assert "stopped: what follows is measured on the first 90 events" in result.stderr
    assert "90 events" in result.stdout


def test_a_log_cut_short_is_measured_up_to_the_cut(run, rules, tmp_path):
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(EVENTS.read_bytes())[:-5000])
    result = run("list", rules, "--profile", cut)
    assert result.exit_code == 3
    assert "error: " in result.stderr
    assert "events/s on one core" in result.stdout


def test_no_event_at_all_is_a_failure(run, rules, tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    result = run("list", rules, "--profile", empty)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no event was read" in result.stderr


def test_rules_that_are_all_disabled_cannot_be_profiled(run, tmp_path):
    path = tmp_path / "off.yaml"
    path.write_text("[" + RULES.splitlines()[-1].removeprefix("- ") + "]")
    assert isinstance(run("list", path, "--profile", EVENTS).exception, UsageError)
