"""Who may ask what, and which headers leave."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from lanner.web.guard import HEADERS, Guard, Hosts

LOOPBACK, EVERYWHERE, NAMED = ("127.0.0.1", "box"), ("0.0.0.0", "box"), ("lanner.corp.example", "box")


@pytest.mark.parametrize(
    ("listen", "authority", "allowed"),
    [
        (LOOPBACK, "127.0.0.1:8765", True),
        (LOOPBACK, "localhost:8765", True),
        (LOOPBACK, "LOCALHOST.", True),
        (LOOPBACK, "[::1]:8765", True),
        (LOOPBACK, "127.9.9.9", True),
        (LOOPBACK, "box:8765", False),
        (LOOPBACK, "evil.example", False),
        (LOOPBACK, "localhost.evil.example", False),
        (LOOPBACK, "127.0.0.1.nip.io", False),
        (LOOPBACK, "192.168.0.9:8765", False),
        (LOOPBACK, "", False),
        (LOOPBACK, "[::1", False),
        (LOOPBACK, "evil.example@127.0.0.1:8765", False),
        (LOOPBACK, "127.0.0.1/evil.example", False),
        (EVERYWHERE, "10.0.0.7:8765", True),
        (EVERYWHERE, "box:8765", True),
        (EVERYWHERE, "evil.example:8765", False),
        (("", "box"), "10.0.0.7:8765", True),
        (("10.0.0.7", "box"), "10.0.0.7:8765", True),
        (("10.0.0.7", "box"), "10.0.0.8:8765", False),
        (NAMED, "lanner.corp.example:8765", True),
        (NAMED, "10.0.0.7", False),
        ((*LOOPBACK, ("Audit.corp.example",)), "audit.corp.example", True),
    ],
)
def test_only_our_own_names_are_served(listen, authority, allowed):
    """Against DNS rebinding: a foreign name is refused even when it points here."""
    assert Hosts(*listen).allow(authority) is allowed


async def page(_request: Request) -> HTMLResponse:
    return HTMLResponse("<script>a()</script><script defer src='/x'></script>")


async def stream(_request: Request) -> StreamingResponse:
    return StreamingResponse(iter([b"<scr", b"ipt>a()</script>"]), media_type="text/html")


async def prefix(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.headers.get("x-forwarded-prefix", "none"))


APP = Guard(
    Starlette(routes=[Route("/", page), Route("/api/stream", stream), Route("/api/prefix", prefix)]), Hosts(*LOOPBACK)
)


def ask(method="GET", path="/", **headers):
    async def go():
        transport = httpx.ASGITransport(app=APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
            return await client.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({}, 200),
        ({"method": "HEAD"}, 200),
        ({"host": "evil.example"}, 421),
        ({"origin": "http://127.0.0.1:8765"}, 200),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"method": "POST"}, 405),
        ({"method": "DELETE", "path": "/api/prefix"}, 405),
        ({"path": "/elsewhere"}, 404),
    ],
)
def test_what_is_refused_is_refused_with_its_reason(request_, status):
    answer = ask(**request_)
    assert answer.status_code == status
    assert status == 200 or answer.text.startswith("lanner: ")
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("path", ["/", "/api/stream"])
def test_scripts_of_a_page_carry_the_nonce_of_its_policy(path):
    """The policy allows scripts of this answer only; inline scripts without the nonce do not run."""
    answer = ask(path=path)
    policy = answer.headers["content-security-policy"]
    (nonce,) = re.findall(r"'nonce-([\w-]{16,})'", policy)
    assert re.findall("<script", answer.text) == re.findall("<script", answer.text.replace(f'nonce="{nonce}"', ""))
    assert answer.text.count(f'<script nonce="{nonce}"') == answer.text.count("<script")
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    assert nonce not in ask(path=path).text


def test_a_prefix_from_outside_does_not_reach_the_page():
    assert ask(path="/api/prefix", x_forwarded_prefix="/evil").text == "none"


def test_websockets_of_other_sites_are_closed():
    """A page of another site could open one, as browsers do not hold websockets back."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "websocket.connect"}

    headers = [(b"host", b"127.0.0.1:8765"), (b"origin", b"http://evil.example")]
    scope = {"type": "websocket", "path": "/_nicegui_ws/", "headers": headers}
    asyncio.run(APP(scope, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": ""}]
