"""Choosing events of a log for the verbs on rules."""

import json

import pytest

from lanner.cli.rules.events import Selection, parse_selection, read_events
from lanner.errors import UsageError

EVENT = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "stage": "Panic", "stageTimestamp": "2026-01-02T03:04:05Z"}


@pytest.fixture
def log(tmp_path):
    """Four lines: events a, b and a again, and one that is none."""
    lines = [json.dumps(EVENT | {"auditID": name}) for name in "aba"]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join([lines[0], "nope", *lines[1:]]) + "\n")
    return path


def test_all_events_of_a_log_come_with_their_numbers(log, capsys):
    found = list(read_events(parse_selection(str(log), None)))
    assert [(event.number, event.head.audit_id) for event in found] == [(1, "a"), (2, "b"), (3, "a")]
    assert "1 lines or items are no audit events; the first is line 2: not JSON" in capsys.readouterr().err


def test_an_event_by_its_number_and_by_its_audit_id(log):
    assert [event.head.audit_id for event in read_events(parse_selection(f"{log}:2", None))] == ["b"]
    assert [event.number for event in read_events(parse_selection(str(log), "a"))] == [1, 3]


def test_a_file_whose_name_ends_in_a_number_is_itself(log):
    named = log.rename(log.with_name("log:7"))
    assert parse_selection(str(named), None) == Selection(named)


def test_standard_input_is_a_dash():
    assert str(parse_selection("-", None).path) == "-"


@pytest.mark.parametrize(
    ("number", "audit_id", "said"),
    [(None, "z", "no event with auditID 'z': 3 events were read"), (9, None, "no event 9: 3 events were read")],
)
def test_an_event_that_is_not_there_is_a_mistake_in_the_call(log, number, audit_id, said):
    with pytest.raises(UsageError, match=said):
        list(read_events(Selection(log, number, audit_id)))


def test_a_number_and_an_audit_id_exclude_each_other(log):
    with pytest.raises(UsageError, match="leave out :2 or --audit-id"):
        parse_selection(f"{log}:2", "a")
