"""Stands before the application: who may ask what, and which headers leave with each answer."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

SERVED = ("/assets/", "/incidents/", "/hunts/", "/hunt/", "/api/", "/_nicegui/", "/_nicegui_ws/")
SERVED_EXACTLY = ("/", "/incidents", "/hunts", "/hunt", "/healthz", "/metrics", "/favicon.ico")
READING = ("GET", "HEAD")
FORWARDED = (b"x-forwarded-prefix",)
"""NiceGUI writes it into the page, and anybody can send it."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# NiceGUI and Vue compile templates in the browser, hence 'unsafe-eval', and set styles, hence its 'unsafe-inline'.
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


class Hosts:
    """The names under which the page may be asked for.

    A page of a foreign site can make its own name point here (DNS rebinding) and then read what it gets, so names other
    than ours are refused. An address cannot be rebound: any address will do where we listen on all of them.
    """

    def __init__(self, listen_host: str, hostname: str, further: Iterable[str] = ()) -> None:
        self._names = {"localhost", listen_host.lower(), *(name.lower() for name in further)} - {""}
        self._listen = _address(listen_host)
        self._everywhere = listen_host == "" or (self._listen is not None and self._listen.is_unspecified)
        if self._listen is None or not self._listen.is_loopback:
            self._names.add(hostname.lower())

    def allow(self, authority: str) -> bool:
        """Say whether a Host header (`name`, `name:port`, `[v6]:port`) names this server."""
        try:
            parts = urlsplit(f"//{authority}")
        except ValueError:
            return False
        name = (parts.hostname or "").rstrip(".") if parts.netloc == authority and "@" not in authority else ""
        address = _address(name)
        if address is None:
            return name in self._names
        return address.is_loopback or address == self._listen or self._everywhere


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


class Guard:
    """ASGI middleware: refuses foreign hosts, origins, methods and paths; sets security headers and the nonce."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self.app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if scope["type"] == "websocket":
            await (self.app if refusal is None else WebSocketClose(1008))(scope, receive, send)
            return
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in FORWARDED]
        nonce = secrets.token_urlsafe(16)
        app = self.app if refusal is None else PlainTextResponse(refusal[1] + "\n", refusal[0])
        await app(scope, receive, _Outgoing(send, nonce))

    def _refusal(self, scope: MutableMapping[str, Any]) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._hosts.allow(host):
            return 421, "lanner: this host name is not served here; use the address in web.listen"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return 403, "lanner: pages of other sites may not ask here"
        if scope["type"] == "http" and scope["method"] not in READING:
            return 405, "lanner: this server only answers GET and HEAD"
        if scope["path"] not in SERVED_EXACTLY and not scope["path"].startswith(SERVED):
            return 404, "lanner: nothing here"
        return None


class _Outgoing:
    """Adds headers to an answer; holds a page back until it is whole and gives its scripts the nonce."""

    def __init__(self, send: Send, nonce: str) -> None:
        self._send = send
        self._nonce = nonce
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._start is None:
            await self._send(message)
        else:
            await self._collect(message)

    async def _begin(self, message: Message) -> None:
        message = {**message, "headers": list(message.get("headers", ()))}
        headers = MutableHeaders(scope=message)
        headers.update({**HEADERS, "Content-Security-Policy": POLICY.format(nonce=self._nonce)})
        if headers.get("content-type", "").startswith("text/html"):
            self._start = message
        else:
            await self._send(message)

    async def _collect(self, message: Message) -> None:
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        assert self._start is not None
        # The page holds no text from audit events, so each script tag in it is ours or NiceGUI's.
        body = self._body.replace(b"<script", f'<script nonce="{self._nonce}"'.encode())
        MutableHeaders(scope=self._start)["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})
