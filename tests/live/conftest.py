"""A real kube-apiserver with etcd, controllers and fake nodes, and a real `lanner run` beside it.

Collected only with LANNER_LIVE=1, which `make test-live` sets. It listens on loopback and is ended by process id.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

collect_ignore_glob = [] if os.environ.get("LANNER_LIVE") == "1" else ["test_*.py"]

ROOT = Path(__file__).parents[2]
TOOLS = Path(os.environ.get("LANNER_KUBE_TOOLS") or ROOT.parent / "shared" / "tools" / "kube")
CACHE = (Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lanner" / "kube" / "bin").resolve()
PORTS = (6443, 2379, 2380, 10247)
PROGRAM = Path(sys.executable).with_name("lanner")
POLICY = ROOT / "deploy" / "audit-policy.yaml"
NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "worker-1", "annotations": {"kwok.x-k8s.io/node": "fake"}},
}


def until(check: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Call `check` until it gives something true, and return that; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := check():
            return found
        time.sleep(0.1)
    return pytest.fail(f"not within {seconds:.0f} s: {what}")


def pod(name: str, **container: Any) -> dict[str, Any]:
    """A pod on the fake node."""
    containers = [{"name": "app", "image": "registry.example/app:1"} | container]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"nodeName": "worker-1", "containers": containers},
    }


def end(pid: int, seconds: float = 30) -> None:
    """End one of the processes that up.sh started, by force when it does not end by itself."""
    program = Path(f"/proc/{pid}/exe")

    def runs() -> bool:
        with contextlib.suppress(OSError):  # gone, or a zombie
            return program.readlink().is_relative_to(CACHE)
        return False

    for number in (signal.SIGTERM, signal.SIGKILL):
        if runs():
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while runs() and time.monotonic() < deadline:
            time.sleep(0.05)


class Cluster:
    """kube-apiserver and what it needs, started by up.sh."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "audit" / "audit.log"

    def start(self, *flags: str, policy: Path | dict[str, Any] = POLICY) -> None:
        """Start with further kube-apiserver flags and wait until it serves a node."""
        if isinstance(policy, dict):
            written = self.folder / "policy.yaml"
            written.write_text(yaml.safe_dump(policy))
            policy = written
        command = ["bash", TOOLS / "up.sh", self.folder, policy]
        subprocess.run(
            command,
            env=os.environ | {"BIN": str(CACHE), "EXTRA": " ".join(flags)},
            check=True,
            timeout=150,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        if self.kubectl("admin", "get", "--raw=/readyz", check=False).returncode:
            pytest.fail(f"kube-apiserver does not serve: {(self.folder / 'apiserver.log').read_text()[-2000:]}")
        self.apply("admin", NODE)
        for namespace in ("default", "kube-system"):
            account = ("get", "serviceaccount", "default", "-n", namespace)
            until(lambda account=account: not self.kubectl("admin", *account, check=False).returncode, f"{account}")

    def stop(self) -> None:
        """End all of it, one after the other, so that kube-apiserver can write and send what it still has."""
        for name in ("kwok", "sched", "kcm", "apiserver", "etcd"):
            file = self.folder / f"{name}.pid"
            if file.exists():
                end(int(file.read_text()))
                file.unlink()

    def kubectl(
        self, user: str, *arguments: str, check: bool = True, given: str = "", **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as one of up.sh's users."""
        done = subprocess.run(
            [CACHE / "kubectl", f"--kubeconfig={self.folder}/{user}.conf", *arguments],
            input=given,
            env=os.environ | {"HOME": str(self.folder)} | env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"kubectl {' '.join(arguments)} as {user}: {done.stderr}")
        return done

    @contextlib.contextmanager
    def opened(self, user: str, *arguments: str, **env: str) -> Iterator[subprocess.Popen[str]]:
        """Run kubectl as long as the block lasts, half a minute at most."""
        with subprocess.Popen(
            [CACHE / "kubectl", f"--kubeconfig={self.folder}/{user}.conf", *arguments],
            env=os.environ | {"HOME": str(self.folder)} | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            watch = threading.Timer(30, process.kill)
            watch.start()
            try:
                yield process
            finally:
                watch.cancel()
                process.terminate()

    def apply(self, user: str, manifest: dict[str, Any], *arguments: str) -> None:
        """Create one object."""
        self.kubectl(user, "create", "-f", "-", *arguments, given=json.dumps(manifest))

    def running_pod(self, name: str, namespace: str) -> None:
        """Make a pod and wait until the fake node runs it."""
        self.apply("admin", pod(name), "-n", namespace)
        phase = ("get", "pod", name, "-n", namespace, "-o", "jsonpath={.status.phase}")
        until(lambda: self.kubectl("admin", *phase).stdout == "Running", f"pod {name} runs")

    def client(self, user: str = "") -> httpx.Client:
        """An HTTP client of one of the users, or of nobody."""
        pki = self.folder / "pki"
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # up.sh's CA has no key usage
        if user:
            context.load_cert_chain(pki / f"{user}.crt", pki / f"{user}.key")
        return httpx.Client(base_url="https://127.0.0.1:6443", verify=context, timeout=30)

    def audit_metrics(self) -> dict[str, float]:
        """What kube-apiserver counts about its audit backends, by series."""
        lines = self.kubectl("admin", "get", "--raw=/metrics").stdout.splitlines()
        found = (line.rsplit(" ", 1) for line in lines if line.startswith("apiserver_audit_"))
        return {name: float(value) for name, value in found}


class Lanner:
    """One `lanner run` on settings of the test; alerts are kept with the time of their arrival."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        self.settings = folder / "lanner.yaml"
        self.errors = folder / "lanner.err"
        self.alerts: list[tuple[float, dict[str, Any]]] = []
        web = {"enabled": False}
        outputs = [{"type": "stdout", "format": "json"}]
        own = {"data": str(folder / "data"), "web": web, "outputs": outputs, "archive": {"commit_seconds": 1}}
        self.settings.write_text(yaml.safe_dump(own | settings))

    def start(self) -> None:
        """Start it."""
        said = self.errors.open("ab")
        self._process = subprocess.Popen(
            [PROGRAM, "run", "-c", str(self.settings)], stdout=subprocess.PIPE, stderr=said
        )
        said.close()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.alerts.append((time.time(), json.loads(line)))

    def stop(self) -> int:
        """End it in order; returns its exit code."""
        self._process.terminate()
        code = self._process.wait(120)
        self._reader.join(30)
        return code

    def kill(self) -> None:
        """End all of its processes at once, as a crash of the machine would."""
        own = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        for pid in [self._process.pid, *map(int, own.read_text().split())]:
            os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(30)

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def told(self, rule: str, user: str) -> list[dict[str, Any]]:
        """The alerts of a rule about a user so far."""
        return [a for _, a in self.alerts if a["rule"] == rule and a["output_fields"].get("ka.user.name") == user]

    def archived(self) -> int:
        """Count the events in the archive, 0 while there is none."""
        done = self._command("ls", "--format", "json", check=False)
        return sum(json.loads(line)["events"] for line in done.stdout.splitlines()) if not done.returncode else 0

    def live(self) -> Counter[tuple[str, str]]:
        """Rule and audit ID of each alert so far."""
        return Counter((alert["rule"], alert["lanner"]["audit_id"]) for _, alert in self.alerts)

    def replayed(self, log: Path) -> Counter[tuple[str, str]]:
        """Rule and audit ID of each alert that the finished log gives."""
        done = subprocess.run(
            [PROGRAM, "replay", log, "--format", "json"], check=True, capture_output=True, timeout=120
        )
        alerts = map(json.loads, done.stdout.splitlines())
        return Counter((alert["rule"], alert["lanner"]["audit_id"]) for alert in alerts)

    def export(self) -> list[bytes]:
        """The archived lines as they came in."""
        return self._command("export", "--format", "raw").stdout.splitlines()

    def _command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        command = [PROGRAM, "archive", *arguments, "-c", self.settings]
        return subprocess.run(command, check=check, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120)


def taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session", autouse=True)
def ended_in_order() -> Iterator[None]:
    """A session that is ended from outside ends what it started."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster that is not started yet; skips where the tools are absent."""
    if not (TOOLS / "up.sh").exists():
        pytest.skip(f"no scripts to run kube-apiserver in {TOOLS}; LANNER_KUBE_TOOLS names their folder")
    if not (CACHE / "kubectl").exists():
        pytest.skip(f"no kube-apiserver in {CACHE}; make test-live builds it")
    if busy := [port for port in PORTS if taken(port)]:
        pytest.skip(f"ports {busy} are taken; does another cluster run?")
    folder = tmp_path / "kube"
    folder.mkdir()
    made = Cluster(folder)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def lanner(tmp_path: Path) -> Iterator[Callable[[dict[str, Any]], Lanner]]:
    """Makes a lanner with these settings; it is gone when the test ends."""
    made: list[Lanner] = []

    def make(settings: dict[str, Any]) -> Lanner:
        folder = tmp_path / f"lanner-{len(made)}"
        folder.mkdir()
        made.append(Lanner(folder, settings))
        return made[-1]

    yield make
    for each in made:
        with contextlib.suppress(AttributeError):
            if each.runs:
                each.stop()


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a figure whether the test passes or not."""

    def show(text: str) -> None:
        with capsys.disabled():
            print(f"\n    {text}")

    return show


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    return until
