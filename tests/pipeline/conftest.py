"""Batches, rules, outputs and engines to wire by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lanner.audit.batch import Batch
from lanner.config.folders import DataFolder
from lanner.detect.alert import Alert
from lanner.detect.engine import Engine
from lanner.outputs.output import DeliveryError
from lanner.outputs.throttle import Throttle, ThrottleSettings
from lanner.pipeline.committer import Committer
from lanner.pipeline.counts import Counts
from lanner.pipeline.delivery import Lane
from lanner.pipeline.ingest import Detector, Ingest
from lanner.pipeline.redelivery import RedeliveryFilter
from lanner.rules.falco.documents import load_texts
from lanner.state.spool import SpoolWriter
from lanner.state.store import Store

RULES = """
- rule: Exec
  desc: A shell is opened in a pod
  condition: ka.verb=create and ka.target.subresource=exec
  output: exec (id=%ka.auditid)
  priority: WARNING
  source: k8s_audit
"""


def make_event(name: str, *, stage: str = "ResponseComplete", attack: bool = False) -> bytes:
    """Return an event's line; `attack` makes the rule fire."""
    return msgspec.json.encode(
        {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "Metadata",
            "auditID": name,
            "stage": stage,
            "requestURI": "/api/v1/namespaces/shop/pods/web",
            "verb": "create" if attack else "get",
            "user": {"username": "eve"},
            "objectRef": {"resource": "pods", "namespace": "shop", "subresource": "exec" if attack else "log"},
            "requestReceivedTimestamp": "2024-05-01T10:20:30.000001Z",
            "stageTimestamp": "2024-05-01T10:20:30.000002Z",
        }
    )


def make_batch(*lines: bytes, source: str = "file:/a", at: int = 0, durable: Callable[[], None] | None = None) -> Batch:
    """Return a batch whose checkpoint says where it ends."""
    return Batch(
        source=source,
        origin="/a",
        lines=list(lines),
        offsets=[at + index for index in range(len(lines))],
        checkpoint={"offset": at + len(lines)},
        durable=durable,
    )


class Recorder:
    """An output that keeps what it takes; `fail` is raised when set, `refused` are never taken."""

    def __init__(self, name: str = "out", *, immediate: bool = True) -> None:
        self.name, self.immediate = name, immediate
        self.taken: list[str] = []
        self.fail: Exception | None = None
        self.refused: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.closed = False

    def send(self, alerts: Sequence[Alert]) -> None:
        self.gate.wait(30)
        if self.fail is not None:
            raise self.fail
        for sent, alert in enumerate(alerts):
            if alert.lanner.audit_id in self.refused:
                raise DeliveryError("400 Bad Request", retryable=False, sent=sent)
            self.taken.append(alert.lanner.audit_id)

    def close(self) -> None:
        self.closed = True


def wait_until(done: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)
    return found


@pytest.fixture
def event() -> Callable[..., bytes]:
    return make_event


@pytest.fixture
def batch() -> Callable[..., Batch]:
    return make_batch


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture
def until() -> Callable[..., Any]:
    return wait_until


@pytest.fixture
def detector() -> Detector:
    return Detector(Engine(load_texts([("rules.yaml", RULES)]).rules, hostname="h"), Throttle(ThrottleSettings()))


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


@pytest.fixture
def store(folder: DataFolder) -> Iterator[Store]:
    opened = Store(folder.state)
    yield opened
    opened.close()


@pytest.fixture
def wired(folder: DataFolder, store: Store, detector: Detector) -> Iterator[Ingest]:
    """Ingest with one immediate output, the committer behind it running."""
    output = Recorder()
    lane = Lane(output, store)
    lane.start()
    wait_until(lambda: not lane._behind)
    committer = Committer(SpoolWriter(folder.spool), store, [lane])
    committer.start()
    ingest = Ingest(detector, committer, [lane], RedeliveryFilter(store), Counts())
    ingest.output = output
    yield ingest
    committer.close(10)
    lane.close()
