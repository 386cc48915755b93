"""What the chart renders really runs: its command line, settings, rules, probe and init container."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
import trustme
import yaml

FOLDERS = ("/etc/lanner", "/var/log/kubernetes", "/var/lib/lanner")
WAIT = 60
RULE = """
- rule: Exec into a tenant
  desc: A shell in the tenant's namespace
  condition: ka.verb in (create, get) and ka.target.subresource = exec and ka.target.namespace = tenant-blue
  output: exec user=%ka.user.name pod=%ka.target.name
  priority: CRITICAL
  source: k8s_audit
"""


def exec_event(audit_id: str, namespace: str) -> str:
    event = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": audit_id,
        "stage": "ResponseStarted",
        "requestURI": f"/api/v1/namespaces/{namespace}/pods/api-0/exec?command=sh&stdin=true&tty=true",
        "verb": "create",
        "user": {"username": "dev@example.com", "groups": ["system:authenticated"]},
        "sourceIPs": ["203.0.113.7"],
        "userAgent": "kubectl/v1.36.3",
        "objectRef": {
            "resource": "pods",
            "namespace": namespace,
            "name": "api-0",
            "apiVersion": "v1",
            "subresource": "exec",
        },
        "responseStatus": {"metadata": {}, "code": 101},
        "requestReceivedTimestamp": "2026-01-01T00:00:00.000000Z",
        "stageTimestamp": "2026-01-01T00:00:00.100000Z",
    }
    return json.dumps(event) + "\n"


def moved(text: str, root: Path) -> str:
    """Put a temporary root before the three folders, listen on loopback alone, and change nothing else."""
    for folder in FOLDERS:
        text = text.replace(folder, f"{root}{folder}")
    return text.replace("0.0.0.0:", "127.0.0.1:")


def write_as_kubelet(mount: Path, name: str, text: str) -> None:
    """Write or renew a one-file ConfigMap: its file links into a folder that one rename swaps for another."""
    version = mount / f"..{len(list(mount.glob('..[0-9]*'))) if mount.exists() else 0}"
    version.mkdir(parents=True)
    (version / name).write_text(text)
    (mount / "..data_tmp").symlink_to(version.name)
    (mount / "..data_tmp").rename(mount / "..data")
    if not (mount / name).is_symlink():
        (mount / name).symlink_to(Path("..data") / name)


class Node:
    """A node's folders under a temporary root, filled from the manifests."""

    def __init__(self, root: Path, manifests: dict[str, Any]) -> None:
        self.root = root
        self.audit_log = root / "var/log/kubernetes/audit.log"
        spec = pod(manifests)
        (self.container,) = spec["containers"]
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        for folder in FOLDERS:
            (root / folder[1:]).mkdir(parents=True)
        for mount in self.container["volumeMounts"]:
            source = volumes[mount["name"]].get("configMap")
            for name, text in manifests[f"ConfigMap/{source['name']}"]["data"].items() if source else ():
                write_as_kubelet(Path(moved(mount["mountPath"], root)), name, moved(text, root))

    def start(self) -> subprocess.Popen[str]:
        """Run the container's command line with its variables; what is not a fixed value is the node's name."""
        command, *arguments = [moved(word, self.root) for word in self.container["command"] + self.container["args"]]
        program = Path(sys.executable).parent / command
        given = {each["name"]: moved(each.get("value", "node-1"), self.root) for each in self.container["env"]}
        return subprocess.Popen(
            [program, *arguments],
            env={**os.environ, **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


class Running:
    """A started lanner whose two streams are read as they come; it is gone when the block ends."""

    def __init__(self, node: Node) -> None:
        self._process = node.start()
        self._alerts: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        streams = ((self._process.stdout, self._alerts.put), (self._process.stderr, self.said.append))
        self._readers = [threading.Thread(target=_drain, args=each) for each in streams]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()

    def alert(self) -> dict[str, Any]:
        try:
            return json.loads(self._alerts.get(timeout=WAIT))
        except queue.Empty:
            pytest.fail("no alert came; lanner said: " + "".join(self.said))

    def end(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(WAIT)


def _drain(stream, take) -> None:
    with stream:
        for line in stream:
            take(line)


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def append(file: Path, text: str) -> None:
    with file.open("a") as log:
        log.write(text)


def pod(manifests: dict[str, Any]) -> dict[str, Any]:
    workload = manifests.get("DaemonSet/lanner") or manifests["Deployment/lanner"]
    return workload["spec"]["template"]["spec"]


def test_the_rendered_daemonset_detects_an_exec_and_ends_cleanly(render, tmp_path, free_port):
    """Command, variables, settings, rules and probe are the manifest's; only three path prefixes are moved."""
    node = Node(tmp_path, render({"web": {"port": free_port}, "rules": {"tenant.yaml": RULE}}))
    node.audit_log.write_text("")
    with Running(node) as lanner:
        append(node.audit_log, exec_event("e-1", "kube-system") + exec_event("e-2", "tenant-blue"))
        alerts = [lanner.alert(), lanner.alert()]
        ready = await_probe(node.container["readinessProbe"]["exec"]["command"])
        code = lanner.end()
    assert [alert["lanner"]["audit_id"] for alert in alerts] == ["e-1", "e-2"]
    assert alerts[0]["priority"] == "Critical"
    assert alerts[1]["rule"] == "Exec into a tenant"
    assert {alert["hostname"] for alert in alerts} == {"node-1"}
    assert ready, lanner.said
    assert code == 0, lanner.said


def test_the_rendered_deployment_takes_the_webhook_over_tls(render, tmp_path, free_port):
    """The Secrets lie where the manifest mounts them; a batch is taken with the token, and refused without."""
    hook = {"enabled": True, "port": free_port, "tls": {"secretName": "tls"}, "token": {"secretName": "token"}}
    values = {"kind": "Deployment", "audit": {"enabled": False}, "data": {"type": "emptyDir"}, "webhook": hook}
    node = Node(tmp_path, render({**values, "web": {"enabled": False}, "cluster": "prod"}))
    places = {mount["name"]: Path(moved(mount["mountPath"], tmp_path)) for mount in node.container["volumeMounts"]}
    for name in ("tls", "token"):
        places[name].mkdir(parents=True)
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1")
    server.private_key_pem.write_to_path(places["tls"] / "tls.key")
    server.cert_chain_pems[0].write_to_path(places["tls"] / "tls.crt")
    (places["token"] / "token").write_text("s3cret\n")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    batch = {
        "kind": "EventList",
        "apiVersion": "audit.k8s.io/v1",
        "items": [json.loads(exec_event("w-1", "kube-system"))],
    }
    url = f"https://127.0.0.1:{free_port}/k8s-audit"
    with Running(node) as lanner, httpx.Client(verify=trust, timeout=30) as sender:
        await_port(free_port)
        refused = sender.post(url, json=batch).status_code
        taken = sender.post(url, json=batch, headers={"Authorization": "Bearer s3cret"}).status_code
        alert = lanner.alert()
        code = lanner.end()
    assert (refused, taken, code) == (401, 200, 0), lanner.said
    assert (alert["lanner"]["audit_id"], alert["hostname"]) == ("w-1", "prod")


def await_port(port: int) -> None:
    """Connect as the readiness probe does, until somebody answers."""
    for _ in range(WAIT * 10):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        threading.Event().wait(0.1)


def test_a_renewed_configmap_of_rules_is_loaded_by_the_running_lanner(render, tmp_path, free_port):
    """No restart and no signal: the kubelet swaps the link, and the next event meets the new rule."""
    node = Node(tmp_path, render({"web": {"port": free_port}, "rules": {"tenant.yaml": RULE}}))
    node.audit_log.write_text("")
    with Running(node) as lanner:
        append(node.audit_log, exec_event("e-1", "tenant-blue"))
        before = lanner.alert()
        write_as_kubelet(tmp_path / "etc/lanner/rules", "tenant.yaml", RULE.replace("CRITICAL", "NOTICE"))
        after = before
        for number in range(WAIT):
            append(node.audit_log, exec_event(f"e-1{number}", "tenant-blue"))
            after = lanner.alert()
            if after["priority"] != before["priority"]:
                break
            threading.Event().wait(0.5)
        lanner.end()
    assert (before["priority"], after["priority"]) == ("Critical", "Notice")


def await_probe(command: list[str]) -> bool:
    """Ask as the kubelet does, again and again until the startup probe's patience ends."""
    pause = threading.Event()
    for _ in range(WAIT):
        if subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0:
            return True
        pause.wait(1)
    return False


def owned_by_root() -> bool:
    return os.geteuid() == 0 and shutil.which("setpriv") is not None


@pytest.mark.skipif(not owned_by_root(), reason="needs root and setpriv, to give rights up")
def test_the_init_container_needs_no_capability(render, tmp_path):
    """Root without any capability hands its own files to its group; what another user owns stays as it is."""
    manifests = render({"audit": {"grantGroupRead": True}})
    (init,) = pod(manifests)["initContainers"]
    for folder in FOLDERS[1:]:
        (tmp_path / folder[1:]).mkdir(parents=True)
    logs = tmp_path / "var/log/kubernetes"
    names = (
        "audit.log",
        "audit-2026-01-01T00-00-00.000.log",
        "audit-2025-01-01T00-00-00.000.log.gz",
        "other.log",
        "theirs.log",
    )
    for name in names:
        (logs / name).write_text("x")
        (logs / name).chmod(0o600)
    os.chown(logs / "audit-2025-01-01T00-00-00.000.log.gz", 1234, 1234)
    script = [moved(word, tmp_path) for word in init["command"]]
    subprocess.run([*without_rights(uid=0, gid=65532), *script], check=True, capture_output=True, timeout=30)
    modes = {name: (stat.S_IMODE(info.st_mode), info.st_gid) for name in names for info in [(logs / name).stat()]}
    granted, kept = (0o640, 65532), (0o600, 0)
    assert list(modes.values()) == [granted, granted, (0o600, 1234), kept, kept]
    readable = [*without_rights(uid=65532, gid=65532), "cat", str(logs / "audit.log")]
    probe = tmp_path / "var/lib/lanner/probe"
    writable = [*without_rights(uid=65532, gid=65532), "touch", str(probe)]
    let_others_pass(tmp_path)
    assert subprocess.run(readable, capture_output=True, check=False, timeout=30).stdout == b"x"
    assert subprocess.run(writable, check=False, timeout=30).returncode == 0
    assert stat.S_IMODE((tmp_path / "var/lib/lanner").stat().st_mode) & 0o007 == 0


def without_rights(uid: int, gid: int) -> list[str]:
    return [
        "setpriv",
        f"--reuid={uid}",
        f"--regid={gid}",
        "--clear-groups",
        "--bounding-set=-all",
        "--inh-caps=-all",
        "--no-new-privs",
    ]


def let_others_pass(folder: Path) -> None:
    """Let others pass through pytest's private folders; only the last ones count here."""
    for parent in [folder, *folder.parents]:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(stat.S_IMODE(parent.stat().st_mode) | 0o011)


def test_values_that_look_like_yaml_stay_text(render):
    text = render({"hostname": "cp: 1 # x", "cluster": "[a]"})["ConfigMap/lanner"]["data"]["lanner.yaml"]
    loaded = yaml.safe_load(text)
    assert (loaded["hostname"], loaded["archive"]["cluster"]) == ("cp: 1 # x", "[a]")
