"""The HTTP output against real servers: falcosidekick's input, refusals, failures, TLS."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from lanner.outputs import DeliveryError, create
from lanner.outputs.http import HttpOutput, HttpSettings


class Sidekick:
    """Takes alerts as falcosidekick's input does: POST of JSON with output, priority, rule, time and output_fields.

    `answers` holds statuses for the next requests; when it is empty a good alert gets 200.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.headers: list[dict[str, str]] = []
        self.alerts: list[dict[str, object]] = []
        self.connections: set[object] = set()

    def take(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Judge one request."""
        self.headers.append(headers)
        if self.answers:
            return self.answers.pop(0)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        alert = json.loads(body)
        wanted = {"output": str, "priority": str, "rule": str, "time": str, "output_fields": dict}
        if not all(isinstance(alert.get(key), kind) for key, kind in wanted.items()):
            return 400, {}, b"Please send a valid request body"
        self.alerts.append(alert)
        return 200, {}, b"ok"


@pytest.fixture
def sidekick() -> Sidekick:
    return Sidekick()


Serve = Callable[..., str]


@pytest.fixture
def serve(sidekick: Sidekick) -> Iterator[Serve]:
    """Return a function that starts the server, with TLS when given a context, and returns its address."""
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            sidekick.connections.add(self.client_address)
            body = self.rfile.read(int(self.headers["content-length"]))
            status, headers, answer = sidekick.take(body, {k.lower(): v for k, v in self.headers.items()})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    def start(context: ssl.SSLContext | None = None) -> str:
        server = Server(("127.0.0.1", 0), Handler)
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"{'https' if context else 'http'}://localhost:{server.server_port}/"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def send(make_alert) -> Iterator[Callable[..., HttpOutput]]:
    """Return a function that makes an output and sends so many numbered alerts."""
    outputs: list[HttpOutput] = []

    def go(url: str, count: int = 1, **settings) -> HttpOutput:
        output = create(HttpSettings(url=url, **{"timeout": 10, **settings}))
        outputs.append(output)
        output.send([make_alert(output=str(number)) for number in range(count)])
        return output

    yield go
    for output in outputs:
        output.close()
        output.close()


def test_falcosidekick_takes_each_alert_in_its_own_request(serve, send, sidekick):
    output = send(serve(), 3)
    assert [str(alert["output"])[-1] for alert in sidekick.alerts] == ["0", "1", "2"]
    assert sidekick.alerts[0]["hostname"] == "k8s-api-server"
    assert {headers["content-type"] for headers in sidekick.headers} == {"application/json"}
    assert sidekick.headers[0]["user-agent"].startswith("lanner/")
    assert len(sidekick.connections) == 1
    assert not output.immediate


def test_settings_reach_the_request(serve, send, sidekick):
    headers = {"Authorization": "Bearer t"}
    send(serve(), 2, headers=headers, user_agent="me", compress_uploads=True, keep_alive=False)
    sent = sidekick.headers[0]
    assert (sent["authorization"], sent["user-agent"], sent["content-encoding"]) == ("Bearer t", "me", "gzip")
    assert len(sidekick.alerts) == len(sidekick.connections) == 2


def test_text_form_is_posted_as_plain_text(serve, send, sidekick):
    sidekick.answers = [(200, {}, b"")]
    send(serve(), format="text")
    assert sidekick.headers[0]["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(500, True), (503, True), (429, True), (408, True), (400, False), (401, False), (404, False), (302, False)],
)
def test_an_answer_says_whether_to_try_again(serve, send, sidekick, status, retryable):
    url = serve()
    sidekick.answers = [(200, {}, b""), (status, {}, b"no\x1b[31m way")]
    with pytest.raises(DeliveryError) as caught:
        send(url, 4)
    assert (caught.value.retryable, caught.value.sent, len(sidekick.headers)) == (retryable, 1, 2)
    assert str(caught.value).startswith(f"{url} answered {status} ")
    assert str(caught.value).endswith(r"no\x1b[31m way")


def test_a_redirect_names_the_address_to_write(serve, send, sidekick):
    sidekick.answers = [(301, {"Location": "https://new/"}, b"")]
    with pytest.raises(DeliveryError, match="301 Moved Permanently: write https://new/ as url") as caught:
        send(serve())
    assert not caught.value.retryable


def test_a_long_answer_is_cut(serve, send, sidekick):
    sidekick.answers = [(500, {}, b"x" * 1_000_000)]
    url = serve()
    with pytest.raises(DeliveryError) as caught:
        send(url)
    assert len(str(caught.value)) < 400
    send(url)
    assert len(sidekick.alerts) == 1


def test_nobody_listening_is_retryable_and_the_password_stays_out_of_the_message(send):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DeliveryError, match=f"cannot post alerts to http://127.0.0.1:{port}/x: ") as caught:
        send(f"http://me:secret@127.0.0.1:{port}/x")
    assert caught.value.retryable
    assert "secret" not in str(caught.value)


def test_a_server_that_says_nothing_is_given_up_after_the_timeout(send):
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, pytest.raises(DeliveryError, match="timed out") as caught:
        send(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.1)
    assert caught.value.retryable


def test_the_output_goes_on_after_a_failure(serve, send, sidekick, make_alert):
    output = send(serve())
    sidekick.answers = [(503, {}, b"")]
    with pytest.raises(DeliveryError):
        output.send([make_alert()])
    output.send([make_alert()])
    output.close()
    output.send([make_alert()])
    assert len(sidekick.alerts) == 3


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, *, mutual: bool = False) -> ssl.SSLContext:
    """Return a context for localhost that may ask for a client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    if mutual:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_tls_trusts_the_given_authority_only(serve, send, sidekick, authority, tmp_path):
    url = serve(server_context(authority))
    with pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        send(url)
    assert caught.value.retryable
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    send(url, ca_cert=str(tmp_path / "ca.pem"))
    send(url, insecure=True)
    assert len(sidekick.alerts) == 2


def test_a_client_certificate_is_shown_from_one_file_or_two(serve, send, sidekick, authority, tmp_path):
    client = authority.issue_cert("client@example.org")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    client.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    client.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    url = serve(server_context(authority, mutual=True))
    for key in ("", str(tmp_path / "key.pem")):
        send(url, ca_cert=str(tmp_path / "ca.pem"), client_cert=str(tmp_path / "both.pem"), client_key=key)
    assert len(sidekick.alerts) == 2
    with pytest.raises(DeliveryError):
        send(url, ca_cert=str(tmp_path / "ca.pem"))


def test_a_missing_certificate_file_is_named(send, tmp_path):
    with pytest.raises(DeliveryError, match=r"cannot post alerts to https://localhost/: .*No such file") as caught:
        send("https://localhost/", ca_cert=str(tmp_path / "none.pem"))
    assert caught.value.retryable


@pytest.mark.parametrize("url", ["", "ftp://host/", "http://", "/path", "localhost:2801", "http://[::1"])
def test_an_address_that_cannot_be_posted_to_is_refused(url):
    with pytest.raises(ValueError):  # noqa: PT011 - urlsplit has words of its own for some
        HttpSettings(url=url)
