"""A state database filled with made alerts, and one real server for all tests of this folder."""

from __future__ import annotations

import shutil
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest
from nicegui import Client
from nicegui.element import Element
from nicegui.page import page
from nicegui.slot import Slot

from lanner.audit.batch import Reject
from lanner.config.folders import DataFolder
from lanner.detect.alert import Alert, Origin, encode_alert
from lanner.detect.incidents import Incident
from lanner.settings.hunts import SavedHunt
from lanner.settings.model import Settings, WebSettings
from lanner.state.kept import Commit, IncidentRow, NewAlert
from lanner.state.store import Store
from lanner.web.server import serve


def make_event(**changes: Any) -> dict[str, Any]:
    """Make an audit event; keyword arguments replace its keys."""
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": "11111111-2222-3333-4444-555555555555",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/pods/web-1/exec",
        "verb": "create",
        "user": {"username": "mallory", "groups": ["system:authenticated"]},
        "sourceIPs": ["10.1.1.1", "10.2.2.2"],
        "userAgent": "kubectl/v1.36",
        "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "web-1"},
        "responseStatus": {"code": 101},
        "stageTimestamp": "2026-01-02T03:04:05.678901Z",
        **changes,
    }


def make_alert(event: dict[str, Any] | None = None, **changes: Any) -> NewAlert:
    """Make an alert over an event; keyword arguments replace the alert's keys."""
    keys = {
        "time": "2026-01-02T03:04:05.678901000Z",
        "rule": "Shell in a pod",
        "priority": "Warning",
        "source": "k8s_audit",
        "tags": ["T1609", "execution"],
        "output": "Somebody opened a shell",
        "output_fields": {"ka.user.name": "mallory", "ka.target.name": None},
        "hostname": "control-1",
        "lanner": Origin(audit_id="11111111-2222-3333-4444-555555555555", stage="ResponseComplete"),
    }
    return NewAlert(Alert(**{**keys, **changes}), msgspec.json.encode(event or make_event()))


def make_incident(number: str = "0123456789ab", **changes: Any) -> Incident:
    """Make an incident; keyword arguments replace its keys."""
    keys = {
        "started": "2026-01-02T03:04:05.678901000Z",
        "updated": "2026-01-02T04:04:05.678901000Z",
        "priority": "Critical",
        "worst": "Critical",
        "score": 100,
        "alerts": 3,
        "rules": {"Shell in a pod": 1, "Secrets listed": 2},
        "actors": ["mallory", "system:serviceaccount:dev:builder"],
        "addresses": ["10.2.2.2"],
        "tactics": ["persistence", "initial-access"],
    }
    return Incident(id=number, **{**keys, **changes})


def make_reject(**changes: Any) -> Reject:
    """Make a rejected piece of input."""
    keys = {"source": "audit", "origin": "/logs/audit.log", "offset": 42, "reason": "not JSON (at byte 3)", "size": 9}
    return Reject(**{**keys, "sample": b'{"a":\x00 <b>', **changes})


INGEST = {
    "started": 1_700_000_000.0,
    "pid": 1,
    "events": 12_345,
    "alerts": 7,
    "rejects": 1,
    "duplicates": 0,
    "policy": {"compared": 9, "deviations": {"lower-level": 2}, "changes": 1},
    "correlations": {"count": 25, "remembered": 40, "evicted": 0, "late": 0, "held_back": 4},
    "habits": {"remembered": 12, "evicted": 0, "lowered": {"Secret read": 7}},
    "repeats": {"held_back": {"Secrets listed": 3, "Anonymous refused": 1200}},
    "incidents": {"open": 2},
    "events_per_second": 250.0,
    "lag_seconds": 0.0123,
    "backlog_bytes": 2048,
    "spool_bytes": 4096,
    "rules": 15,
    "workers": 2,
    "worker_restarts": 1,
    "matching": "all",
    "hostname": "control-1",
    "sources": {"audit": {"events": 12_345, "rejects": 1, "backlog_bytes": 2048, "origin": "/logs/audit.log"}},
    "notes": [],
    "problem": "",
}
ARCHIVER = {
    "events": 12_000,
    "total_events": 99_000,
    "commits": 3,
    "sequence": 17,
    "held": 4,
    "dropped": {"twin": 300},
    "redacted": {"secret": 5},
    "compactions": 2,
    "compacted_files": 9,
    "swept_files": 9,
    "hunts": {
        "exec by people": {
            "asked": "2026-01-02T03:00:00+00:00",
            "next": "2026-01-02T04:00:00+00:00",
            "running": "",
            "seconds": 1.25,
            "matches": 12,
            "new": 2,
            "problem": "",
            "failing": False,
            "runs": 9,
            "failures": 1,
            "new_total": 30,
            "seconds_total": 11.5,
        }
    },
    "bytes": 5_500_000,
    "files": 2,
    "problem": "",
}


HUNTS = (
    SavedHunt(
        name="exec by people",
        description="Shells that people opened",
        sql="SELECT time, audit_id, username\nFROM events WHERE subresource = 'exec'",
        every="1h",
        within="6h",
        priority="warning",
    ),
    SavedHunt(name="slow/rules & more", rules=("Secrets listed", "Shell in a pod")),
)


