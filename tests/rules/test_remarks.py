"""What is said of single checks."""

from __future__ import annotations

import json

import pytest

from lanner.audit.decode import decode
from lanner.rules.evaluate import Evaluator
from lanner.rules.falco.condition import parse_condition
from lanner.rules.remarks import absence, remark

EVENT = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "RequestResponse",
    "auditID": "a",
    "stage": "ResponseComplete",
    "verb": "create",
    "requestURI": "/api/v1/pods/x",
    "user": {"username": "Alice", "groups": ["a", "b", "c", "d", "e"]},
    "objectRef": {"resource": "pods"},
    "responseStatus": {"code": 201},
    "stageTimestamp": "2026-01-02T03:04:05.000000Z",
}


def event(**changes):
    (found,) = decode(json.dumps(EVENT | changes).encode()).events
    return found


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("ka.verb = create", ""),
        ("ka.verb = get", ""),
        ("ka.verb in (get, list)", "none of 2"),
        ("ka.verb in (get, create)", "one of 2"),
        ("ka.user.name = alice", "differs from alice only in case"),
        ("ka.user.name in (bob, ALICE)", "differs from ALICE only in case"),
        ("ka.uri pmatch (/etc, /api)", "matches /api"),
        ("ka.uri pmatch (/etc, /var)", "none of 2"),
        ("ka.uri regex pods", "fits a part of the value only; regex must fit the whole: put .* around it"),
        ("ka.uri regex .*nodes.*", ""),
        ("ka.user.groups intersects (x, b)", "shares b"),
        ("ka.user.groups intersects (a, b, c, d)", "shares a, b, c and 1 more"),
        ("ka.user.groups intersects (x, y)", "shares none of 2"),
        ("ka.user.groups in (a, b, c)", "not in it: d, e"),
        ("ka.user.groups in (a, b, c, d, e)", ""),
        ("evt.num in (7, 0)", "one of 2"),
        ("ka.impuser.name = <NA>", "an absent value equals nothing: write 'not FIELD exists'"),
        ("ka.impuser.name = x", ""),
        ("ka.verb = val(ka.uri)", ""),
    ],
)
def test_remarks(condition, said):
    check = parse_condition(condition)
    found, evaluator = event(), Evaluator(check)
    assert remark(check, evaluator.value(check.left, found), evaluator.holds(found)) == said


POD = "ka.req.pod.host_network"
RESPONSE = "ka.resp.name"


@pytest.mark.parametrize(
    ("field", "changes", "said"),
    [
        ("ka.impuser.name", {}, ""),
        (
            POD,
            {"level": "Metadata"},
            (
                "requestObject is absent: the event was logged at level Metadata; "
                "the audit policy must say Request or RequestResponse for it"
            ),
        ),
        (
            RESPONSE,
            {"level": "Metadata"},
            (
                "responseObject is absent: the event was logged at level Metadata; "
                "the audit policy must say RequestResponse for it"
            ),
        ),
        (
            RESPONSE,
            {"level": "Request"},
            (
                "responseObject is absent: the event was logged at level Request; "
                "the audit policy must say RequestResponse for it"
            ),
        ),
        (
            POD,
            {"stage": "RequestReceived"},
            "requestObject is absent: events of stage RequestReceived never have one",
        ),
        (RESPONSE, {"stage": "ResponseStarted"}, "responseObject is absent: events of stage ResponseStarted never "),
        (POD, {"verb": "get"}, "requestObject is absent: a get carries none"),
        (POD, {}, "requestObject is absent: this event has none, though its level is RequestResponse"),
        (POD, {"level": None}, "requestObject is absent: this event has none, though its level is unknown"),
        (
            POD,
            {"requestObject": {"kind": "Deployment"}},
            "requestObject (a Deployment) is there, but this value is not in it",
        ),
        (POD, {"requestObject": {"spec": {}}}, "requestObject is there, but this value is not in it"),
        (POD, {"requestObject": {"spec": {"hostNetwork": True}}}, ""),
        ("jevt.value[/responseObject/x]", {"level": "Metadata"}, "responseObject is absent: the event was logged at"),
        ("tolower(ka.resp.name)", {"level": "Request"}, "responseObject is absent: the event was logged at level "),
    ],
)
def test_why_a_value_is_absent(field, changes, said):
    found = absence(parse_condition(f"{field} exists").operand, event(**changes))
    assert found.startswith(said) if said else not found
