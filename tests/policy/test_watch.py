"""What arrives is compared with what the policy says, and what stays away is noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lanner.audit.decode import decode
from lanner.policy.attributes import of_event
from lanner.policy.compiled import CompiledPolicy
from lanner.policy.loading import load_policy, read_policy
from lanner.policy.model import Level, Policy, PolicyRule
from lanner.policy.projection import line_of
from lanner.policy.watch import Watch, duration
from lanner.policy.watch_model import Kind
from lanner.policy.watch_settings import PolicySettings
from lanner.sources.history import read_lines

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
SETTINGS = PolicySettings(learn=600, quiet=300)
TEXT = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, users: [probe]}
- {level: RequestResponse, omitManagedFields: true, resources: [{group: "", resources: [secrets], resourceNames: [a]}]}
- {level: Request, resources: [{group: "", resources: [pods]}]}
- {level: Metadata, userGroups: ["system:authenticated"]}
"""
POLICY = read_policy(TEXT, "p.yaml").policy
assert POLICY is not None
NAMED = "/api/v1/namespaces/x/secrets/a"


def event(level="Metadata", *, second=0.0, **keys):
    """Return an event of dev getting a configmap, changed by keys."""
    stamp = f"2026-01-01T{int(second) // 3600:02}:{int(second) // 60 % 60:02}:{int(second) % 60:02}.000000Z"
    found = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": level,
        "auditID": "a",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/x/configmaps/c",
        "verb": "get",
        "user": {"username": "dev", "groups": ["system:authenticated"]},
        "objectRef": {"resource": "configmaps", "namespace": "x", "name": "c", "apiVersion": "v1"},
        **keys,
        "stageTimestamp": stamp,
    }
    (decoded,) = decode(json.dumps(found).encode()).events
    return decoded


def secret(**keys):
    return {"objectRef": {"resource": "secrets", "namespace": "x", "name": "a", "apiVersion": "v1"}, **keys}


MANAGED = {"metadata": {"name": "a", "managedFields": [{"manager": "x"}]}}


@pytest.mark.parametrize(
    ("found", "kind", "rule", "expected", "seen"),
    [
        (event("Request"), Kind.HIGHER_LEVEL, 3, "Metadata", "Request"),
        (event("Metadata", **secret(requestURI=NAMED)), Kind.LOWER_LEVEL, 1, "RequestResponse", "Metadata"),
        (event(user={"username": "probe"}), Kind.NOT_DROPPED, 0, "None", "Metadata"),
        (event(user={}), Kind.NOT_DROPPED, None, "None", "Metadata"),
        (event(stage="RequestReceived"), Kind.STAGE_KEPT, 3, "no RequestReceived", "stage RequestReceived"),
        (
            event("RequestResponse", **secret(requestURI=NAMED, responseObject=MANAGED)),
            Kind.MANAGED_FIELDS_KEPT,
            1,
            "no managedFields",
            "managedFields",
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Kind) else "",
)
def test_an_event_that_the_policy_would_not_have_written_so(found, kind, rule, expected, seen):
    (deviation,) = Watch(POLICY, SETTINGS).look(found)
    assert (deviation.kind, deviation.rule, deviation.expected, deviation.seen) == (kind, rule, expected, seen)
    assert deviation.witness.audit_id == "a"


@pytest.mark.parametrize(
    "found",
    [
        event(),
        event("RequestResponse", **secret(requestURI=NAMED, responseObject={"metadata": {"name": "a"}})),
        # The name of a created object was in the body when the policy was asked, so no resourceNames took it.
        event(**secret(verb="create", requestURI="/api/v1/namespaces/x/secrets")),
        # The one who acts as probe is judged by himself.
        event(impersonatedUser={"username": "probe"}),
        event(level="Something"),
        event("Request", stage="ResponseStarted", objectRef={"resource": "pods", "apiVersion": "v1"}),
    ],
    ids=["metadata", "bodies", "created", "impersonated", "unknown level", "pods"],
)
def test_an_event_as_the_policy_has_it_is_no_deviation(found):
    assert Watch(POLICY, SETTINGS).look(found) == []


def test_a_wrong_stage_at_a_wrong_level_is_two_deviations():
    found = Watch(POLICY, SETTINGS).look(event("Request", stage="RequestReceived"))
    assert [deviation.kind for deviation in found] == [Kind.HIGHER_LEVEL, Kind.STAGE_KEPT]


def test_events_without_a_known_level_are_not_counted_as_compared():
    watch = Watch(POLICY, SETTINGS)
    for level in ("Metadata", "", "Other"):
        watch.look(event(level))
    assert watch.compared == 1


def test_events_from_before_the_policy_was_written_are_passed_over():
    written = event(second=100).time_ns
    watch = Watch(POLICY, SETTINGS, since_ns=written)
    assert watch.look(event("Request", second=99)) == []
    assert len(watch.look(event("Request", second=100))) == 1


def test_after_a_change_events_may_follow_the_former_policy_for_a_while():
    watch = Watch(POLICY, SETTINGS)
    changed = Policy(rules=(PolicyRule(level=Level.REQUEST),), omit_stages=("RequestReceived",))
    watch.exchange(changed, event(second=60).time_ns)
    assert watch.look(event("Metadata", second=59)) == []
    assert watch.look(event("Request", second=59)) == []
    assert [found.seen for found in watch.look(event("RequestResponse", second=59))] == ["RequestResponse"]
    assert [found.seen for found in watch.look(event("Metadata", second=60))] == ["Metadata"]


def test_a_stage_that_never_comes_is_told_after_a_long_run():
    kept = Policy(rules=(PolicyRule(level=Level.METADATA),))
    watch = Watch(kept, SETTINGS)
    found = [deviation for number in range(300) for deviation in watch.look(event(second=number))]
    assert [(one.kind, one.expected, one.events) for one in found] == [
        (Kind.STAGE_MISSING, "RequestReceived", 121),
        (Kind.STAGE_MISSING, "RequestReceived", 121),
    ]
    assert found[0].priority == "Critical"


def test_a_resource_that_was_always_there_and_is_no_longer():
    watch = Watch(Policy(rules=(PolicyRule(level=Level.METADATA),), omit_stages=("RequestReceived",)), SETTINGS)
    gone = {"objectRef": {"resource": "secrets", "namespace": "x", "apiVersion": "v1"}, "verb": "list"}
    for second in range(0, 700, 10):
        watch.look(event(second=second))
        watch.look(event(second=second, auditID=f"s{second}", **gone))
    found = [one for number in range(4000) for one in watch.look(event(second=700 + number))]
    (silent,) = found
    assert (silent.kind, silent.rule, silent.expected, silent.priority) == (Kind.GONE_SILENT, 0, "Metadata", "Warning")
    assert silent.seen.startswith("nothing of secrets (reads) for ")
    assert silent.seen.endswith("never before for more than 10 s")
    assert (silent.witness.audit_id, silent.witness.target) == ("s690", "secrets")


def test_what_a_new_policy_drops_is_not_missed():
    watch = Watch(Policy(rules=(PolicyRule(level=Level.METADATA),), omit_stages=("RequestReceived",)), SETTINGS)
    for second in range(0, 700, 10):
        watch.look(event(second=second, user={"username": "probe"}))
    watch.exchange(POLICY, 0)
    pods = {"objectRef": {"resource": "pods", "apiVersion": "v1"}}
    assert not [one for number in range(4000) for one in watch.look(event("Request", second=700 + number, **pods))]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.5, "0.5 s"), (90, "90 s"), (840, "14 min"), (12_600, "3.5 h"), (2e5, "2.31 d")]
)
def test_durations_in_their_largest_unit(seconds, text):
    assert duration(seconds) == text


