"""API Activity as OCSF's own schema asks for it, on made and on real events."""

import json
from functools import cache
from pathlib import Path

import msgspec
import pytest

from lanner.audit.decode import decode
from lanner.audit.schemas.ocsf import CLASS, VERSION, to_ocsf
from lanner.sources.history import read_lines

EXAMPLES = Path(__file__).parents[3] / "examples" / "audit.jsonl.zst"
REQUIRED = {
    "": {"activity_id", "actor", "api", "category_uid", "class_uid", "metadata", "severity_id", "src_endpoint", "time"},
    "metadata": {"product", "version"},
    "api": {"operation"},
}
"""What OCSF 1.5.0 requires of class 6003 and of the objects that it requires."""


def written(event, cluster="prod"):
    return json.loads(msgspec.json.encode(to_ocsf(event, cluster)))


@cache
def validator():
    schemas = pytest.importorskip("ocsf_json_schema", reason="ocsf-json-schema is a requirement for development")
    jsonschema = pytest.importorskip("jsonschema")
    made = schemas.OcsfJsonSchemaEmbedded(schemas.get_ocsf_schema(VERSION))
    return jsonschema.Draft202012Validator(made.get_class_schema(class_name="api_activity", profiles=[]))


def test_what_the_class_requires_is_there(event):
    """Even of an event that says nothing but its time."""
    found = written(event)
    for place, keys in REQUIRED.items():
        assert keys <= set(found[place] if place else found)
    assert found["type_uid"] == CLASS * 100 + found["activity_id"]


def test_the_schema_of_ocsf_takes_it(event):
    """All keys are known there, of their type and among their values."""
    assert [error.message for error in validator().iter_errors(written(event))] == []


def test_the_schema_of_ocsf_takes_real_events():
    """Every twentieth of the example log."""
    lines = [line.data for line in read_lines(EXAMPLES)][::20]
    for line in lines:
        (event,) = decode(line).events
        assert [error.message for error in validator().iter_errors(written(event))] == []


def test_each_part_has_its_place(full):
    """The mapping of docs/export.md."""
    found = written(full)
    picked = {
        "activity": (found["activity_id"], found["activity_name"], found["type_uid"]),
        "time": (found["time"], found["duration"]),
        "status": (found["status_id"], found["status_code"], found["status_detail"], found["severity"]),
        "actor": found["actor"],
        "api": found["api"],
        "src_endpoint": found["src_endpoint"],
        "http": (found["http_request"]["http_method"], found["http_request"]["url"], found["http_response"]),
        "resources": found["resources"],
        "unmapped": found["unmapped"],
    }
    assert picked == {
        "activity": (1, "Create", 600301),
        "time": (1767225601500, 1500),
        "status": (2, "403", "no", "Low"),
        "actor": {
            "user": {
                "name": "ann",
                "uid": "u-1",
                "groups": [{"name": "dev"}, {"name": "system:authenticated"}],
                "credential_uid": "X509SHA256=1",
                "type_id": 1,
            },
            "authorizations": [{"decision": "forbid", "policy": {"name": "RBAC: no"}}],
        },
        "api": {
            "operation": "create",
            "version": "v1",
            "service": {"name": "kube-apiserver"},
            "request": {"uid": "a-1", "data": {"kind": "PodExecOptions"}},
            "response": {
                "code": 403,
                "message": "no",
                "error": "Forbidden",
                "error_message": "no",
                "data": {"kind": "Status"},
            },
        },
        "src_endpoint": {"ip": "10.0.0.7", "intermediate_ips": ["9.9.9.9"]},
        "http": (
            "POST",
            {"path": "/api/v1/namespaces/shop/pods/web/exec", "query_string": "command=sh&container=c"},
            {"code": 403},
        ),
        "resources": [{"name": "web", "namespace": "shop", "type": "pods/exec"}],
        "unmapped": {
            "level": "RequestResponse",
            "stage": "ResponseComplete",
            "impersonatedUser": {"username": "root", "groups": ["system:masters"]},
            "authenticationMetadata": {"impersonationConstraint": "x"},
            "annotations": {
                "authorization.k8s.io/decision": "forbid",
                "authorization.k8s.io/reason": "RBAC: no",
                "a.b/c": "d",
            },
            "new": {"key": 1},
            "cluster": "prod",
            "userExtra": {"authentication.kubernetes.io/credential-id": ["X509SHA256=1"]},
            "responseStatus": {
                "metadata": {},
                "status": "Failure",
                "message": "no",
                "reason": "Forbidden",
                "code": 403,
            },
        },
    }


@pytest.mark.parametrize(
    ("verb", "activity"),
    [
        ("get", 2),
        ("list", 2),
        ("watch", 2),
        ("update", 3),
        ("patch", 3),
        ("deletecollection", 4),
        ("connect", 99),
        ("", 0),
    ],
)
def test_verbs_are_activities(make, verb, activity):
    """Create, read, update, delete, another, none."""
    assert written(make({"stageTimestamp": "2026-01-01T00:00:00Z", "verb": verb}))["activity_id"] == activity
