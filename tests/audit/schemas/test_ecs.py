"""Documents with the names that Elastic's Kubernetes integration gives audit events."""

import json

import msgspec

from lanner.audit.schemas.ecs import to_ecs
from lanner.audit.schemas.parts import path_and_query


def written(event, cluster="prod"):
    return json.loads(msgspec.json.encode(to_ecs(event, cluster)))


def test_each_part_has_its_place(full):
    """kubernetes.audit is the event; dots in annotations' names are underscores there."""
    found = written(full)
    audit = found.pop("kubernetes")["audit"]
    assert audit["annotations"] == {
        "authorization_k8s_io/decision": "forbid",
        "authorization_k8s_io/reason": "RBAC: no",
        "a_b/c": "d",
    }
    assert (audit["new"], audit["objectRef"]["name"], audit["sourceIPs"]) == (
        {"key": 1},
        "web",
        ["9.9.9.9", "10.0.0.7"],
    )
    assert found == {
        "@timestamp": "2026-01-01T00:00:01.500000Z",
        "ecs": {"version": "8.11.0"},
        "event": {
            "kind": "event",
            "module": "kubernetes",
            "dataset": "kubernetes.audit_logs",
            "provider": "kube-apiserver",
            "action": "create",
            "type": ["creation"],
            "outcome": "failure",
            "created": "2026-01-01T00:00:00.000000Z",
        },
        "orchestrator": {
            "type": "kubernetes",
            "api_version": "audit.k8s.io/v1",
            "cluster": {"name": "prod"},
            "namespace": "shop",
            "resource": {"name": "web", "type": "pods"},
        },
        "user": {"name": "ann", "id": "u-1", "effective": {"name": "root"}},
        "source": {"ip": "10.0.0.7"},
        "client": {"ip": "10.0.0.7"},
        "user_agent": {"original": "kubectl/v1.36"},
        "url": {
            "original": "/api/v1/namespaces/shop/pods/web/exec?command=sh&container=c",
            "path": "/api/v1/namespaces/shop/pods/web/exec",
            "query": "command=sh&container=c",
        },
        "http": {"request": {"method": "POST"}, "response": {"status_code": 403}},
        "related": {"ip": ["9.9.9.9", "10.0.0.7"], "user": ["ann", "u-1", "root"]},
    }


def test_odd_events_are_written_as_well(event):
    """Nothing is empty, and the time is always there."""
    found = written(event)
    assert found["@timestamp"]
    assert not [key for key, value in found.items() if value in ("", [], {}, None)]


def test_the_outcome_is_the_status_where_no_decision_is_known(make):
    """Events below the authorisation, and of providers that do not say it."""
    time = {"stageTimestamp": "2026-01-01T00:00:00Z"}
    outcomes = [written(make({**time, "responseStatus": {"code": code}}))["event"]["outcome"] for code in (200, 404)]
    assert outcomes == ["success", "failure"]


def test_a_uri_that_is_none_is_a_path():
    """Whatever clients write."""
    assert path_and_query("//[") == ("//[", "")
    assert path_and_query(None) == ("", "")
