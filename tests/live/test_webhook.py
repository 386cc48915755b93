"""Webhook mode: kube-apiserver posts to lanner over HTTPS while lanner is started anew or killed."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

pytestmark = pytest.mark.timeout(600)

LISTEN = "127.0.0.1:19765"
FLAGS = (
    "--audit-webhook-batch-max-wait=200ms",
    "--audit-webhook-batch-max-size=100",
    "--audit-webhook-initial-backoff=1s",
)


def make_certificates(folder: Path) -> None:
    """A CA, a certificate of lanner and one of kube-apiserver, and a token."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    for name in ("127.0.0.1", "kube-apiserver.example"):
        issued = authority.issue_cert(name)
        issued.cert_chain_pems[0].write_to_path(str(folder / f"{name}.crt"))
        issued.private_key_pem.write_to_path(str(folder / f"{name}.key"))
    (folder / "token").write_text("a-token-for-the-test\n")


def webhook_config(folder: Path) -> Path:
    """The kubeconfig by which kube-apiserver finds lanner."""
    path = folder / "webhook.yaml"
    cluster = {"server": f"https://{LISTEN}/k8s-audit", "certificate-authority": str(folder / "ca.pem")}
    certificate = folder / "kube-apiserver.example"
    user = {
        "tokenFile": str(folder / "token"),
        "client-certificate": f"{certificate}.crt",
        "client-key": f"{certificate}.key",
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lanner", "cluster": cluster}],
        "users": [{"name": "kube-apiserver", "user": user}],
        "contexts": [{"name": "lanner", "context": {"cluster": "lanner", "user": "kube-apiserver"}}],
        "current-context": "lanner",
    }
    path.write_text(yaml.safe_dump(config))
    return path


def source(folder: Path) -> dict[str, Any]:
    tls = {
        "cert": str(folder / "127.0.0.1.crt"),
        "key": str(folder / "127.0.0.1.key"),
        "client_ca": str(folder / "ca.pem"),
    }
    return {"type": "webhook", "listen": LISTEN, "tls": tls, "token_file": str(folder / "token")}


def content(line: bytes) -> str:
    """An event in one form: the items of a list do not repeat kind and version."""
    event = json.loads(line)
    return json.dumps({key: value for key, value in event.items() if key not in ("kind", "apiVersion")}, sort_keys=True)


def make_traffic(cluster, name: str, objects: int) -> None:
    """Make ConfigMaps with characters that JSON may write in two ways, and open a shell."""
    with cluster.client("admin") as client:
        for number in range(objects):
            body = {"metadata": {"name": f"{name}-{number}"}, "data": {"text": "ä\u2028<&>" * 20}}
            client.post("/api/v1/namespaces/default/configmaps", json=body).raise_for_status()
    cluster.kubectl("admin", "exec", "-n", "kube-system", "db-0", "--", "true")


def dropped(cluster) -> set[tuple[str, str]]:
    """What kube-apiserver says it did not send, such as the watches that end after its audit backend."""
    told = re.findall(r'AUDIT: id="([^"]+)" stage="([^"]+)"', (cluster.folder / "apiserver.log").read_text())
    return set(told)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_each_event_of_the_log_arrives_by_webhook(cluster, lanner, until, tell, end):
    """Both backends at once: after lanner was away twice, the archive holds what kube-apiserver wrote to its file."""
    make_certificates(cluster.folder)
    watcher = lanner({"sources": [source(cluster.folder)]})
    watcher.start()
    cluster.start(f"--audit-webhook-config-file={webhook_config(cluster.folder)}", *FLAGS)
    cluster.running_pod("db-0", "kube-system")
    for round_ in range(2):
        make_traffic(cluster, f"before-{round_}", 150)
        getattr(watcher, end)()
        make_traffic(cluster, f"away-{round_}", 50)
        watcher.start()
        make_traffic(cluster, f"after-{round_}", 100)
    before_its_end = dropped(cluster)
    cluster.stop()
    unsent = dropped(cluster)
    lines = [(line, json.loads(line)) for line in cluster.log.read_bytes().splitlines()]
    expected = Counter(content(line) for line, event in lines if (event["auditID"], event["stage"]) not in unsent)
    until(lambda: watcher.archived() >= expected.total(), f"{expected.total()} events are archived", 60)
    assert watcher.stop() == 0
    found = Counter(map(content, watcher.export()))
    doubled = found.total() - len(found)
    tell(f"{len(lines)} events, {len(unsent)} unsent at kube-apiserver's end, {doubled} archived twice")
    assert before_its_end == set()
    assert sorted(expected - found) == []
    assert sorted(set(found) - set(expected)) == []
    assert set(watcher.live()) == set(watcher.replayed(cluster.log))
    if end == "stop":
        assert doubled == 0
        assert watcher.live().total() == len(watcher.live())
