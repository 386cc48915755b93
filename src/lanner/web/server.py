"""Runs the page and API in this process until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from lanner.config.folders import DataFolder
from lanner.errors import GroundError
from lanner.settings.model import Settings
from lanner.web.application import application
from lanner.web.feed import Feed

STOP_POLL = 0.1
DRAIN_SECONDS = 1
END_SECONDS = 1
"""What is waited for the libraries to end, up to three times: less in all than the supervisor waits for the page."""


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
    # asyncio.run waits without end for tasks that ignore their cancellation, and so do the libraries.
    loop = asyncio.new_event_loop()
    with listener:
        try:
            loop.run_until_complete(_run(_Server(config), feed, listener, stop))
        finally:
            loop.run_until_complete(_cancel(asyncio.all_tasks(loop)))
            loop.close()


async def _run(server: uvicorn.Server, feed: Feed, listener: socket.socket, stop: threading.Event) -> None:
    polling = asyncio.create_task(feed.run())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not (stop.is_set() or serving.done()):
            await asyncio.wait({serving}, timeout=STOP_POLL)
        server.should_exit = True
        await asyncio.wait({serving}, timeout=DRAIN_SECONDS + END_SECONDS)
        if serving.done():
            serving.result()
    finally:
        await _cancel({polling, serving})
        feed.close()


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=END_SECONDS)
