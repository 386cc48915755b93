"""`lanner policy simulate`: JSON that scripts rely on, text for people, damaged logs and policies, Ctrl-C."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lanner.archive.row import Row
from lanner.archive.settings import ArchiveSettings
from lanner.archive.store import Archive
from lanner.cli.policy import reading
from lanner.cli.policy import simulate as module
from lanner.cli.policy.simulate_text import change, money, size
from lanner.config.folders import DataFolder
from lanner.errors import SourceError, UsageError

LOG = Path(__file__).parents[3] / "examples" / "audit.jsonl.zst"
POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: ["RequestReceived"]
rules:
  - level: None
    users: ["probe"]
  - level: Metadata
"""


def event(user="me", minute=0, level="RequestResponse", **keys) -> bytes:
    found = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": level, "auditID": "a"}
    found |= {"stage": "ResponseComplete", "requestURI": "/", "verb": "update", "user": {"username": user}}
    found |= {"objectRef": {"resource": "pods"}, **keys, "stageTimestamp": f"2026-01-01T00:{minute:02}:00.000000Z"}
    return json.dumps(found, separators=(",", ":")).encode()


LINES = [event(), event("probe", 30), event(minute=59, requestObject={"a": 1}, responseObject={"b": 2}), b"no event"]


@pytest.fixture
def simulate(tmp_path):
    """Run the command in a folder that holds p.yaml and a.log; gives exit code, stdout and stderr."""
    (tmp_path / "p.yaml").write_text(POLICY)
    (tmp_path / "a.log").write_bytes(b"\n".join([*LINES, b""]))
    app = typer.Typer()
    app.command()(module.simulate)

    def run(*words):
        result = CliRunner().invoke(app, [str(tmp_path / word) if "." in word[1:] else word for word in words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_json_has_what_scripts_rely_on(simulate):
    result = simulate("p.yaml", "a.log", "--format", "json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    metadata = [event(level="Metadata"), event(minute=59, level="Metadata")]
    assert found["events_now"] == 3
    assert found["bytes_now"] == sum(len(line) + 1 for line in LINES[:3])
    assert found["events_kept"] == 2
    assert found["bytes_kept"] == sum(len(line) + 1 for line in metadata)
    assert found["refused"] == 1
    assert found["by_rule"][0] == ["None: users probe", 1, len(LINES[1]) + 1, 0, 0, 5]


def test_text_says_the_sum_first_then_what_it_is_made_of(simulate):
    result = simulate("p.yaml", "a.log")
    lines = result.stdout.splitlines()
    assert lines[0].endswith("p.yaml")
    assert lines[2].split() == ["events", "3", "2", "-33.3%"]
    assert lines[3].startswith("bytes")
    assert "1 lines are no events and not counted: not JSON" in result.stdout
    assert any(line.startswith("  line 5: None: users probe") for line in lines)
    for title in ("dollars a month, 90 days kept", "what falls away", "by resource", "by user", "by stage", "by verb"):
        assert title in result.stdout


def test_two_policies_stand_side_by_side(simulate, tmp_path):
    (tmp_path / "q.yaml").write_text(POLICY.replace("Metadata", "Request"))
    text = simulate("p.yaml", "a.log", "--against", "q.yaml").stdout
    assert f"{tmp_path / 'q.yaml'} against {tmp_path / 'p.yaml'}" in text
    assert "dollars a month, s3" in text
    first, second, compared = map(
        json.loads, simulate("p.yaml", "a.log", "--against", "q.yaml", "--format", "json").stdout.splitlines()
    )
    total = compared["comparison"]["total"]
    assert (total[2], total[4]) == (first["bytes_kept"], second["bytes_kept"])


def test_a_policy_against_itself_has_no_differences(simulate):
    text = simulate("p.yaml", "a.log", "--against", "p.yaml").stdout
    assert "by user" not in text.partition(" against ")[2]


def test_own_prices_and_a_rate_are_reckoned_with(simulate, tmp_path):
    (tmp_path / "lanner.yaml").write_text(
        "prices: {retention_days: 10, services: [{name: ours, per_gb: 2, source: '[x]'}]}"
    )
    options = ("--prices", "lanner.yaml", "--events-per-day", "1000000", "--scale", "2", "--format", "json")
    found = json.loads(simulate("p.yaml", "a.log", *options).stdout)
    ours = found["money"][-1]
    month = 2 * 1_000_000 * 365.25 / 12
    assert found["retention_days"] == 10
    assert ours[:2] == ["ours", pytest.approx(month * found["bytes_now"] / 3 * 2 / 1e9)]


@pytest.mark.parametrize("options", [[], ["--format", "json"]])
def test_a_policy_that_kube_apiserver_refuses_ends_with_its_errors(simulate, tmp_path, options):
    (tmp_path / "bad.yaml").write_text(POLICY.replace("level: None", "level: Nothing"))
    result = simulate("bad.yaml", "a.log", *options)
    assert result.exit_code == 1
    assert "Nothing" in result.stderr
    if options:
        assert json.loads(result.stdout)["valid"] is False


def test_something_to_simulate_on_is_needed(simulate):
    with pytest.raises(UsageError, match="name a log"):
        simulate("p.yaml")
    with pytest.raises(SourceError, match="no such file"):
        simulate("p.yaml", "absent.log")


def test_a_damaged_log_counts_up_to_the_damage(simulate, tmp_path):
    packed = gzip.compress(b"\n".join(LINES * 200), 0)
    (tmp_path / "cut.gz").write_bytes(packed[: len(packed) // 2])
    result = simulate("p.yaml", "cut.gz", "--format", "json")
    assert result.exit_code == 3
    assert "what was read before counts" in result.stderr
    assert json.loads(result.stdout)["events_now"] > 3


def test_ctrl_c_shows_what_was_read(simulate, monkeypatch):
    def lines(path, progress=None):
        yield from module_lines(path)
        raise KeyboardInterrupt

    module_lines = reading.read_lines
    monkeypatch.setattr(reading, "read_lines", lines)
    result = simulate("p.yaml", "a.log", "--format", "json")
    assert result.exit_code == module.INTERRUPTED
    assert "interrupted: this is what 4 lines give" in result.stderr
    assert json.loads(result.stdout)["events_now"] == 3


def test_the_archive_is_simulated_on_too(simulate, tmp_path):
    archive = Archive.open(ArchiveSettings(), DataFolder(tmp_path / "data.d").archive)
    archive.append([Row(raw=line, source="s", ordinal=number) for number, line in enumerate(LINES[:2])])
    archive.close()
    result = simulate("p.yaml", "--archive", "--data", "data.d", "--format", "json")
    assert json.loads(result.stdout)["events_now"] == 2


def test_bounds_and_notes_of_what_the_log_lacks_are_printed(simulate, tmp_path):
    (tmp_path / "full.yaml").write_text(POLICY.replace("Metadata", "RequestResponse"))
    (tmp_path / "low.log").write_bytes(event(level="Metadata"))
    assert "there is no upper bound" in simulate("full.yaml", "low.log").stdout
    (tmp_path / "low.log").write_bytes(b"\n".join([LINES[2], event(level="Metadata")]))
    assert "as the largest of its kind" in simulate("full.yaml", "low.log").stdout


def test_an_empty_log_and_strange_names_print(simulate, tmp_path):
    (tmp_path / "empty.log").write_bytes(b"")
    assert simulate("p.yaml", "empty.log").exit_code == 0
    (tmp_path / "odd.log").write_bytes(event(user="\x1b[31m" + "x" * 100))
    text = simulate("p.yaml", "odd.log").stdout
    assert "\x1b" not in text
    assert "?[31mxxx" in text


def test_the_shipped_log_is_simulated(simulate):
    result = simulate("p.yaml", str(LOG.resolve()), "--format", "json")
    found = json.loads(result.stdout)
    assert found["events_now"] > 10_000
    assert 0 < found["bytes_kept"] < found["bytes_now"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (13_901_222, "13.9 MB"), (63.2e9, "63.2 GB"), (1e18, "1e+03 PB")],
)
def test_sizes_are_for_people(count, text):
    assert size(count) == text


def test_money_and_changes_are_for_people():
    assert (money(3.254), money(1188.7)) == ("$3.25", "$1,189")
    assert (change(100, 12), change(0, 1), change(0, 0)) == ("-88.0%", "new", "")
