"""Who stands behind a request, and which credentials an answer hands out."""

import base64
import hashlib

import msgspec
import pytest

from lanner.audit import identity
from lanner.audit.decode import decode
from lanner.audit.redaction.marks import Marker

ACCOUNT = "system:serviceaccount:ci:deployer"
EXTRA = "authentication.kubernetes.io/"


def event(**keys):
    document = {"kind": "Event", "auditID": "a", "stage": "ResponseComplete", "stageTimestamp": "2026-01-01T00:00:00Z"}
    (found,) = decode(msgspec.json.encode(document | keys)).events
    return found


def test_only_the_last_address_is_the_api_servers_own():
    assert identity.address(event(sourceIPs=["1.2.3.4", "10.0.0.9"])) == "10.0.0.9"
    assert identity.address(event()) is None


def test_a_credential_has_the_name_that_kube_apiserver_gives_it():
    assert identity.credential(event(user={"username": "u", "extra": {EXTRA + "credential-id": ["JTI=1"]}})) == "JTI=1"
    assert identity.credential(event(user={"username": "u"})) is None


def test_an_old_token_is_named_by_the_secret_that_holds_it():
    keys = {"authentication.k8s.io/legacy-token-manual-secret": "token-1"}
    assert identity.credential(event(user={"username": ACCOUNT}, annotations=keys)) == "secret:ci/token-1"


def test_extra_that_is_no_list_of_texts_says_nothing():
    assert identity.credential(event(user={"username": "u", "extra": {EXTRA + "credential-id": 5}})) is None


def test_a_bound_token_tells_its_pod_and_node():
    extra = {EXTRA + "pod-name": ["p"], EXTRA + "node-name": ["n"]}
    found = event(user={"username": ACCOUNT, "extra": extra})
    assert (identity.home(found), identity.pod(found), identity.node(found)) == ("ci", "ci/p", "n")
    assert identity.home(event(user={"username": "alice"})) is None


@pytest.mark.parametrize(
    ("reason", "grant"),
    [
        (
            'RBAC: allowed by ClusterRoleBinding "admins" of ClusterRole "cluster-admin" to Group "x"',
            ("ClusterRoleBinding/admins", "ClusterRole/cluster-admin"),
        ),
        (
            'RBAC: allowed by RoleBinding "dev-edit/dev" of ClusterRole "edit" to User "x"',
            ("RoleBinding/dev-edit/dev", "ClusterRole/edit"),
        ),
        ("", None),
        ("node authorizer", None),
    ],
)
def test_the_authorizers_reason_names_binding_and_role(reason, grant):
    found = identity.grant(event(annotations={"authorization.k8s.io/reason": reason}))
    assert (None if found is None else tuple(found)) == grant


def test_a_token_request_hands_out_the_token_it_names():
    keys = {EXTRA + "issued-credential-id": "JTI=2"}
    assert identity.issued(event(annotations=keys)) == ["JTI=2"]


def secret(name, kind="kubernetes.io/service-account-token"):
    return {"kind": "Secret", "type": kind, "metadata": {"namespace": "ci", "name": name}}


def answered(resource, body, *, code=200, **ref):
    target = {"resource": resource, "namespace": "ci", **ref}
    more = {} if body is None else {"responseObject": body}
    return event(verb="get", objectRef=target, responseStatus={"code": code}, **more)


def test_secrets_hand_out_the_tokens_that_they_hold():
    assert identity.issued(answered("secrets", secret("t"), name="t")) == ["secret:ci/t"]
    assert identity.issued(answered("secrets", secret("t", "Opaque"), name="t")) is None
    listed = {"kind": "SecretList", "items": [secret("a"), secret("b", "Opaque"), secret("c")]}
    assert identity.issued(answered("secrets", listed)) == ["secret:ci/a", "secret:ci/c"]


def test_without_the_answer_a_secret_that_was_read_may_hold_a_token():
    assert identity.issued(answered("secrets", None, name="t")) == ["secret:ci/t"]
    assert identity.issued(answered("secrets", None)) is None
    assert identity.issued(answered("secrets", None, name="t", code=403)) is None


def test_a_signed_certificate_is_named_by_its_fingerprint():
    der = b"a certificate"
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
    body = {"status": {"certificate": base64.b64encode(pem).decode()}}
    wanted = f"X509SHA256={hashlib.sha256(der).hexdigest()}"
    assert identity.issued(answered("certificatesigningrequests", body, name="x")) == [wanted]
    body["status"]["certificate"] = Marker(bytes(32)).mark_certificate(pem).decode()
    assert identity.issued(answered("certificatesigningrequests", body, name="x")) == [wanted]


@pytest.mark.parametrize("text", ["", "%%%", base64.b64encode(b"no PEM").decode(), 5, None])
def test_what_is_no_certificate_hands_out_nothing(text):
    body = {"status": {"certificate": text}}
    assert identity.issued(answered("certificatesigningrequests", body, name="x")) is None


def test_odd_answers_hand_out_nothing():
    for body in ([], 5, {"items": 5}, {"items": [5, None]}, {"status": 5}):
        assert identity.issued(answered("secrets", body)) is None
        assert identity.issued(answered("certificatesigningrequests", body)) is None
