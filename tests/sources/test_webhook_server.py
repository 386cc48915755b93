"""The webhook over real HTTP and HTTPS: answers, bounds, authentication, durability, shutdown."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from pathlib import Path

import httpx
import pytest
import trustme

from lanner.errors import GroundError
from lanner.sources import TlsSettings, WebhookSettings, create

EVENTS = json.dumps({"kind": "EventList", "items": [{"auditID": "a"}, {"auditID": "b"}]}, indent=1).encode()
JSON = {"content-type": "application/json"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A webhook whose batches become durable at once, unless `hold` is set."""

    def __init__(self, **more) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self.settings = WebhookSettings(listen=self.address, **more)
        self.batches, self.notes = [], []
        self.hold = False
        self.blocked: threading.Event | None = None
        self.error: BaseException | None = None
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.thread.is_alive():
            try:
                socket.create_connection(("127.0.0.1", int(self.address.split(":")[1])), 1).close()
                break
            except OSError:
                time.sleep(0.02)

    def _run(self) -> None:
        try:
            create(self.settings, self.notes.append).run(None, self._emit, self.stop)
        except GroundError as error:
            self.error = error

    def _emit(self, batch) -> None:
        self.batches.append(batch)
        if self.blocked:
            self.blocked.wait(20)
        if not self.hold:
            batch.durable()

    def post(self, body: bytes = EVENTS, path: str = "/k8s-audit", **more) -> httpx.Response:
        headers = JSON | more.pop("headers", {})
        return httpx.post(f"http://{self.address}{path}", content=body, headers=headers, timeout=20, **more)

    def close(self) -> None:
        if self.blocked:
            self.blocked.set()
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def serve():
    servers = []

    def begin(**more) -> Served:
        servers.append(Served(**more))
        return servers[-1]

    yield begin
    for server in servers:
        server.close()


def test_a_list_and_a_single_event_arrive_as_one_line_each(serve):
    served = serve()
    assert served.post().status_code == 200
    assert served.post(b'{"kind":"Event"}').status_code == 200
    assert served.post(gzip.compress(EVENTS), headers={"content-encoding": "gzip"}).status_code == 200
    lines = [batch.lines[0] for batch in served.batches]
    assert [json.loads(line)["kind"] for line in lines] == ["EventList", "Event", "EventList"]
    assert not any(b"\n" in line for line in lines)
    assert [batch.offsets for batch in served.batches] == [[1], [2], [3]]
    assert served.batches[0].origin == "127.0.0.1"
    assert httpx.get(f"http://{served.address}/healthz").text == "ok\n"


def test_200_comes_only_after_the_batch_is_durable(serve):
    served = serve()
    served.hold = True
    answers = []
    thread = threading.Thread(target=lambda: answers.append(served.post().status_code))
    thread.start()
    while not served.batches:
        time.sleep(0.01)
    time.sleep(0.1)
    assert answers == []
    served.batches[0].durable()
    thread.join(20)
    assert answers == [200]


def test_a_batch_that_is_not_stored_in_time_is_refused_for_repetition(serve):
    served = serve(durable_seconds=0.2)
    served.hold = True
    answer = served.post()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_overload_is_refused_at_once(serve):
    served = serve(max_waiting=1)
    served.blocked = threading.Event()
    first = threading.Thread(target=served.post)
    first.start()
    while not served.batches:
        time.sleep(0.01)
    answer = served.post()
    served.blocked.set()
    first.join(20)
    assert (answer.status_code, answer.text) == (503, "the pipeline is behind; send again later\n")
    assert served.post().status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"hello", {}, "not JSON"),
        (b"", {}, "not JSON"),
        (EVENTS[:-3], {}, "not JSON"),
        (b"[" * 200_000, {}, "not JSON"),
        (b"no gzip", {"content-encoding": "gzip"}, "damaged"),
        (gzip.compress(EVENTS)[:-9], {"content-encoding": "gzip"}, "cut off"),
    ],
)
def test_what_can_never_be_read_is_quarantined_and_answered_with_200(serve, body, headers, reason):
    served = serve()
    assert served.post(body, headers=headers).status_code == 200
    (reject,) = served.batches[0].rejects
    assert reason in reject.reason
    assert (reject.sample, reject.size, reject.origin) == (body, len(body), "127.0.0.1")


