"""A connection whose request does not begin is ended; one whose answer takes long is not."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lanner.sources.webhook_protocol import bounded_protocol

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def _answer(_: Request) -> Response:
    await asyncio.sleep(0.5)
    return PlainTextResponse("late")


async def _exchange(*pieces: bytes) -> bytes:
    """Send pieces 0.1 s apart to a server that waits 0.3 s for a head; return all it says until it closes."""
    app = Starlette(routes=[Route("/", _answer)])
    server = uvicorn.Server(uvicorn.Config(app, http=bounded_protocol(0.3), log_config=None, lifespan="off", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        try:
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    writer.write(piece)
                    await asyncio.sleep(0.1)
                return await asyncio.wait_for(reader.read(), 20)
            return b""
        finally:
            writer.close()
            server.should_exit = True
            await serving


@pytest.mark.parametrize("pieces", [(), (HEAD,), (HEAD, *[b"a: b\r\n"] * 20)], ids=["silent", "stuck", "trickling"])
def test_a_head_that_does_not_arrive_ends_the_connection(pieces):
    assert asyncio.run(_exchange(*pieces)) == b""


def test_a_slow_answer_is_waited_for():
    said = asyncio.run(_exchange(HEAD + b"\r\n"))
    assert said.startswith(b"HTTP/1.1 200")
    assert said.endswith(b"late")


def test_a_second_head_on_the_same_connection_is_bounded_too():
    said = asyncio.run(_exchange(HEAD + b"\r\n", *[b""] * 8, HEAD))
    assert said.count(b"HTTP/1.1 200") == 1
