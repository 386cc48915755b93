"""Entries of Google's audit log are made native; what they lack stays absent."""

import json

import pytest

from lanner.audit.decode import decode
from lanner.audit.fields import lookup
from lanner.audit.providers.gke_names import target_of

TIME = "2026-01-01T00:00:00.123456789Z"


def entry(method="io.k8s.core.v1.pods.create", resource="core/v1/namespaces/shop/pods/web", **payload):
    return {
        "insertId": "i-1",
        "protoPayload": {"serviceName": "k8s.io", "methodName": method, "resourceName": resource, **payload},
        "resource": {"type": "k8s_cluster", "labels": {"cluster_name": "prod", "location": "z"}},
        "timestamp": TIME,
    }


def event_of(row):
    decoded = decode(json.dumps(row).encode())
    assert decoded.refusals == []
    return decoded.events[0]


def test_an_entry_becomes_a_native_event():
    """All keys in kube-apiserver's order; the line stays with it."""
    row = entry(
        authenticationInfo={"principalEmail": "ann@example.com"},
        authorizationInfo=[{"granted": True, "permission": "io.k8s.core.v1.pods.create"}],
        requestMetadata={"callerIp": "1.2.3.4", "callerSuppliedUserAgent": "kubectl"},
        request={"@type": "core.k8s.io/v1.Pod", "kind": "Pod"},
        response={"@type": "core.k8s.io/v1.Pod", "kind": "Pod"},
        status={"code": 0},
    )
    event = event_of(row | {"operation": {"id": "op-1", "first": True, "last": True}})
    assert json.loads(event.raw) == {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": "op-1",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/pods/web",
        "verb": "create",
        "user": {"username": "ann@example.com"},
        "sourceIPs": ["1.2.3.4"],
        "userAgent": "kubectl",
        "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 201},
        "requestObject": {"kind": "Pod"},
        "responseObject": {"kind": "Pod"},
        "requestReceivedTimestamp": "2026-01-01T00:00:00.123456Z",
        "stageTimestamp": "2026-01-01T00:00:00.123456Z",
        "annotations": {"authorization.k8s.io/decision": "allow"},
    }
    assert event.cluster == "prod"
    assert json.loads(event.line)["insertId"] == "i-1"


@pytest.mark.parametrize(
    ("method", "resource", "wanted"),
    [
        ("io.k8s.core.v1.pods.exec.create", "core/v1/namespaces/n/pods/p/exec",
         "create /api/v1/namespaces/n/pods/p/exec"),
        ("io.k8s.core.v1.secrets.list", "core/v1/secrets", "list /api/v1/secrets"),
        ("io.k8s.core.v1.namespaces.delete", "core/v1/namespaces/n", "delete /api/v1/namespaces/n"),
        ("io.k8s.core.v1.namespaces.list", "core/v1/namespaces", "list /api/v1/namespaces"),
        ("io.k8s.authorization.rbac.v1.roles.patch", "rbac.authorization.k8s.io/v1/namespaces/n/roles/a:b",
         "patch /apis/rbac.authorization.k8s.io/v1/namespaces/n/roles/a:b"),
        ("io.k8s.get", "readyz", "get /readyz"),
        ("io.k8s.readyz", "", "get /readyz"),
        ("io.k8s.core.v1.pods.list", "", "list /api/v1/pods"),
        ("io.k8s.networking.v1.ingresses.list", "", "list /apis/networking.k8s.io/v1/ingresses"),
    ],
)  # fmt: skip
def test_names_say_verb_and_uri(method, resource, wanted):
    """The resource's name where there is one, else the method's, whose groups are shortened."""
    target = target_of(method, resource)
    assert f"{target.verb} {target.uri}" == wanted


