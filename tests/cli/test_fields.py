"""`lanner fields`, run as a command on real files."""

import gzip
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from lanner.audit.fields import FIELDS
from lanner.cli.fields import fields
from lanner.errors import UsageError

ORACLE = Path(__file__).parents[1] / "data" / "falco_oracle"


@pytest.fixture
def run():
    """Run the verb as the only one of an application."""
    application = typer.Typer()
    application.command()(fields)

    def invoke(*arguments):
        return CliRunner().invoke(application, [str(argument) for argument in arguments])

    return invoke


def _rows(result):
    return [msgspec.json.decode(line) for line in result.stdout.splitlines()]


def test_json_has_what_falco_recorded_for_each_event(run):
    """One object a line, in the order of the file; fields with an argument come when asked for."""
    recorded = {
        row["auditID"]: row["fields"]
        for row in map(msgspec.json.decode, (ORACLE / "fields.jsonl").read_bytes().splitlines())
    }
    asked = sorted({name for row in recorded.values() for name in row if "[" in name})
    result = run(ORACLE / "events.jsonl", "--format", "json", *(part for name in asked for part in ("--field", name)))
    assert result.exit_code == 0
    rows = _rows(result)
    assert len(rows) == 234
    shown = {row["auditID"]: row["fields"] for row in rows}
    assert {name: shown[name] for name in recorded} == recorded


def test_text_names_the_event_and_lists_its_fields(run, tmp_path):
    """For people: the auditID, then name and value."""
    log = tmp_path / "audit.log.gz"
    log.write_bytes(gzip.compress((ORACLE / "events.jsonl").read_bytes().splitlines()[0] + b"\n"))
    lines = run(log, "--field", "evt.num").stdout.splitlines()
    assert lines[0] == "v000"
    assert "  ka.user.groups = developers, system:authenticated" in lines
    assert "  evt.num = 1" in lines


def test_lines_that_are_no_events_are_named_with_their_place(run, tmp_path):
    """The good ones are shown all the same."""
    log = tmp_path / "audit.log"
    good = (ORACLE / "events.jsonl").read_bytes().splitlines()[0]
    log.write_bytes(b'{"kind": 0}\n' + good + b'\n{"kind": "EventList", "items": [' + good + b", 5]}\n")
    result = run(log, "--format", "json")
    assert result.exit_code == 0
    assert [row["auditID"] for row in _rows(result)] == ["v000", "v000"]
    assert [line.removeprefix(str(log)) for line in result.stderr.splitlines()] == [
        ":1: data not recognized as a k8s audit event: its kind is another ('0')",
        ":3: data not recognized as a k8s audit event: it is int, not an object (item 1)",
    ]


def test_a_log_without_any_event_ends_with_1(run, tmp_path):
    """Nothing was readable."""
    log = tmp_path / "audit.log"
    log.write_bytes(b"hello\n" + b"x" * 100 + b"\n")
    assert run(log).exit_code == 1


def test_an_oversized_line_is_named_by_its_size(run, tmp_path, monkeypatch):
    """It is not decoded."""
    log = tmp_path / "audit.log"
    log.write_bytes(b"[" + b" " * 5000 + b"]\n")
    from lanner.cli import fields as module

    limited = module.read_lines
    monkeypatch.setattr(module, "read_lines", lambda path: limited(path, max_line_bytes=1024))
    result = run(log)
    assert result.exit_code == 1
    assert result.stderr.strip() == f"{log}:1: too long: 5002 bytes"


def test_the_table_lists_every_field_with_type_and_argument(run):
    """As text for people, as JSON for programs."""
    text = run("--list").stdout
    assert len(text.splitlines()) == len(FIELDS) + 1
    rows = {row["name"]: row for row in _rows(run("--list", "--format", "json"))}
    assert rows.keys() == FIELDS.keys()
    assert rows["ka.uri.param"]["argument"] == "key, required"
    assert rows["ka.user.groups"]["type"] == "string list"
    assert rows["evt.num"]["type"] == "uint64"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--list"),
        (("x", "--field", "ka.nope"), "nonexistent field ka.nope"),
        (("x", "--field", "ka.uri.param[a"), "not closed"),
        (("x", "--field", "ka.uri.param"), "requires an argument"),
    ],
)
def test_a_wrong_call_says_what_to_write(run, arguments, message):
    """Usage errors name the mistake."""
    error = run(*arguments).exception
    assert isinstance(error, UsageError)
    assert message in str(error)
