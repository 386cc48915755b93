"""The reference evaluator against Falco's recorded answers and a table of small cases."""

from __future__ import annotations

import json

import pytest

from lanner.audit.decode import decode
from lanner.rules import ir
from lanner.rules.evaluate import Evaluator, ordered
from lanner.rules.falco.condition import parse_condition

EVENT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "auditID": "a",
    "stage": "ResponseComplete",
    "stageTimestamp": "2026-01-01T00:00:00.000000Z",
    "verb": "get",
    "user": {"username": "Zo\u00cb", "groups": ["One", "Two"]},
    "requestURI": "/api/v1/pods",
    "objectRef": {"resource": "pods", "name": "get"},
}


@pytest.fixture(scope="module")
def event():
    return decode(json.dumps(EVENT).encode()).events[0]


def test_all_recorded_conditions_hold_for_the_events_that_falco_matched(oracle_events, oracle_conditions):
    for row in oracle_conditions:
        if "matches" in row:
            evaluator = Evaluator(parse_condition(row["condition"]))
            matches = [event.head.audit_id for event in oracle_events if evaluator.holds(event)]
            assert matches == row["matches"], row["condition"]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("tolower(ka.user.name) = zo\u00cb", True),
        ("tolower(ka.user.groups) in (one, two)", True),
        ("len(ka.user.name) = 4", True),
        ("len(ka.user.groups) = 2", True),
        ("len(ka.target.namespace) = 0", False),
        ("concat(ka.verb, '-', ka.target.name) = get-get", True),
        ("concat(ka.verb, ka.target.namespace) exists", False),
        ("join('-', (ka.verb, ka.user.groups)) = get-One-Two", True),
        ("join('-', (ka.verb, ka.target.namespace)) exists", False),
        ("b64(ka.user.groups) exists", False),
        ("ka.verb = val(ka.target.name)", True),
        ("ka.verb in val(ka.target.name)", True),
        ("ka.user.groups intersects val(ka.user.groups)", True),
        ("ka.user.groups in val(ka.user.groups)", True),
        ("evt.rawtime.ns = val(evt.num)", True),
        ("ka.uri pmatch (/healthz, /api/*)", True),
        ("ka.target.namespace != x", False),
        ("not ka.target.namespace = x", True),
        ("evt.num in (0, 7) and evt.rawtime > 0x10", True),
    ],
)
def test_small_cases(text, holds, event):
    assert Evaluator(parse_condition(text)).holds(event) is holds


@pytest.mark.parametrize("operator", ["=", "==", "!=", "<", "<=", ">", ">="])
def test_numbers_compare_as_numbers(operator):
    python = {"=": "=="}.get(operator, operator)
    for left, right in ((1, 2), (2, 2), (10, 9)):
        assert ordered(operator, left, right) is eval(f"{left} {python} {right}")


def test_a_macro_that_was_not_resolved_is_an_error(event):
    with pytest.raises(ValueError, match="macro m was not resolved"):
        Evaluator(ir.Macro("m")).holds(event)
