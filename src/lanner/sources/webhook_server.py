"""Serves the webhook: authentication, bounds, overload, answers, TLS, shutdown."""

from __future__ import annotations

import asyncio
import hmac
import math
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lanner.errors import GroundError
from lanner.sources.source import STOP_SECONDS, Emit, Note
from lanner.sources.webhook_body import Budget, Claim, NotJsonError, RefusedError, one_line, read_body, unpack
from lanner.sources.webhook_handoff import Handoff
from lanner.sources.webhook_protocol import bounded_protocol
from lanner.sources.webhook_settings import TlsSettings, WebhookSettings, listen_address

_TOKEN_BYTES = 64 * 1024
_RENEW_ROUNDS = 50


class Webhook:
    """The application: one audit path and a health check."""

    def __init__(self, settings: WebhookSettings, handoff: Handoff, note: Note) -> None:
        self._settings, self._handoff, self._note = settings, handoff, note
        self._waiting = 0
        # Two of the largest bodies, or many of the usual size, may be in memory at once.
        self._budget = Budget(2 * settings.max_body_bytes)
        self.app = Starlette(
            routes=[
                Route("/healthz", self._health),
                Route(settings.path, self._events, methods=["POST"]),
            ]
        )

    async def _health(self, _: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _events(self, request: Request) -> Response:
        try:
            self._authenticate(request)
            gzipped = _is_gzip(request)
            self._admit()
            try:
                return await self._take(request, gzipped=gzipped)
            finally:
                self._waiting -= 1
        except RefusedError as error:
            return self._refused(error, request)
        except ClientDisconnect:
            return PlainTextResponse("the body was cut off\n", 400)

    def _admit(self) -> None:
        """Count a request in, or refuse it at once when too many wait.

        kube-apiserver holds a refused batch and repeats it with a growing pause, which costs it less than a request
        that hangs here until its timeout.
        """
        if self._waiting >= self._settings.max_waiting:
            raise RefusedError(503, "the pipeline is behind; send again later")
        self._waiting += 1

    async def _take(self, request: Request, *, gzipped: bool) -> Response:
        settings = self._settings
        with Claim(self._budget, settings.max_body_bytes) as claim:
            body = await read_body(request.stream(), settings.read_seconds, claim)
            line, reason = self._line(body, gzipped=gzipped)
            claim.raise_to(len(line))
            durable = await self._handoff.deliver(line, _peer(request), reason, settings.durable_seconds)
        if not durable:
            raise RefusedError(503, f"not stored within {settings.durable_seconds:g} s; send again later")
        return PlainTextResponse("quarantined\n" if reason else "ok\n")

    def _line(self, body: bytes, *, gzipped: bool) -> tuple[bytes, str]:
        """Return the body as a line, or with the reason why it is none.

        kube-apiserver repeats a batch five times on every answer but 2xx and drops it then. A body that can never be
        read is therefore kept in quarantine and answered with 200: nothing is lost, and nothing is repeated.
        """
        try:
            return one_line(unpack(body, self._settings.max_body_bytes) if gzipped else body), ""
        except NotJsonError as error:
            return body, str(error)

    def _authenticate(self, request: Request) -> None:
        if not self._settings.token_file:
            return
        try:
            with Path(self._settings.token_file).open("rb") as file:
                token = file.read(_TOKEN_BYTES).strip()
        except OSError as error:
            self._note(f"{self._settings.token_file}: cannot read the token: {error.strerror}; refusing all requests")
            token = b""
        given = request.headers.get("authorization", "").encode()
        if not token or not hmac.compare_digest(given, b"Bearer " + token):
            raise RefusedError(401, "a bearer token is needed: that of token_file")

    def _refused(self, error: RefusedError, request: Request) -> Response:
        headers = {"connection": "close"} if error.status in {408, 413} else {}
        if error.status == 503:
            headers["retry-after"] = "1"
        if error.status == 401:
            headers["www-authenticate"] = "Bearer"
        if error.status == 413:
            self._note(f"refused a body from {_peer(request)}: {error.text}")
        return PlainTextResponse(error.text + "\n", error.status, headers)


def serve(settings: WebhookSettings, emit: Emit, stop: threading.Event, note: Note) -> None:
    """Serve until `stop`; then finish what was accepted within `grace_seconds`.

    Raises GroundError when the port, the certificate or the token cannot be used.
    """
    context = _tls_context(settings.tls) if settings.tls else None
    if settings.token_file and not Path(settings.token_file).is_file():
        raise GroundError(f"{settings.token_file}: no such file; token_file names the file that holds the token")
    with _bind(settings) as listener:
        handoff = Handoff(settings.source_id, emit, settings.max_waiting)
        try:
            server = _server(settings, Webhook(settings, handoff, note), context)
            asyncio.run(_serve(server, listener, lambda: stop.is_set() or handoff.error is not None, settings.tls))
        finally:
            handoff.close(settings.grace_seconds)
    if handoff.error:
        raise handoff.error


def _server(settings: WebhookSettings, webhook: Webhook, context: ssl.SSLContext | None) -> uvicorn.Server:
    config = uvicorn.Config(
        webhook.app,
        http=bounded_protocol(settings.read_seconds),
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        limit_concurrency=settings.max_connections,
        timeout_graceful_shutdown=math.ceil(settings.grace_seconds),
    )
    config.load()
    config.ssl = context
    return uvicorn.Server(config)


async def _serve(
    server: uvicorn.Server, listener: socket.socket, ended: Callable[[], bool], tls: TlsSettings | None
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    rounds = 0
    while not (ended() or serving.done()):
        await asyncio.sleep(STOP_SECONDS / 2)
        rounds += 1
        if tls and server.config.ssl and rounds % _RENEW_ROUNDS == 0:
            _renew(tls, server.config.ssl)
    server.should_exit = True
    await serving


def _bind(settings: WebhookSettings) -> socket.socket:
    host, port = listen_address(settings.listen)
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, number, _, address = found[0]
        listener = socket.socket(family, kind, number)
    except OSError as error:
        raise GroundError(f"cannot listen on {settings.listen}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise GroundError(f"cannot listen on {settings.listen}: {error.strerror}; is another program there?") from error
    return listener


def _tls_context(tls: TlsSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.cert, tls.key)
        if tls.client_ca:
            context.load_verify_locations(tls.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:
        files = ", ".join(filter(None, (tls.cert, tls.key, tls.client_ca)))
        raise GroundError(f"cannot use the TLS files {files}: {error.strerror or error}") from error
    return context


def _renew(tls: TlsSettings, context: ssl.SSLContext) -> None:
    """Load the certificate again for new connections; while its files are being replaced the old one stays."""
    try:
        context.load_cert_chain(tls.cert, tls.key)
    except OSError:
        pass


def _is_gzip(request: Request) -> bool:
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(415, f"the content type {kind} is not application/json")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"gzip", "identity"}:
        raise RefusedError(415, f"the content encoding {encoding} is neither gzip nor identity")
    return encoding == "gzip"


def _peer(request: Request) -> str:
    return request.client.host if request.client else "unknown"
