"""Finds a real Helm: the program that LANNER_HELM or PATH names, else the Helm that helm-python-sdk carries."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "lanner"
KUBERNETES = "1.30.0"


class RefusedError(Exception):
    """Helm's words for values that it does not take."""


class Helm(Protocol):
    """What the tests ask of a Helm."""

    def lint(self, values: Mapping[str, Any]) -> list[str]:
        """Return warnings and errors."""

    def render(self, values: Mapping[str, Any], name: str = "lanner") -> str:
        """Return all manifests as one YAML text; raise RefusedError."""


class HelmProgram:
    """Helm's own program."""

    def __init__(self, path: str, folder: Path) -> None:
        self._path, self._folder = path, folder

    def lint(self, values):
        done = self._run("lint", "--strict", str(CHART), values=values)
        return re.findall(r"^\[(?:WARNING|ERROR)\] .*", done.stdout, re.MULTILINE) or [done.stderr] * done.returncode

    def render(self, values, name="lanner"):
        arguments = ["template", name, str(CHART), "--namespace", "security", "--kube-version", KUBERNETES]
        done = self._run(*arguments, values=values)
        if done.returncode:
            raise RefusedError(done.stderr)
        return done.stdout

    def _run(self, *arguments, values):
        file = self._folder / "values.yaml"
        file.write_text(yaml.safe_dump(dict(values)))
        command = [self._path, *arguments, "--values", str(file)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


class HelmLibrary:
    """Helm as a library, out of a Python package."""

    def __init__(self, sdk: Any) -> None:
        self._sdk = sdk

    def lint(self, values):
        report = self._sdk.lint(CHART, dict(values), strict=True, kube_version=f"v{KUBERNETES}")
        return [message["error"] for message in report["messages"] if message["severity"] >= 2]

    def render(self, values, name="lanner"):
        return "\n---\n".join(text for file, text in self.files(values, name).items() if file.endswith(".yaml"))

    def files(self, values, name="lanner"):
        with self._sdk.Chart.load(CHART) as chart:
            try:
                return chart.render(dict(values), name=name, namespace="security")
            except self._sdk.HelmError as error:
                raise RefusedError(str(error)) from error


def helm_library() -> HelmLibrary | None:
    """Return the library, or nothing where its package is not installed."""
    try:
        import helm_python
    except ImportError:
        return None
    return HelmLibrary(helm_python)


@pytest.fixture
def helm(tmp_path) -> Helm:
    program = os.environ.get("LANNER_HELM") or shutil.which("helm")
    found = HelmProgram(program, tmp_path) if program else helm_library()
    return found or pytest.skip("no Helm: neither LANNER_HELM, nor helm on PATH, nor the package helm-python-sdk")


@pytest.fixture
def notes():
    """Returns what NOTES.txt says for values; only the library shows it without a cluster."""
    library = helm_library() or pytest.skip("helm-python-sdk is not installed")
    return lambda values: library.files(values)["lanner/templates/NOTES.txt"]


@pytest.fixture
def render(helm):
    """Returns the manifests for values, by kind and name."""

    def rendered(values):
        documents = [document for document in yaml.safe_load_all(helm.render(values)) if document]
        return {f"{document['kind']}/{document['metadata']['name']}": document for document in documents}

    return rendered


@pytest.fixture
def refusal(helm):
    """Returns Helm's words for values that must be refused."""

    def refused(values):
        with pytest.raises(RefusedError) as raised:
            helm.render(values)
        return str(raised.value)

    return refused


@pytest.fixture
def page():
    """A page on a free port: its port, how to set its answer, and how to run a probe against it."""
    status = [200]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status[0] if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    def ask(command):
        return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_address[1], lambda code: status.__setitem__(0, code), ask
        server.shutdown()
        thread.join()
