"""Runs the page and API in this process until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from lanner.config.folders import DataFolder
from lanner.errors import GroundError
from lanner.settings.model import Settings
from lanner.web.application import application
from lanner.web.feed import Feed

STOP_POLL = 0.1
DRAIN_SECONDS = 1


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process's main decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def address(listen: str) -> tuple[str, int]:
    """Split `host:port` as web.listen has it; an empty host means all addresses."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


def bind(listen: str) -> socket.socket:
    """Open the listening socket; raises GroundError naming the address when it cannot be had."""
    host, port = address(listen)
    try:
        family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        raise GroundError(f"cannot listen on {listen}: {error}; set web.listen to a free address and port") from error


def serve(settings: Settings, stop: threading.Event) -> None:
    """Serve the page and API on web.listen until `stop` is set; at most one at a time in a process.

    Raises GroundError when the address cannot be had.
    """
    listener = bind(settings.web.listen)
    feed = Feed(DataFolder(settings.data_folder).state)
    config = uvicorn.Config(
        application(settings, feed, address(settings.web.listen)[0]),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws_max_size=1024 * 1024,
        limit_concurrency=256,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    with listener:
        asyncio.run(_run(_Server(config), feed, listener, stop))


async def _run(server: uvicorn.Server, feed: Feed, listener: socket.socket, stop: threading.Event) -> None:
    polling = asyncio.create_task(feed.run())
    watching = asyncio.create_task(_watch(server, stop))
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in (polling, watching):
            task.cancel()
        await asyncio.gather(polling, watching, return_exceptions=True)
        feed.close()


async def _watch(server: uvicorn.Server, stop: threading.Event) -> None:
    while not stop.is_set():  # noqa: ASYNC110 - set by another thread, which asyncio.Event does not allow
        await asyncio.sleep(STOP_POLL)
    server.should_exit = True
