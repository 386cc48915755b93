"""An event with all that it may have, and odd ones."""

import json

import pytest

from lanner.audit.decode import decode_again

FULL = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "RequestResponse",
    "auditID": "a-1",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/shop/pods/web/exec?command=sh&container=c",
    "verb": "create",
    "user": {
        "username": "ann",
        "uid": "u-1",
        "groups": ["dev", "system:authenticated"],
        "extra": {"authentication.kubernetes.io/credential-id": ["X509SHA256=1"]},
    },
    "impersonatedUser": {"username": "root", "groups": ["system:masters"]},
    "authenticationMetadata": {"impersonationConstraint": "x"},
    "sourceIPs": ["9.9.9.9", "10.0.0.7"],
    "userAgent": "kubectl/v1.36",
    "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "web", "apiVersion": "v1"},
    "responseStatus": {"metadata": {}, "status": "Failure", "message": "no", "reason": "Forbidden", "code": 403},
    "requestObject": {"kind": "PodExecOptions"},
    "responseObject": {"kind": "Status"},
    "requestReceivedTimestamp": "2026-01-01T00:00:00.000000Z",
    "stageTimestamp": "2026-01-01T00:00:01.500000Z",
    "annotations": {"authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": "RBAC: no", "a.b/c": "d"},
    "new": {"key": 1},
}
ODD = [
    {"stageTimestamp": "2026-01-01T00:00:00Z"} | more
    for more in (
        {},
        {"user": {}, "objectRef": {}, "sourceIPs": [], "annotations": {}},
        {"user": {"groups": ["g", ""]}, "sourceIPs": ["x", ""], "verb": "odd"},
        {"stage": "Panic", "verb": "patch", "requestURI": "//[", "userAgent": "u"},
        {"requestReceivedTimestamp": "2027-01-01T00:00:00Z", "requestURI": "/healthz"},
        {"objectRef": {"resource": "pods"}, "responseStatus": {"code": 101}},
    )
]


@pytest.fixture
def make():
    def make_event(keys):
        return decode_again(json.dumps(keys).encode())

    return make_event


@pytest.fixture
def full(make):
    return make(FULL)


@pytest.fixture(params=[FULL, *ODD], ids=range(1 + len(ODD)))
def event(request, make):
    return make(request.param)