LOGS = {"full": "full", "seed": "seed_policy", "rec": "recommended_policy"}


def deviations(policy: str, log: str) -> dict[Kind, int]:
    loaded = load_policy(SHARED / "policy_oracle" / "policies" / f"{policy}.yaml").policy
    assert loaded is not None
    watch, found = Watch(loaded, SETTINGS), dict[Kind, int]()
    for line in read_lines(SHARED / "audit" / f"{LOGS[log]}.jsonl.zst"):
        for one in decode(line.data).events:
            for deviation in watch.look(one):
                found[deviation.kind] = found.get(deviation.kind, 0) + deviation.events
    return found


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data")
@pytest.mark.parametrize("name", LOGS)
def test_a_real_log_does_not_deviate_from_the_policy_it_was_written_under(name):
    assert deviations(name, name) == {}


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data")
def test_a_real_log_deviates_from_another_policy_where_a_simulation_changes_it():
    """Each event that seed.yaml would not have written as it stands in the full log is a deviation, and no other."""
    loaded = load_policy(SHARED / "policy_oracle" / "policies" / "seed.yaml").policy
    watch, compiled = Watch(loaded, SETTINGS), CompiledPolicy(loaded)
    for line in read_lines(SHARED / "audit" / "full.jsonl.zst"):
        (one,) = decode(line.data).events
        found = watch.look(one)
        decision = compiled.decide(of_event(one.head))
        assert bool(found) == (line_of(one, decision) != one.raw), one
        for deviation in found:
            assert deviation.rule == decision.rule


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data")
def test_real_logs_under_each_others_policies():
    assert set(deviations("full", "seed")) == {Kind.LOWER_LEVEL, Kind.STAGE_MISSING}
    assert set(deviations("full", "rec")) == {Kind.LOWER_LEVEL, Kind.STAGE_MISSING}
    assert set(deviations("seed", "rec")) == {Kind.LOWER_LEVEL, Kind.HIGHER_LEVEL}
    assert set(deviations("rec", "seed")) == {
        Kind.LOWER_LEVEL,
        Kind.HIGHER_LEVEL,
        Kind.NOT_DROPPED,
        Kind.STAGE_KEPT,
    }