@pytest.mark.parametrize(
    ("method", "resource", "wanted"),
    [
        ("io.k8s.core.v1.pods.exec.create", "core/v1/namespaces/n/pods/p/exec", ["pods", "exec", "n", "p", "", "v1"]),
        ("io.k8s.apps.v1.deployments.scale.patch", "apps/v1/namespaces/n/deployments/d/scale",
         ["deployments", "scale", "n", "d", "apps", "v1"]),
        ("io.k8s.core.v1.nodes.proxy.get", "core/v1/nodes/a/proxy", ["nodes", "proxy", "", "a", "", "v1"]),
        ("io.k8s.get", "healthz", ["", "", "", "", "", ""]),
    ],
)  # fmt: skip
def test_names_say_the_object(method, resource, wanted):
    """Resource and subresource from the method, namespace and name from the resource."""
    found = target_of(method, resource)
    assert [found.resource, found.subresource, found.namespace, found.name, found.group, found.version] == wanted
    assert (found.reference() is None) == (not found.resource)


@pytest.mark.parametrize(
    "method", ["io.k8s.", "io.k8s..v1.", "io.k8s.core.v1.create", "io.k8s.v1.v1.v1", "", "io.k8s.a"]
)
@pytest.mark.parametrize("resource", ["", "/", "core/v1", "core/v1/namespaces", "///", "a/b/c/d/e/f/g"])
def test_odd_names_never_break(method, resource):
    """They give a path, if nothing better."""
    assert target_of(method, resource).uri.startswith("/")


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"status": {"code": 7, "message": "no"}}, 403),
        ({"status": {"code": 5}}, 404),
        ({"status": {}}, 201),
        ({"authorizationInfo": [{"granted": False}]}, 403),
        ({}, None),
    ],
)
def test_the_status_is_put_into_http(payload, code):
    """google.rpc codes; an entry without a status says nothing of it, unless it was denied."""
    assert lookup("ka.response.code", None)(event_of(entry(**payload))) == (None if code is None else str(code))


def test_a_long_request_has_a_start_and_an_end():
    """An entry that is only the first of its operation is the start of the answer."""
    stages = [
        event_of(entry() | {"operation": {"first": first, "last": not first}}).head.stage for first in (True, False)
    ]
    assert stages == ["ResponseStarted", "ResponseComplete"]


def test_a_command_in_the_request_stands_in_the_uri():
    """Where rules look for it."""
    row = entry(
        "io.k8s.core.v1.pods.exec.create", "core/v1/namespaces/n/pods/p/exec", request={"command": ["sh", "-c", "a b"]}
    )
    assert lookup("ka.uri.param", "command")(event_of(row)) == "sh"
    assert event_of(row).head.request_uri.endswith("exec?command=sh&command=-c&command=a+b")


def test_impersonation_and_anonymous_users():
    """An authority selector beside a principal is whom it asked to be; alone it is the user."""
    both = event_of(entry(authenticationInfo={"principalEmail": "a", "authoritySelector": "b"})).head
    assert (both.user.username, both.impersonated_user.username) == ("a", "b")
    assert (
        event_of(entry(authenticationInfo={"authoritySelector": "system:anonymous"})).head.user.username
        == "system:anonymous"
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (entry(method="compute.instances.list", serviceName="compute.googleapis.com"), "another Google service"),
        (entry() | {"timestamp": "yesterday"}, "timestamp"),
        ({"protoPayload": 1}, "it has no kind"),
        (entry(status="odd"), "it has no kind"),
    ],
)
def test_what_is_no_kubernetes_request_is_refused(row, words):
    """With the reason."""
    decoded = decode(json.dumps(row).encode())
    assert words in decoded.refusals[0].reason
    assert decoded.events == []


def test_the_events_of_a_third_party_are_events(samples):
    """Verb, resource and user are those that its own data model reads."""
    count = 0
    for sample, row in samples("gke"):
        payload = row.get("protoPayload", {})
        decoded = decode(json.dumps({"timestamp": TIME} | row).encode())
        assert len(decoded.events) == payload.get("methodName", "").startswith("io.k8s."), sample["test_name"]
        for event in decoded.events:
            count += 1
            known = payload.get("authenticationInfo", {})
            assert event.head.user.username == known.get("principalEmail", known.get("authoritySelector"))
            assert payload["methodName"].endswith(event.head.verb) or payload["methodName"] == "io.k8s.readyz"
    assert count > 50