class State:
    """The writing side of a state database, as ingest and archiver have it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = Store(path)
        self._sequence = 0

    def add(self, *alerts: NewAlert, rejects: tuple[Reject, ...] = ()) -> int:
        """Commit alerts and rejects; return the newest alert's number."""
        self._sequence += 1
        return self.store.commit(
            Commit(sequence=self._sequence, checkpoints={}, alerts=list(alerts), rejects=list(rejects))
        )

    def add_matches(self, hunt: str, *alerts: NewAlert) -> list[int]:
        """Commit the alerts that a hunt's matches became; return their numbers."""
        found = [(f"{hunt} {self._sequence} {n}".encode(), encode_alert(new.alert)) for n, new in enumerate(alerts)]
        self.store.add_hunted(hunt, found, now=time.time())
        for waiting, new in zip(self.store.hunted(limit=len(alerts)), alerts, strict=True):
            new.match = waiting.id
        newest = self.add(*alerts)
        return list(range(newest - len(alerts) + 1, newest + 1))

    def add_incident(self, incident: Incident, *alerts: NewAlert, into: str = "") -> None:
        """Commit an incident with its alerts; with `into` it went into another one."""
        for new in alerts:
            new.alert.lanner.incident = incident.id
        body = msgspec.json.encode(incident)
        row = IncidentRow(incident.id, incident.updated, incident.score, into, body, b"[]")
        self._sequence += 1
        self.store.commit(Commit(sequence=self._sequence, checkpoints={}, alerts=list(alerts), incidents=[row]))

    def publish(self, **parts: dict[str, Any]) -> None:
        """Publish statuses by part; without arguments those of a healthy lanner."""
        for part, body in (parts or {"ingest": INGEST, "archiver": ARCHIVER}).items():
            self.store.set_status(part, body)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """Makers of events, alerts and rejects."""
    return SimpleNamespace(
        event=make_event,
        alert=make_alert,
        reject=make_reject,
        incident=make_incident,
        ingest=INGEST,
        archiver=ARCHIVER,
        hunts=HUNTS,
    )


@pytest.fixture(scope="session", name="eventually")
def _eventually() -> Callable[..., Any]:
    return eventually


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    made = State(tmp_path / "state.db")
    yield made
    made.store.close()


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def eventually(check: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Return the first true answer of `check`; fail when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := check():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"did not become true within {seconds} s: {check}")


class Site:
    """A running server with its state; `url` is its address."""

    def __init__(self, data: Path) -> None:
        self.listen = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.listen}"
        self.stop = threading.Event()
        self.state = State(DataFolder(data).state)
        self.state.publish()
        web = WebSettings(listen=self.listen)
        settings = Settings(hostname="control-1", data=str(data), web=web, hunts=HUNTS)
        self._publishing = threading.Thread(target=self._publish, daemon=True)
        self._thread = threading.Thread(target=serve, args=(settings, self.stop), daemon=True)

    def start(self) -> None:
        self._publishing.start()
        self._thread.start()
        eventually(lambda: self.get("/healthz").status_code == httpx.codes.OK)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask the server; one that does not listen yet answers 503."""
        try:
            return httpx.get(self.url + path, timeout=20, **options)
        except httpx.TransportError:
            return httpx.Response(503)

    def _publish(self) -> None:
        while not self.stop.wait(0.5):
            self.state.publish()

    def close(self) -> None:
        self.stop.set()
        self._publishing.join(10)
        self._thread.join(30)
        self.state.store.close()
        assert not self._thread.is_alive(), "".join(traceback.format_stack(sys._current_frames()[self._thread.ident]))


async def _keep_stacks() -> None:
    """Do nothing: the server's loop would take tasks of a test's own loop for ended ones and clear what they build."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests, as NiceGUI allows one in a process."""
    running = Site(tmp_path_factory.mktemp("site"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Slot, "prune_stacks", _keep_stacks)
        running.start()
        yield running
        running.close()


@pytest.fixture
def canvas() -> Iterator[Client]:
    """A NiceGUI client without a browser, to build pieces of the page in."""
    with Client(page("")) as client:
        yield client
    client.delete()


@pytest.fixture(scope="session")
def texts() -> Callable[[Client], list[str]]:
    """Collects the texts that a client shows, in order."""
    return lambda client: list(_texts(client.layout))


def _texts(element: Element) -> Iterator[str]:
    if not element.visible:
        return
    text = getattr(element, "text", None)
    if text:
        yield str(text)
    for slot in element.slots.values():
        for child in slot.children:
            yield from _texts(child)


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium driven by Playwright, whose event loop runs in this thread until the module's tests end."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visiting(site: Site, chromium: Any) -> Callable[..., Any]:
    """Opens a page; what the browser complains about, and what it fetches from elsewhere, fails the test."""

    @contextmanager
    def open_page(path: str, **options: Any) -> Iterator[Any]:
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        context.set_default_timeout(20_000)
        page = context.new_page()
        complaints, foreign = [], []
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: foreign.append(request.url) if site.listen not in request.url else None)
        page.goto(site.url + path)
        try:
            yield page
            assert (complaints, foreign) == ([], [])
        finally:
            context.close()

    return open_page
