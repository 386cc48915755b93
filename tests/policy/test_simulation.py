"""A log is counted by rule, level, resource, user, stage and verb, and predicts what kube-apiserver writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lanner.audit.decode import decode
from lanner.policy import simulation as module
from lanner.policy.evaluate import decide
from lanner.policy.loading import load_policy
from lanner.policy.model import GroupResources, Level, Policy, PolicyRule
from lanner.policy.simulation import REST, Simulation, Tally, resource_of
from lanner.sources.history import read_lines

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
POLICY = Policy(
    rules=(
        PolicyRule(level=Level.NONE, users=("probe",)),
        PolicyRule(level=Level.METADATA, resources=(GroupResources("", ("secrets",)),)),
        PolicyRule(level=Level.REQUEST, verbs=("update",)),
    ),
    omit_stages=("RequestReceived",),
)


def event(user="me", verb="update", resource="pods", stage="ResponseComplete", second=0, **keys) -> bytes:
    found = {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": "a"}
    found |= {"stage": stage, "requestURI": f"/api/v1/{resource}", "verb": verb, "user": {"username": user}}
    found |= {"objectRef": {"resource": resource}, **keys, "stageTimestamp": f"2026-01-01T00:00:{second:02}.000000Z"}
    return json.dumps(found, separators=(",", ":")).encode()


LINES = [
    event(user="probe", second=9),
    event(resource="secrets", verb="get", responseObject={"data": 1}),
    event(requestObject={"a": 1}, responseObject={"b": 2}, second=4),
    event(stage="RequestReceived"),
    event(verb="list"),
    b"no json",
]


@pytest.fixture
def simulated():
    simulation = Simulation(POLICY)
    for line in LINES:
        simulation.add(line)
    return simulation


def test_events_and_bytes_are_counted_by_all_that_makes_a_log_big(simulated):
    secret = len(LINES[1]) + 1 - len(',"responseObject":{"data":1}') - len("RequestResponse") + len("Metadata")
    update = len(LINES[2]) + 1 - len(',"responseObject":{"b":2}') - len("RequestResponse") + len("Request")
    total = Tally(5, sum(len(line) + 1 for line in LINES[:5]), 2, secret + update)
    assert simulated.total == total
    assert simulated.by_rule == [
        Tally(1, len(LINES[0]) + 1, 0, 0),
        Tally(1, len(LINES[1]) + 1, 1, secret),
        Tally(2, len(LINES[2]) + len(LINES[3]) + 2, 1, update),
    ]
    assert simulated.by_no_rule == Tally(1, len(LINES[4]) + 1, 0, 0)
    assert {key: tally.events_kept for key, tally in simulated.by_level.items()} == {
        "None": 0,
        "Metadata": 1,
        "Request": 1,
    }
    assert {key: tally.events_now for key, tally in simulated.by_resource.items()} == {"pods": 4, "secrets": 1}
    assert {key: tally.events_now for key, tally in simulated.by_user.items()} == {"probe": 1, "me": 4}
    assert {key: tally.events_now for key, tally in simulated.by_verb.items()} == {"update": 3, "get": 1, "list": 1}
    assert simulated.by_stage["RequestReceived"].events_kept == 0


def test_every_table_sums_up_to_the_total(simulated):
    tables = [simulated.by_level, simulated.by_resource, simulated.by_user, simulated.by_stage, simulated.by_verb]
    for table in tables:
        for field in Tally.__struct_fields__:
            assert sum(getattr(tally, field) for tally in table.values()) == getattr(simulated.total, field)


def test_what_falls_away_is_told_by_cause(simulated):
    losses = {cause: (loss.events, loss.bytes) for cause, loss in simulated.losses.items()}
    assert losses["level None"] == (2, len(LINES[0]) + len(LINES[4]) + 2)
    assert losses["stage omitted"] == (1, len(LINES[3]) + 1)
    assert losses["responseObject"] == (2, len(',"responseObject":{"data":1}') + len(',"responseObject":{"b":2}'))


def test_lines_that_are_no_events_are_counted_apart(simulated):
    assert simulated.refused.total() == 1
    assert simulated.seconds == 9


def test_requests_and_managed_fields_that_fall_away_are_told():
    rules = (PolicyRule(level=Level.METADATA, verbs=("create",)), PolicyRule(level=Level.REQUEST_RESPONSE))
    simulation = Simulation(Policy(rules=rules, omit_managed_fields=True))
    simulation.add(event(verb="create", requestObject={"a": 1}))
    simulation.add(event(responseObject={"metadata": {"name": "x", "managedFields": []}}))
    assert simulation.losses["requestObject"].bytes == len(',"requestObject":{"a":1}')
    assert simulation.losses["managedFields"].bytes == len(',"managedFields":[]')


def test_an_empty_log_has_no_time():
    assert Simulation(POLICY).seconds == 0


def test_users_beyond_the_limit_are_counted_together(monkeypatch):
    monkeypatch.setattr(module, "MAX_KEYS", 3)
    simulation = Simulation(POLICY, pack=False)
    for number in range(10):
        simulation.add(event(user=f"user{number}"))
    assert simulation.by_user[REST].events_now == 7
    assert len(simulation.by_user) == 4


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({"objectRef": {"resource": "pods"}}, "pods"),
        ({"objectRef": {"resource": "pods", "subresource": "exec"}}, "pods/exec"),
        (
            {"objectRef": {"resource": "deployments", "apiGroup": "apps", "subresource": "scale"}},
            "deployments.apps/scale",
        ),
        ({"objectRef": None, "requestURI": "/apis/apps/v1?timeout=32s"}, "/apis"),
        ({"objectRef": None, "requestURI": "/"}, "/"),
        ({"objectRef": {"name": "x"}}, ""),
    ],
)
def test_a_resource_is_named_as_kubectl_does(keys, name):
    found = json.loads(event()) | keys
    assert resource_of(decode(json.dumps(found).encode()).events[0].head) == name


@pytest.mark.shared
@pytest.mark.parametrize(("name", "written", "within"), [("seed", 13_901_222, 0.03), ("rec", 24_950_244, 0.05)])
def test_the_real_log_predicts_what_kube_apiserver_wrote_under_another_policy(name, written, within):
    """The same script ran again under the policy; its own noise (retries, timing of controllers) is the difference."""
    path = SHARED / "audit" / "full.jsonl.zst"
    if not path.exists():
        pytest.skip("the shared data are not here")
    policy = load_policy(SHARED / "policy_oracle" / "policies" / f"{name}.yaml").policy
    assert policy is not None
    compiled, plain = (
        Simulation(policy, pack=False),
        Simulation(policy, pack=False, decider=lambda it: decide(policy, it)),
    )
    for line in read_lines(path):
        compiled.add(line.data)
        plain.add(line.data)
    assert compiled.total.bytes_now == 111_863_670
    assert abs(compiled.total.bytes_kept / written - 1) < within
    assert compiled.total == plain.total
    assert compiled.by_rule == plain.by_rule