@pytest.mark.parametrize(
    ("body", "headers", "path", "status"),
    [
        (EVENTS, {"content-type": "text/plain"}, "/k8s-audit", 415),
        (EVENTS, {"content-encoding": "br"}, "/k8s-audit", 415),
        (EVENTS, {}, "/else", 404),
        (b" " * 3000, {}, "/k8s-audit", 413),
        (gzip.compress(b" " * 1_000_000), {"content-encoding": "gzip"}, "/k8s-audit", 413),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_reason(serve, body, headers, path, status):
    served = serve(max_body_bytes=2048)
    answer = served.post(body, path, headers=headers)
    assert answer.status_code == status
    assert answer.text
    assert served.batches == []


def test_get_is_not_allowed(serve):
    assert httpx.get(f"http://{serve().address}/k8s-audit").status_code == 405


def test_a_wrong_or_missing_token_is_refused(serve, tmp_path):
    token = tmp_path / "token"
    token.write_text("secret\n")
    served = serve(token_file=str(token))
    assert served.post().status_code == 401
    assert served.post(headers={"authorization": "Bearer wrong"}).status_code == 401
    assert served.post(headers={"authorization": "Bearer secret"}).status_code == 200
    token.unlink()
    assert served.post(headers={"authorization": "Bearer x"}).status_code == 401
    assert "cannot read the token" in served.notes[0]


def test_a_body_that_stalls_or_is_cut_off_is_not_handed_on(serve):
    served = serve(read_seconds=0.2)
    head = b"POST /k8s-audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", int(served.address.split(":")[1]))) as client:
        client.sendall(head)
        assert b" 408 " in client.recv(1000)
    with socket.create_connection(("127.0.0.1", int(served.address.split(":")[1]))) as client:
        client.sendall(head)
    assert served.post().status_code == 200
    assert len(served.batches) == 1


def test_shutdown_finishes_what_was_accepted(serve):
    served = serve()
    served.hold = True
    answers = []
    thread = threading.Thread(target=lambda: answers.append(served.post().status_code))
    thread.start()
    while not served.batches:
        time.sleep(0.01)
    served.stop.set()
    time.sleep(0.3)
    served.batches[0].durable()
    thread.join(20)
    served.close()
    assert answers == [200]
    with pytest.raises(httpx.ConnectError):
        served.post()


@pytest.fixture
def authority(tmp_path: Path):
    ca = trustme.CA()
    server, client = ca.issue_cert("127.0.0.1"), ca.issue_cert("kube-apiserver")
    server.private_key_pem.write_to_path(tmp_path / "key.pem")
    for number, blob in enumerate(server.cert_chain_pems):
        blob.write_to_path(tmp_path / "cert.pem", append=number > 0)
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context()
    ca.configure_trust(context)
    return context, client, tmp_path


def tls(folder: Path, **more) -> TlsSettings:
    return TlsSettings(cert=str(folder / "cert.pem"), key=str(folder / "key.pem"), **more)


def test_https_and_client_certificates(serve, authority):
    context, client, folder = authority
    served = serve(tls=tls(folder, client_ca=str(folder / "ca.pem")))
    url = f"https://{served.address}/k8s-audit"
    with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
        httpx.post(url, content=EVENTS, headers=JSON, verify=context)
    client.configure_cert(context)
    assert httpx.post(url, content=EVENTS, headers=JSON, verify=context).status_code == 200


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(serve, authority):
    context, _, folder = authority
    served = serve(tls=tls(folder))
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(httpx.ConnectError):
        httpx.post(f"https://{served.address}/k8s-audit", content=EVENTS, verify=context)


def test_what_it_cannot_start_with_is_said(serve, tmp_path):
    first = serve()
    stop = threading.Event()
    cases = [
        WebhookSettings(listen=first.address),
        WebhookSettings(listen="nowhere.invalid:1"),
        WebhookSettings(tls=TlsSettings(cert=str(tmp_path / "no"), key="no")),
        WebhookSettings(token_file=str(tmp_path / "no")),
    ]
    for settings in cases:
        with pytest.raises(GroundError):
            create(settings).run(None, print, stop)


def test_a_failing_pipeline_ends_the_source(serve):
    settings = WebhookSettings(listen=f"127.0.0.1:{free_port()}", durable_seconds=0.5, grace_seconds=0)

    def fail(_) -> None:
        raise GroundError("disk full")

    thread = threading.Thread(target=_post_until_answered, args=(settings.listen,))
    thread.start()
    with pytest.raises(GroundError, match="disk full"):
        create(settings).run(None, fail, threading.Event())
    thread.join(20)


def _post_until_answered(address: str) -> None:
    for _ in range(100):
        try:
            httpx.post(f"http://{address}/k8s-audit", content=EVENTS, headers=JSON)
        except httpx.ConnectError:
            time.sleep(0.05)
        except httpx.HTTPError:
            return
        else:
            return
