"""Reading a log for `rules suggest`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lanner.cli.rules.baseline import Labels, Log, observe
from lanner.errors import UsageError
from lanner.rules.loading import load_texts
from lanner.rules.suggest.sightings import FIELDS, IMAGES, USER

RULE = "- {rule: R, desc: d, condition: ka.verb = create, output: o, priority: NOTICE, source: k8s_audit}\n"


def write(path, *minutes):
    events = [
        {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "auditID": str(minute),
            "stage": "ResponseComplete",
            "stageTimestamp": f"2026-01-02T03:{minute:02d}:00.000000Z",
            "verb": "create",
            "user": {"username": "u"},
            "objectRef": {"resource": "pods"},
            "requestObject": {"kind": "Pod", "spec": {"containers": [{"image": "b:1"}, {"image": "a:1"}]}},
        }
        for minute in minutes
    ]
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return Log([path])


def test_the_middle_is_the_time_before_which_half_of_the_events_are(tmp_path):
    log = write(tmp_path / "log", 9, 1, 3, 2)
    rules = load_texts([("r", RULE)]).rules
    found = observe(log, rules, log.middle(), Labels(None))
    assert (found.events, found.events_rest, found.seconds) == (2, 2, 60.0)


def test_values_of_lists_are_told_in_one_order(tmp_path):
    found = observe(write(tmp_path / "log", 1), load_texts([("r", RULE)]).rules, None, Labels(None))
    ((values, tally),) = found.sightings.of("R").items()
    assert (values[FIELDS.index(USER)], values[FIELDS.index(IMAGES)]) == ("u", ("a", "b"))
    assert tally.baseline == 1


def test_attacks_are_told_from_other_labels(tmp_path):
    path = tmp_path / "labels"
    path.write_text(
        '{"auditID": "a", "kind": "attack", "chain": "x", "step": "y"}\n\n{"auditID": "b", "kind": "other"}\n'
    )
    labels = Labels(path)
    assert (labels.attacks, labels.labelled) == ({"a": "x/y"}, {"a", "b"})


def test_standard_input_cannot_be_read_twice():
    with pytest.raises(UsageError, match="several times"):
        Log([Path("-")])
